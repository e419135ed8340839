/** One at a time per key, in order of asking. Different keys do not know each other. */
export interface KeyedLocks {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

export function createKeyedLocks(): KeyedLocks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, task) {
      const before = tails.get(key) ?? Promise.resolve();
      const mine = before.then(task, task);
      tails.set(key, mine);
      const release = () => {
        if (tails.get(key) === mine) tails.delete(key);
      };
      mine.then(release, release);
      return mine;
    },
  };
}
