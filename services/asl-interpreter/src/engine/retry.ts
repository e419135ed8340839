import type { Retrier } from '../definition/schema.ts';
import type { Branch } from './branch.ts';
import { matchesError, StateFailure } from './failures.ts';
import type { Run } from './run.ts';
import { sleep } from './sleep.ts';

const defaults = { IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3 };

/** How long a retrier waits before its n-th retry (n from 0), in milliseconds, before jitter. */
export function retryDelayMs(retrier: Retrier, used: number): number {
  const seconds =
    (retrier.IntervalSeconds ?? defaults.IntervalSeconds) *
    (retrier.BackoffRate ?? defaults.BackoffRate) ** used;
  return Math.min(seconds, retrier.MaxDelaySeconds ?? Infinity) * 1000;
}

/**
 * Runs a state's work until it succeeds or no retrier is left for how it failed. Each retrier counts for itself and is
 * asked in the order of the definition; the first that is meant for the failure decides, also when it is used up.
 * @param work gets how often the state was retried: 0, 1, 2…
 */
export async function withRetry<T>(
  retriers: readonly Retrier[] | undefined,
  branch: Branch,
  run: Run,
  work: (retryCount: number) => Promise<T>,
): Promise<T> {
  const used = new Map<Retrier, number>();
  for (let retryCount = 0; ; retryCount += 1)
    try {
      return await work(retryCount);
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      const retrier = retriers?.find((one) => matchesError(one.ErrorEquals, error));
      const count = retrier === undefined ? 0 : (used.get(retrier) ?? 0);
      if (retrier === undefined || count >= (retrier.MaxAttempts ?? defaults.MaxAttempts)) throw error;
      used.set(retrier, count + 1);
      const delayMs = retryDelayMs(retrier, count);
      // FULL: anywhere between no delay and the whole one.
      await sleep(
        run.timers,
        (retrier.JitterStrategy === 'FULL' ? run.random() * delayMs : delayMs) / (run.speed ?? 1),
        branch.signal,
      );
    }
}
