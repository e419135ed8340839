import type { OutgoingMessage, QueueMessage } from '@stepcast/kit';
import type { Delivery, ProgressQueue } from '@stepcast/publisher';

interface Stored extends QueueMessage {
  readonly groupId: string;
}

interface Group {
  readonly id: string;
  readonly waiting: Stored[];
  inHand: number;
}

/**
 * An SQS FIFO queue as far as its readers notice: up to ten messages a receive, those of a group in order and together,
 * none of a group while others of it are in hand. In memory, bounded: a sender waits while it is full.
 */
export class BenchFifo {
  readonly #capacity: number;
  readonly #groups = new Map<string, Group>();
  /** Groups that have messages and none in hand, in the order in which they became so. */
  readonly #ready = new Set<Group>();
  #size = 0;
  #ids = 0;
  #peak = 0;
  #receivers: (() => void)[] = [];
  #senders: (() => void)[] = [];
  #idlers: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Messages that are not done, in hand or waiting. */
  get size(): number {
    return this.#size;
  }

  /** Most messages that were in it at any time. */
  get peak(): number {
    return this.#peak;
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    while (this.full) await new Promise<void>((resolve) => this.#senders.push(resolve));
    for (const { body, groupId = '' } of messages) {
      this.#ids += 1;
      let group = this.#groups.get(groupId);
      if (group === undefined) {
        group = { id: groupId, waiting: [], inHand: 0 };
        this.#groups.set(groupId, group);
      }
      group.waiting.push({ id: String(this.#ids), body, groupId, receiveCount: 1 });
      if (group.inHand === 0) this.#ready.add(group);
    }
    this.#size += messages.length;
    this.#peak = Math.max(this.#peak, this.#size);
    this.#wake();
  }

  /** Up to `max` messages; waits for the first. */
  async receive(max = 10): Promise<readonly Stored[]> {
    while (this.#ready.size === 0) await new Promise<void>((resolve) => this.#receivers.push(resolve));
    const taken: Stored[] = [];
    for (const group of this.#ready) {
      const some = group.waiting.splice(0, max - taken.length);
      group.inHand += some.length;
      this.#ready.delete(group);
      taken.push(...some);
      if (taken.length === max) break;
    }
    if (this.#ready.size > 0) this.#wake();
    return taken;
  }

  done(message: { readonly groupId: string | undefined }): void {
    const group = this.#groups.get(message.groupId ?? '');
    if (group === undefined) return;
    group.inHand -= 1;
    this.#size -= 1;
    if (group.inHand === 0) {
      if (group.waiting.length > 0) this.#ready.add(group);
      else this.#groups.delete(group.id);
    }
    if (!this.full) this.#senders.shift()?.();
    if (this.#size === 0) for (const resolve of this.#idlers.splice(0)) resolve();
    if (this.#ready.size > 0) this.#wake();
  }

  /** Resolves when every message that was sent is done. */
  idle(): Promise<void> {
    return this.#size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idlers.push(resolve));
  }

  #wake(): void {
    this.#receivers.shift()?.();
  }
}

/** The publisher's side of a progress queue. */
export function progressQueueOf(fifo: BenchFifo, maxInHand: number): ProgressQueue {
  let stopped = false;
  let inHand = 0;
  let wake: (() => void) | undefined;

  function ended(): void {
    inHand -= 1;
    wake?.();
  }

  function deliveryOf(message: Stored): Delivery {
    let open = true;
    const end = () => {
      if (!open) return;
      open = false;
      fifo.done(message);
      ended();
    };
    return { ...message, done: end, retry: end };
  }

  return {
    start(onDelivery) {
      void (async () => {
        while (!stopped) {
          while (inHand >= maxInHand)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          const messages = await fifo.receive();
          inHand += messages.length;
          for (const message of messages) onDelivery(deliveryOf(message));
        }
      })();
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}
