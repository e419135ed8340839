import type { Metrics } from '@stepcast/kit';
import type { Sent } from './path.ts';

const MESSAGES = 'messages_published_total';

/** Metrics of a publisher that also tell how many messages the broker has acknowledged, and when the last of events. */
export function watchMessages(metrics: Metrics): { readonly metrics: Metrics; sent(): Sent } {
  let [messages, eventMessages, lastEventsMs] = [0, 0, 0];
  return {
    sent: () => ({ messages, bytes: 0, eventMessages, lastEventsMs }),
    metrics: {
      ...metrics,
      counter(name, ...described) {
        const counter = metrics.counter(name, ...described);
        if (name !== MESSAGES) return counter;
        const watch = (kind: string | undefined, by: number) => {
          messages += by;
          if (kind !== 'events') return;
          eventMessages += by;
          lastEventsMs = performance.now();
        };
        return {
          ...counter,
          add(labels, by = 1) {
            counter.add(labels, by);
            watch(labels?.['kind'], by);
          },
          bound(labels) {
            const add = counter.bound(labels);
            return (by = 1) => {
              add(by);
              watch(labels?.['kind'], by);
            };
          },
        };
      },
    },
  };
}
