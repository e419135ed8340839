import { topicSpace, type Topic, type TopicSpace } from '@stepcast/contracts';
import type { ManualTime } from '@stepcast/kit/testing';
import { createProgressClient, type ProgressClient } from '@stepcast/web';
import { FakeTransport, matches, repeatable } from '@stepcast/web/testing';
import type { IncomingMqttMessage } from '@stepcast/publisher';
import { identityOf } from './course.ts';

/** What IoT Core meters of pages: packets of theirs, and messages from and to them. */
export interface PagePacket {
  readonly packet: 'CONNECT' | 'SUBSCRIBE' | 'PUBLISH' | 'PUBACK';
  /** Of the topic, where the packet has one. */
  readonly kind: Topic['kind'] | undefined;
  readonly bytes: number;
}

/** The pages of a person, each with a web client of its own on a broker in memory. */
export interface MeteredPages {
  readonly packets: readonly PagePacket[];
  /** Opens one more page. */
  open(person: number, eventsQos?: 0 | 1): ProgressClient;
  /** Delivers what Stepcast has published. */
  deliver(topic: string, payload: Uint8Array, retain: boolean): void;
  reset(): void;
}

const HOUR_MS = 3_600_000;

function kindOf(space: TopicSpace, topic: string): Topic['kind'] | undefined {
  return space.parse(topic)?.kind;
}

/** @param onRequest what a page publishes */
export function createMeteredPages(
  time: ManualTime,
  onRequest: (message: IncomingMqttMessage) => void,
): MeteredPages {
  const space = topicSpace();
  const broker = new FakeTransport();
  const random = repeatable(1);
  let packets: PagePacket[] = [];
  const meter = (packet: PagePacket['packet'], kind?: Topic['kind'], bytes = 0) =>
    packets.push({ packet, kind, bytes });
  broker.onPublish = ({ topic, payload }) => {
    meter('PUBLISH', kindOf(space, topic), payload.length);
    onRequest({ topic, payload });
  };

  const transport: Parameters<typeof createProgressClient>[0]['transport'] = {
    async connect(options) {
      meter('CONNECT');
      const granted = new Map<string, number>();
      const qosOf = (topic: string) =>
        Math.max(...[...granted].filter(([filter]) => matches(filter, topic)).map(([, qos]) => qos));
      const connection = await broker.connect({
        ...options,
        onMessage(message) {
          const { topic, payload } = message;
          meter('PUBLISH', kindOf(space, topic), payload.length);
          if (qosOf(topic) === 1) meter('PUBACK', kindOf(space, topic));
          options.onMessage(message);
        },
      });
      return {
        subscribe(filters) {
          meter('SUBSCRIBE');
          for (const { filter, qos } of filters) granted.set(filter, qos);
          return connection.subscribe(filters);
        },
        unsubscribe: (filters) => connection.unsubscribe(filters),
        publish: (topic, payload) => connection.publish(topic, payload),
        ping: (timeoutMs) => connection.ping(timeoutMs),
        close: () => connection.close(),
      };
    },
  };

  return {
    get packets() {
      return packets;
    },
    open: (person, eventsQos) =>
      createProgressClient({
        region: 'us-east-1',
        endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
        credentials: () =>
          Promise.resolve({
            identityId: identityOf(person),
            accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
            secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
            sessionToken: 'token',
            expiration: new Date(time.nowMs() + HOUR_MS),
          }),
        transport,
        eventsQos,
        runtime: {
          now: () => time.nowMs(),
          random,
          setTimer: (callback, delayMs) => time.after(delayMs, callback),
        },
      }),
    deliver(topic, payload, retain) {
      broker.publish(topic, payload, { retain });
    },
    reset() {
      packets = [];
    },
  };
}
