export interface StubMessage {
  readonly id: string;
  readonly sequence: number;
  readonly body: string;
  readonly sentAtMs: number;
  /** '' in a standard queue, where messages have no group. */
  readonly groupId: string;
  receiveCount: number;
  /** Undefined while the message waits. */
  handle: string | undefined;
  hiddenUntilMs: number;
}

interface Group {
  readonly waiting: StubMessage[];
  inHand: number;
}

interface Waiter {
  readonly max: number;
  readonly visibilityMs: number;
  readonly give: (messages: readonly StubMessage[]) => void;
}

/** For so long a FIFO queue takes a message of the same deduplication ID, and does not deliver it. */
const DEDUPLICATION_MS = 5 * 60_000;
/** Deduplication IDs that are remembered, so that a long run has room. At 2,000 messages a second those of 100 seconds. */
export const MAX_DEDUPLICATION_IDS = 200_000;

/**
 * One SQS queue: up to ten messages a receive, long polls, visibility timeouts. In a FIFO queue those of a group come in
 * order, and none of them while others of the group are in hand; of messages with the same deduplication ID only the first
 * is delivered.
 */
export class StubQueue {
  readonly #fifo: boolean;
  readonly #nowMs: () => number;
  readonly #groups = new Map<string, Group>();
  /** Groups that have messages and none in hand, in the order in which they became so. */
  readonly #ready = new Set<Group>();
  readonly #inHand = new Map<string, StubMessage>();
  readonly #waiters = new Set<Waiter>();
  /** By deduplication ID, oldest first. */
  readonly #sent = new Map<string, { readonly id: string; readonly sentAtMs: number }>();
  #waiting = 0;
  #sequence = 0;
  #handles = 0;

  constructor(options: { readonly fifo: boolean; readonly nowMs: () => number }) {
    this.#fifo = options.fifo;
    this.#nowMs = options.nowMs;
  }

  /** Messages that can be received now or later. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Messages that are hidden because somebody has received them. */
  get inHand(): number {
    return this.#inHand.size;
  }

  /** Messages that are not deleted. */
  get size(): number {
    return this.waiting + this.inHand;
  }

  /**
   * @param deduplicationId of a FIFO queue only. Default none: the message is not a repeated one
   * @returns the ID of the message; of a repeated one, that of the first
   */
  send(body: string, groupId: string, deduplicationId?: string): string {
    const sentAtMs = this.#nowMs();
    const first = deduplicationId === undefined ? undefined : this.#sent.get(deduplicationId);
    if (first !== undefined && sentAtMs - first.sentAtMs < DEDUPLICATION_MS) return first.id;
    this.#sequence += 1;
    const id = `m-${this.#sequence}`;
    if (this.#fifo && deduplicationId !== undefined) this.#noteSent(deduplicationId, id, sentAtMs);
    this.#enqueue({
      id,
      sequence: this.#sequence,
      body,
      sentAtMs,
      groupId: this.#fifo ? groupId : '',
      receiveCount: 0,
      handle: undefined,
      hiddenUntilMs: 0,
    });
    return id;
  }

  /** Gives what is there at once; otherwise what comes within `waitMs`. */
  async receive(max: number, visibilityMs: number, waitMs: number): Promise<readonly StubMessage[]> {
    const found = this.#take(max, visibilityMs);
    if (found.length > 0 || waitMs <= 0) return found;
    const { promise, resolve } = Promise.withResolvers<readonly StubMessage[]>();
    const waiter = { max, visibilityMs, give: resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(resolve, waitMs, []);
    const messages = await promise;
    clearTimeout(timer);
    this.#waiters.delete(waiter);
    return messages;
  }

  /** @returns false for a handle that is not, or no longer, that of a message in hand */
  delete(handle: string): boolean {
    const message = this.#inHand.get(handle);
    if (message === undefined) return false;
    this.#inHand.delete(handle);
    this.#leave(message);
    return true;
  }

  /** @returns false for a handle that is not, or no longer, that of a message in hand */
  changeVisibility(handle: string, visibilityMs: number): boolean {
    const message = this.#inHand.get(handle);
    if (message === undefined) return false;
    message.hiddenUntilMs = this.#nowMs() + visibilityMs;
    if (visibilityMs <= 0) this.#giveBack(message);
    return true;
  }

  /** Makes visible whatever was in hand for too long. */
  expire(): void {
    const nowMs = this.#nowMs();
    for (const message of this.#inHand.values()) if (message.hiddenUntilMs <= nowMs) this.#giveBack(message);
  }

  #noteSent(deduplicationId: string, id: string, sentAtMs: number): void {
    this.#sent.delete(deduplicationId);
    this.#sent.set(deduplicationId, { id, sentAtMs });
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MAX_DEDUPLICATION_IDS && oldest !== undefined) this.#sent.delete(oldest);
  }

  #groupOf(message: StubMessage): Group {
    // Without groups each message is one of its own: nothing holds it back.
    const key = this.#fifo ? message.groupId : message.id;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { waiting: [], inHand: 0 };
      this.#groups.set(key, group);
    }
    return group;
  }

  #enqueue(message: StubMessage): void {
    const group = this.#groupOf(message);
    this.#waiting += 1;
    const before = group.waiting.findLastIndex(({ sequence }) => sequence < message.sequence);
    group.waiting.splice(before + 1, 0, message);
    if (group.inHand > 0) return;
    this.#ready.add(group);
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#ready.size === 0) return;
      this.#waiters.delete(waiter);
      waiter.give(this.#take(waiter.max, waiter.visibilityMs));
    }
  }

  #take(max: number, visibilityMs: number): readonly StubMessage[] {
    const taken: StubMessage[] = [];
    for (const group of this.#ready) {
      if (taken.length >= max) break;
      const some = group.waiting.splice(0, max - taken.length);
      group.inHand += some.length;
      this.#ready.delete(group);
      taken.push(...some);
    }
    this.#waiting -= taken.length;
    const hiddenUntilMs = this.#nowMs() + visibilityMs;
    for (const message of taken) {
      this.#handles += 1;
      message.handle = `h-${this.#handles}`;
      message.receiveCount += 1;
      message.hiddenUntilMs = hiddenUntilMs;
      this.#inHand.set(message.handle, message);
    }
    return taken;
  }

  #giveBack(message: StubMessage): void {
    if (message.handle !== undefined) this.#inHand.delete(message.handle);
    message.handle = undefined;
    const group = this.#groupOf(message);
    group.inHand -= 1;
    this.#enqueue(message);
  }

  #leave(message: StubMessage): void {
    const group = this.#groupOf(message);
    group.inHand -= 1;
    if (group.inHand > 0) return;
    if (group.waiting.length === 0) this.#groups.delete(this.#fifo ? message.groupId : message.id);
    else {
      this.#ready.add(group);
      this.#serve();
    }
  }
}
