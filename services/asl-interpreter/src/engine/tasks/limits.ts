import type { Branch } from '../branch.ts';
import type { StateScope } from '../run.ts';
import { reasonOf } from '../sleep.ts';

/**
 * A task ran longer than the state allows, or sent no heartbeat. A kind of its own because it has an event of its own.
 */
export class TaskTimeoutError extends Error {
  readonly missedHeartbeat: boolean;
  constructor(missedHeartbeat = false) {
    super('States.Timeout');
    this.name = 'TaskTimeoutError';
    this.missedHeartbeat = missedHeartbeat;
  }
}

export interface Limit {
  readonly afterMs: number;
  /** What the work is given up with. */
  readonly error: () => Error;
}

export function timeoutLimit(seconds: number | undefined): readonly Limit[] {
  return seconds === undefined ? [] : [{ afterMs: seconds * 1000, error: () => new TaskTimeoutError() }];
}

/**
 * Waits for work, at most as long as its limits allow and its branch runs. Rejects with the error of the limit, the abort
 * reason of the branch, or what the work rejects with; in all three cases the work's signal is aborted and what it still
 * answers is ignored.
 */
export async function within<T>(
  limits: readonly Limit[],
  scope: StateScope,
  branch: Branch,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(reasonOf(branch.signal));
  branch.signal.addEventListener('abort', onAbort, { once: true });
  const cancels = limits.map(({ afterMs, error }) => scope.run.timers.after(afterMs, () => reject(error())));
  try {
    return await Promise.race([interrupted, work(abort.signal)]);
  } catch (error) {
    abort.abort(error);
    throw error;
  } finally {
    branch.signal.removeEventListener('abort', onAbort);
    for (const cancel of cancels) cancel();
  }
}
