import type { ExecutionArn } from '@stepcast/contracts';
import type { Timers } from '@stepcast/kit';
import type { Watched, WatchList } from '../ports/execution-store.port.ts';
import type { FollowUp } from './follow-ups.ts';

/** How long ended executions stay on the list, unless there are many of them. */
const GATHER_MS = 5_000;
const MANY = 25;
/** How many are remembered while none can be taken off, as without the right to delete. The sweep finds the others. */
export const MAX_ENDED = 10_000;

export interface WatchingOptions {
  readonly watchList: WatchList;
  /** They measure `keepEndedMs`, which must not be cut short where the system's time is set ahead. */
  readonly timers: Timers;
  /**
   * For so long after its start a process leaves on the list what ends, for its successor to visit: a late message of the
   * process before it may put back the retained state of an end, and only a living process can mend that. Default 0.
   */
  readonly keepEndedMs?: number | undefined;
}

/** Has executions on the watch list while they run. */
export class Watching {
  readonly #watchList: WatchList;
  #keepsEnded = false;
  readonly #ended = new Set<ExecutionArn>();
  #leaving: Promise<void> = Promise.resolve();

  constructor({ watchList, timers, keepEndedMs = 0 }: WatchingOptions) {
    this.#watchList = watchList;
    if (keepEndedMs <= 0) return;
    this.#keepsEnded = true;
    timers.after(keepEndedMs, () => {
      this.#keepsEnded = false;
    });
  }

  /** Resolves when it is on the list. */
  async begin(watched: Watched): Promise<void> {
    // A redrive, just after the end.
    if (this.#ended.delete(watched.executionArn)) await this.#leaving;
    await this.#watchList.watch(watched);
  }

  /**
   * Nothing more is expected of an execution. It leaves the list a little later, together with others. Should that be
   * forgotten, or have to wait, the sweep finds it on the list and that it has ended, and ends it again.
   */
  end(executionArn: ExecutionArn): FollowUp[] {
    if (this.#keepsEnded) return [];
    const isMore = this.#ended.size < MAX_ENDED && !this.#ended.has(executionArn);
    if (isMore) this.#ended.add(executionArn);
    const isFull = isMore && this.#ended.size % MANY === 0;
    return [
      { kind: 'unwatchGathered', batch: 'due', afterMs: GATHER_MS },
      ...(isFull ? [{ kind: 'unwatchGathered', batch: 'full', afterMs: 0 } as const] : []),
    ];
  }

  /** Takes those that have ended off the list. One call after the other, so that `#leaving` is all that is under way. */
  takeOff(): Promise<void> {
    const done = this.#leaving.then(async () => {
      const all = [...this.#ended];
      if (all.length > 0) await this.#watchList.unwatch(all);
      for (const one of all) this.#ended.delete(one);
    });
    this.#leaving = done.catch(() => undefined);
    return done;
  }
}
