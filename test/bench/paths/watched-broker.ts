import type { MqttPublisher } from '@stepcast/publisher';
import type { Sent } from './path.ts';

/** A broker's adapter that counts what is acknowledged, and changes nothing. */
export interface WatchedBroker {
  readonly publisher: MqttPublisher;
  sent(): Sent;
}

export function watchBroker(publisher: MqttPublisher): WatchedBroker {
  let [messages, bytes, eventMessages, lastEventsMs] = [0, 0, 0, 0];
  return {
    sent: () => ({ messages, bytes, eventMessages, lastEventsMs }),
    publisher: {
      async connect(options) {
        const session = await publisher.connect(options);
        return {
          traits: session.traits,
          closed: session.closed,
          subscribe: (filter, onMessage) => session.subscribe(filter, onMessage),
          close: (how) => session.close(how),
          async publish(message) {
            await session.publish(message);
            messages += 1;
            bytes += message.payload.length;
            if (!message.topic.endsWith('/events')) return;
            eventMessages += 1;
            lastEventsMs = performance.now();
          },
        };
      },
    },
  };
}
