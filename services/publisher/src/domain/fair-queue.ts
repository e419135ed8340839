/**
 * A queue in which nobody waits for somebody else's backlog: items are taken round robin over their owners, and in
 * order of arrival within an owner. An owner with a thousand items gets one turn for each turn of an owner with one.
 */
export class FairQueue<T> {
  /** In the order in which owners have their turn: whoever was served goes to the end. */
  readonly #owners = new Map<string, Backlog<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many items of one owner wait. */
  sizeOf(owner: string): number {
    return this.#owners.get(owner)?.size ?? 0;
  }

  push(owner: string, item: T): void {
    let backlog = this.#owners.get(owner);
    if (backlog === undefined) {
      backlog = new Backlog<T>();
      this.#owners.set(owner, backlog);
    }
    backlog.push(item);
    this.#size += 1;
  }

  /** The next item of the owner whose turn it is, or `undefined` when nothing waits. */
  take(): T | undefined {
    for (const [owner, backlog] of this.#owners) {
      const item = backlog.shift();
      this.#owners.delete(owner);
      if (backlog.size > 0) this.#owners.set(owner, backlog);
      if (item === undefined) continue;
      this.#size -= 1;
      return item.value;
    }
    return undefined;
  }

  /** Takes everything, in the order in which it would have been taken one by one. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) all.push(item);
    return all;
  }
}

/** First in, first out, without moving every item at each `shift`. */
class Backlog<T> {
  #items: { readonly value: T }[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(value: T): void {
    this.#items.push({ value });
  }

  shift(): { readonly value: T } | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** How many live items may go before one of the others does, when both wait. */
export const LIVE_BEFORE_OTHERS = 3;

/**
 * Two fair queues: what somebody watches happen goes before what only has to be right in the end, but never starves it.
 */
export class TwoLaneQueue<T> {
  readonly #live = new FairQueue<T>();
  readonly #others = new FairQueue<T>();
  #inARow = 0;

  get size(): number {
    return this.#live.size + this.#others.size;
  }

  push(owner: string, item: T, live: boolean): void {
    (live ? this.#live : this.#others).push(owner, item);
  }

  take(): T | undefined {
    const othersTurn = this.#others.size > 0 && this.#inARow >= LIVE_BEFORE_OTHERS;
    if (this.#live.size > 0 && !othersTurn) {
      this.#inARow += 1;
      return this.#live.take();
    }
    this.#inARow = 0;
    return this.#others.take();
  }

  takeAll(): T[] {
    return [...this.#live.takeAll(), ...this.#others.takeAll()];
  }
}
