import type { Timers } from '@stepcast/kit';
import type { ProgressQueue } from '../ports/progress-queue.port.ts';

const HIDDEN_MS = 30_000;

interface Stored {
  readonly groupId: string;
  readonly body: string;
}

/**
 * A FIFO queue in memory that delivers as AWS does: up to ten messages of one group in one receive, and none of a group
 * while others of it are in hand. A message whose handler rejects is delivered again.
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
    /** Times how long a message that is given back stays hidden, 30 s. Default: it is redelivered at once. */
    readonly timers?: Timers;
    /** Called whenever nothing is left. */
    readonly onEmpty?: () => void;
  } = {},
): InMemoryQueue {
  const { maxInHand = 1_000, perReceive = 10 } = options;
  let messages: Stored[] = [];
  let inHand = new Map<Stored, object>();
  const hidden = new Set<Stored>();
  let handle: ((body: string) => Promise<void>) | undefined;
  let onEmpty: (() => void) | undefined;
  let scheduled = false;

  function deliver(): void {
    scheduled = false;
    if (handle === undefined) return;
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
    const received = [...taken.values()].flat();
    const receipts = received.map((message) => {
      const receipt = {};
      inHand.set(message, receipt);
      return receipt;
    });
    for (const [index, message] of received.entries()) {
      const mine = () => inHand.get(message) === receipts[index];
      handle(message.body).then(
        () => {
          if (!mine()) return;
          inHand.delete(message);
          messages = messages.filter((one) => one !== message);
          ended();
          if (messages.length === 0) options.onEmpty?.();
        },
        () => {
          if (!mine()) return;
          inHand.delete(message);
          if (options.timers !== undefined) {
            hidden.add(message);
            options.timers.after(HIDDEN_MS, () => {
              hidden.delete(message);
              soon();
            });
          }
          ended();
        },
      );
    }
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
      messages.push({ groupId, body });
      soon();
    },
    crash() {
      handle = undefined;
      inHand = new Map();
    },
    queue: {
      start(onMessage) {
        handle = onMessage;
        soon();
      },
      async stop({ force }) {
        handle = undefined;
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
