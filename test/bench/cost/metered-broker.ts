import { topicSpace, type Topic } from '@stepcast/contracts';
import type { IncomingMqttMessage, MqttPublisher } from '@stepcast/publisher';

/** IoT Core meters messages in steps of 5 KB. */
const UNIT_BYTES = 5 * 1024;

/** Units of one message. */
export function messageUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / UNIT_BYTES));
}

/** A message that Stepcast has published. */
export interface MeteredMessage {
  readonly kind: Topic['kind'];
  readonly bytes: number;
}

/** A broker that acknowledges everything and notes what it got. */
export interface MeteredBroker {
  readonly publisher: MqttPublisher;
  readonly messages: readonly MeteredMessage[];
  /** Hands a catch-up request to its subscriber. */
  request(message: IncomingMqttMessage): void;
  /** Forgets what it got. */
  reset(): void;
}

export function createMeteredBroker(): MeteredBroker {
  const space = topicSpace();
  let messages: MeteredMessage[] = [];
  let listen: (message: IncomingMqttMessage) => void = () => undefined;
  return {
    publisher: {
      connect() {
        const closed = Promise.withResolvers<Error>();
        return Promise.resolve({
          traits: { receiveMaximum: undefined, maximumPacketBytes: undefined, sharedSubscriptions: true },
          closed: closed.promise,
          publish({ topic, payload }) {
            const parsed = space.parse(topic);
            if (parsed === undefined) throw new TypeError('a topic that is none of ours');
            messages.push({ kind: parsed.kind, bytes: payload.length });
            return Promise.resolve();
          },
          subscribe(_filter, onMessage) {
            listen = onMessage;
            return Promise.resolve();
          },
          close() {
            closed.resolve(new Error('closed'));
            return Promise.resolve();
          },
        });
      },
    },
    get messages() {
      return messages;
    },
    request: (message) => listen(message),
    reset() {
      messages = [];
    },
  };
}
