/** One task at a time per key, in the order of asking. Keys are independent of one another. */
export class KeyedLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.#tails.set(key, mine);
    const release = () => {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    };
    mine.then(release, release);
    return mine;
  }
}
