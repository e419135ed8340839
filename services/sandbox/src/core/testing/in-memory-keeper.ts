import type { Keeper } from '../keeper.ts';

/** Keeps in memory, in the order in which keys were first put, as the file does. */
export class InMemoryKeeper implements Keeper {
  readonly #texts = new Map<string, string>();

  entries(): readonly (readonly [string, string])[] {
    return [...this.#texts];
  }

  put(key: string, text: string): void {
    this.#texts.set(key, text);
  }

  delete(key: string): void {
    this.#texts.delete(key);
  }
}
