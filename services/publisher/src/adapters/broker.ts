import { regionOfIotEndpoint } from '@stepcast/contracts';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import { createMqttPublisher } from './mqtt/mqtt.adapter.ts';

export interface BrokerOptions {
  readonly url: string;
  readonly protocol: '3.1.1' | '5';
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Whether a broker URL is one of AWS IoT Core, whose limits then apply. */
export function isIotCore(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol.startsWith('aws-iot') || regionOfIotEndpoint(hostname) !== undefined;
}

/**
 * The adapter for a broker URL. The AWS SDK (54 MB, native) is loaded at the first connection, and only where the URL
 * asks for it.
 */
export function createBrokerPublisher(options: BrokerOptions): MqttPublisher {
  const url = new URL(options.url);
  if (!url.protocol.startsWith('aws-iot')) return createMqttPublisher(options);
  let loaded: Promise<MqttPublisher> | undefined;
  return {
    async connect(request) {
      loaded ??= import('./aws-iot.adapter.ts').then(({ createAwsIotPublisher }) =>
        createAwsIotPublisher({
          hostName: url.hostname,
          tls: url.protocol === 'aws-iot:',
          ...(url.port === '' ? {} : { port: Number(url.port) }),
        }),
      );
      return (await loaded).connect(request);
    },
  };
}
