import type { Timers } from '@stepcast/kit';
import type { Delivery, ProgressQueue } from '../ports/progress-queue.port.ts';

interface Stored {
  readonly id: string;
  readonly groupId: string;
  readonly body: string;
  receiveCount: number;
}

/**
 * A FIFO queue in memory that delivers as AWS does: up to ten messages of one group in one receive, and none of a group
 * while others of it are in hand.
 */
export interface InMemoryQueue {
  readonly queue: ProgressQueue;
  /** Messages that are not done yet. */
  readonly left: number;
  readonly inHand: number;
  send(groupId: string, body: string): void;
  /** As if the consumer had died: everything in hand comes back, and its verdicts count no more. */
  crash(): void;
}

export function createInMemoryQueue(
  options: {
    readonly maxInHand?: number;
    readonly perReceive?: number;
    /** Times how long a message that is given back stays hidden. Default: it comes again at once. */
    readonly timers?: Timers;
    /** Called whenever nothing is left. */
    readonly onEmpty?: () => void;
  } = {},
): InMemoryQueue {
  const { maxInHand = 1_000, perReceive = 10 } = options;
  let messages: Stored[] = [];
  let inHand = new Map<Stored, object>();
  const hidden = new Set<Stored>();
  let consumer: ((delivery: Delivery) => void) | undefined;
  let onEmpty: (() => void) | undefined;
  let ids = 0;
  let scheduled = false;

  function deliver(): void {
    scheduled = false;
    if (consumer === undefined) return;
    const locked = new Set([...inHand.keys(), ...hidden].map(({ groupId }) => groupId));
    const taken = new Map<string, Stored[]>();
    for (const message of messages) {
      if (inHand.size + [...taken.values()].flat().length >= maxInHand) break;
      if (locked.has(message.groupId)) continue;
      const group = taken.get(message.groupId) ?? [];
      if (group.length >= perReceive) continue;
      group.push(message);
      taken.set(message.groupId, group);
    }
    const deliveries = [...taken.values()].flat().map(deliveryOf);
    for (const delivery of deliveries) consumer(delivery);
  }

  function deliveryOf(message: Stored): Delivery {
    const receipt = {};
    inHand.set(message, receipt);
    message.receiveCount += 1;
    const mine = () => inHand.get(message) === receipt;
    return {
      id: message.id,
      groupId: message.groupId,
      body: message.body,
      receiveCount: message.receiveCount,
      done() {
        if (!mine()) return;
        inHand.delete(message);
        messages = messages.filter((one) => one !== message);
        ended();
        if (messages.length === 0) options.onEmpty?.();
      },
      retry(delayMs) {
        if (!mine()) return;
        inHand.delete(message);
        if (options.timers !== undefined) {
          hidden.add(message);
          options.timers.after(delayMs, () => {
            hidden.delete(message);
            soon();
          });
        }
        ended();
      },
    };
  }

  function ended(): void {
    if (inHand.size === 0) onEmpty?.();
    soon();
  }

  function soon(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(deliver);
  }

  return {
    get left() {
      return messages.length;
    },
    get inHand() {
      return inHand.size;
    },
    send(groupId, body) {
      ids += 1;
      messages.push({ id: String(ids), groupId, body, receiveCount: 0 });
      soon();
    },
    crash() {
      consumer = undefined;
      inHand = new Map();
    },
    queue: {
      start(onDelivery) {
        consumer = onDelivery;
        soon();
      },
      async stop({ force }) {
        consumer = undefined;
        if (force) {
          inHand = new Map();
          onEmpty?.();
          return;
        }
        if (inHand.size === 0) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        onEmpty = resolve;
        await promise;
      },
    },
  };
}
