import { topicSpace, type Topic } from '@stepcast/contracts';
import type { ManualTime } from '@stepcast/kit/testing';
import type { IncomingMqttMessage, MqttPublisher } from '@stepcast/publisher';
import { createMeteredPages, type MeteredPages } from './metered-pages.ts';

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

/** A broker that acknowledges everything, delivers it to pages, and notes what went through it. */
export interface MeteredBroker {
  readonly publisher: MqttPublisher;
  readonly messages: readonly MeteredMessage[];
  readonly pages: Pick<MeteredPages, 'open' | 'packets'>;
  /** Forgets what it got. */
  reset(): void;
}

export function createMeteredBroker(time: ManualTime): MeteredBroker {
  const space = topicSpace();
  let messages: MeteredMessage[] = [];
  let listen: (message: IncomingMqttMessage) => void = () => undefined;
  const pages = createMeteredPages(time, (message) => listen(message));
  return {
    publisher: {
      connect() {
        const closed = Promise.withResolvers<Error>();
        return Promise.resolve({
          traits: { receiveMaximum: undefined, maximumPacketBytes: undefined, sharedSubscriptions: true },
          closed: closed.promise,
          publish({ topic, payload, retain }) {
            const parsed = space.parse(topic);
            if (parsed === undefined) throw new TypeError('a topic that is none of ours');
            messages.push({ kind: parsed.kind, bytes: payload.length });
            pages.deliver(topic, payload, retain);
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
    pages,
    reset() {
      messages = [];
      pages.reset();
    },
  };
}
