import type { ExecutionArn } from '@stepcast/contracts';
import type { Watched, WatchList } from '../ports/execution-store.port.ts';
import type { Background } from './background.ts';

/** Has executions on the watch list while they run. */
export interface Watching {
  /** Resolves when it is on the list. */
  begin(watched: Watched): Promise<void>;
  /**
   * Nothing more is expected of it. It goes off the list a little later, together with others: should that be forgotten,
   * the sweep finds it on the list, sees that it has ended, and comes here again.
   */
  end(executionArn: ExecutionArn): void;
}

/** How long ended executions stay on the list, unless there are so many of them. */
const GATHER_MS = 5_000;
const MANY = 25;

export function createWatching(options: {
  readonly watchList: WatchList;
  readonly background: Background;
}): Watching {
  const { watchList, background } = options;
  const ended = new Set<ExecutionArn>();
  let leaving: Promise<void> = Promise.resolve();

  /** One after the other, so that `leaving` is all that is under way. */
  function takeOff(): Promise<void> {
    const done = leaving.then(async () => {
      const all = [...ended];
      if (all.length > 0) await watchList.unwatch(all);
      for (const one of all) ended.delete(one);
    });
    leaving = done.catch(() => undefined);
    return done;
  }

  return {
    async begin(watched) {
      // A redrive, just after the end.
      if (ended.delete(watched.executionArn)) await leaving;
      await watchList.watch(watched);
    },
    end(executionArn) {
      ended.add(executionArn);
      background.after('unwatch', GATHER_MS, takeOff);
      if (ended.size % MANY === 0) background.after('unwatch-many', 0, takeOff);
    },
  };
}
