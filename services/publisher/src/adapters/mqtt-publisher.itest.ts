import { startLimitBroker } from '../testing/limit-broker.ts';
import { describeMqttPublisher, type ConformanceSetup } from '../testing/conformance.ts';
import { findMosquitto, startMosquitto } from '../testing/mosquitto.ts';
import { auth } from 'aws-iot-device-sdk-v2';
import { createAwsIotPublisher } from './aws-iot.adapter.ts';
import { createMqttJsPublisher } from './mqtt-js.adapter.ts';
import { describe, expect, it } from '@jest/globals';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';

const REFUSED = 'conformance/refused';

type Connect = (ports: { readonly port: number; readonly wsPort: number }) => MqttPublisher;

const awsIot: Connect = ({ wsPort }) =>
  createAwsIotPublisher({
    hostName: '127.0.0.1',
    port: wsPort,
    tls: false,
    region: 'us-east-1',
    credentials: auth.AwsCredentialsProvider.newStatic('AKIDEXAMPLE', 'secret', 'token'),
  });

async function limitBroker(connect: Connect, protocol: '3.1.1' | '5'): Promise<ConformanceSetup> {
  const broker = await startLimitBroker({
    maxPayloadBytes: 128 * 1024,
    maxUnacknowledged: 100,
    maxPublishesPerSecond: 100,
    refuse: ({ topic }) => topic === REFUSED,
  });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= broker.close());
  return {
    publisher: connect(broker),
    dropConnections: () => {
      broker.reset();
      return Promise.resolve();
    },
    goAway: close,
    ...(protocol === '5' ? { refusedTopic: REFUSED } : { closingTopic: REFUSED }),
    sharedSubscriptions: false,
    close,
  };
}

async function mosquitto(connect: Connect): Promise<ConformanceSetup> {
  const broker = await startMosquitto();
  return {
    publisher: connect(broker),
    goAway: () => broker.close(),
    sharedSubscriptions: true,
    close: () => broker.close(),
  };
}

for (const protocol of ['3.1.1', '5'] as const) {
  describeMqttPublisher(`mqtt, MQTT ${protocol} over TCP, aedes with limits`, () =>
    limitBroker(({ port }) => createMqttJsPublisher({ url: `mqtt://127.0.0.1:${port}`, protocol }), protocol),
  );
  describeMqttPublisher(`mqtt, MQTT ${protocol} over WebSocket, aedes with limits`, () =>
    limitBroker(
      ({ wsPort }) => createMqttJsPublisher({ url: `ws://127.0.0.1:${wsPort}/mqtt`, protocol }),
      protocol,
    ),
  );
}
describeMqttPublisher('aws-iot, MQTT 5 over WebSocket, aedes with limits', () => limitBroker(awsIot, '5'));

if (findMosquitto() !== undefined) {
  for (const protocol of ['3.1.1', '5'] as const)
    describeMqttPublisher(`mqtt, MQTT ${protocol} over TCP, mosquitto`, () =>
      mosquitto(({ port }) => createMqttJsPublisher({ url: `mqtt://127.0.0.1:${port}`, protocol })),
    );
  describeMqttPublisher('aws-iot, MQTT 5 over WebSocket, mosquitto', () => mosquitto(awsIot));
}

describe('aws-iot', () => {
  it('presigns each connection for iotdevicegateway and leaves the session token out of the signature', async () => {
    const broker = await startLimitBroker();
    const publisher = awsIot(broker);
    const signal = new AbortController().signal;
    const session = await publisher.connect({ clientId: 'signed', signal });
    const query = new URL(broker.connects[0]?.url ?? '/', 'ws://broker').searchParams;
    expect(query.get('X-Amz-Algorithm')).toBe('AWS4-HMAC-SHA256');
    expect(query.get('X-Amz-Credential')).toMatch(
      /^AKIDEXAMPLE\/\d{8}\/us-east-1\/iotdevicegateway\/aws4_request$/,
    );
    // The SDK's signer takes `connection` along, also in its own configuration builder.
    expect(query.get('X-Amz-SignedHeaders')?.split(';')).toContain('host');
    expect(query.get('X-Amz-Security-Token')).toBe('token');
    expect([...query.keys()].at(-1)).toBe('X-Amz-Security-Token');
    await session.close({ force: true });
    await broker.close();
  });
});
