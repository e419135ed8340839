/**
 * A queue in which nobody waits for somebody else's backlog: items are taken round robin over their owners, and in
 * order of arrival within an owner. An owner with a thousand items gets one turn for each turn of an owner with one.
 */
export class FairQueue<T extends string | object> {
  readonly #owners = new Map<string, Owner<T>>();
  /** Each owner once, the next one first. A map's own order would do, but finding its first entry gets slow when many went before. */
  readonly #turns = new Fifo<Owner<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many items of one owner wait. */
  sizeOf(owner: string): number {
    return this.#owners.get(owner)?.backlog.size ?? 0;
  }

  push(owner: string, item: T): void {
    this.#size += 1;
    const known = this.#owners.get(owner);
    if (known !== undefined) {
      known.backlog.push(item);
      return;
    }
    const comes = { name: owner, backlog: new Fifo(item) };
    this.#owners.set(owner, comes);
    this.#turns.push(comes);
  }

  /** The next item of the owner whose turn it is, or `undefined` when nothing waits. */
  take(): T | undefined {
    const owner = this.#turns.shift();
    if (owner === undefined) return undefined;
    const item = owner.backlog.shift();
    if (owner.backlog.size > 0) this.#turns.push(owner);
    else this.#owners.delete(owner.name);
    this.#size -= 1;
    return item;
  }

  /** Takes everything, in the order in which it would have been taken one by one. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) all.push(item);
    return all;
  }
}

interface Owner<T extends string | object> {
  readonly name: string;
  readonly backlog: Fifo<T>;
}

/** First in, first out, without moving every item at each `shift`. */
class Fifo<T extends string | object> {
  #items: T[];
  #head = 0;

  constructor(...items: T[]) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
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
export class TwoLaneQueue<T extends string | object> {
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
