import { itemBytes } from '../../cost/item-size.ts';
import { textOf, type Item } from './items.ts';

export interface TableQuery {
  readonly pk: string;
  /** Which sort keys count. */
  readonly matches: (sk: string) => boolean;
  readonly newestFirst: boolean;
  readonly limit: number;
  /** The page begins after this sort key. */
  readonly after: string | undefined;
}

export interface Written {
  readonly bytes: number;
  /** Of the item that was there before; 0 where there was none. */
  readonly bytesBefore: number;
}

interface Stored {
  readonly item: Item;
  readonly bytes: number;
}

/** A table of `pk` and `sk` in memory, which forgets its oldest items so that its size has a bound. */
export class StubTable {
  readonly #partitions = new Map<string, Map<string, Stored>>();
  readonly #maxItems: number;
  #order: [string, string][] = [];

  /** @param maxItems so many stay at least, twice as many at most */
  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  get(pk: string, sk: string): Item | undefined {
    return this.#partitions.get(pk)?.get(sk)?.item;
  }

  put(item: Item): Written {
    const [pk, sk] = [textOf(item, 'pk'), textOf(item, 'sk')];
    let partition = this.#partitions.get(pk);
    if (partition === undefined) {
      partition = new Map();
      this.#partitions.set(pk, partition);
    }
    const before = partition.get(sk);
    const bytes = itemBytes(item);
    partition.set(sk, { item, bytes });
    if (before === undefined) this.#remember(pk, sk);
    return { bytes, bytesBefore: before?.bytes ?? 0 };
  }

  /** @returns the bytes of what was there, 0 where there was nothing */
  delete(pk: string, sk: string): number {
    const partition = this.#partitions.get(pk);
    const bytes = partition?.get(sk)?.bytes ?? 0;
    partition?.delete(sk);
    if (partition?.size === 0) this.#partitions.delete(pk);
    return bytes;
  }

  query({ pk, matches, newestFirst, limit, after }: TableQuery): {
    readonly items: readonly Item[];
    /** The sort key of the last item, where there are more after it. */
    readonly lastKey: string | undefined;
  } {
    const keys = [...(this.#partitions.get(pk)?.keys() ?? [])].filter(matches).sort();
    if (newestFirst) keys.reverse();
    const isAfter = (sk: string) => after === undefined || (newestFirst ? sk < after : sk > after);
    const rest = keys.filter(isAfter);
    const page = rest.slice(0, limit);
    const items = page.map((sk) => this.get(pk, sk)).filter((item) => item !== undefined);
    return { items, lastKey: rest.length > page.length ? page.at(-1) : undefined };
  }

  #remember(pk: string, sk: string): void {
    this.#order.push([pk, sk]);
    if (this.#order.length <= 2 * this.#maxItems) return;
    for (const [oldPk, oldSk] of this.#order.splice(0, this.#maxItems)) this.delete(oldPk, oldSk);
  }
}
