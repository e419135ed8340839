/** One task at a time per key, in the order of asking. Keys are independent of one another. */
export class KeyedLocks {
  /** Of each key with a task under way, those that wait for it. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /**
   * A key that is free costs no promise but the task's own: that is nearly every one.
   * @param onFailure called when the task fails, before the next one of the key begins
   */
  async run<T>(key: string, task: () => Promise<T>, onFailure?: () => void): Promise<T> {
    const before = this.#waiting.get(key);
    if (before === undefined) this.#waiting.set(key, []);
    else await new Promise<void>((begin) => before.push(begin));
    try {
      return await task();
    } catch (thrown) {
      onFailure?.();
      throw thrown;
    } finally {
      const next = this.#waiting.get(key)?.shift();
      if (next === undefined) this.#waiting.delete(key);
      // It has the key already: nobody comes between. A moment later, so that who ran before reads its result first.
      else queueMicrotask(next);
    }
  }
}
