import { isError } from '@stepcast/kit';
import type { Timers } from '@stepcast/kit';

/** Longest delay that timers of Node keep; longer waits are made of several. */
const maxTimerMs = 2_147_483_647;

/** Resolves after `delayMs`. Rejects with the signal's reason when it aborts. */
export function sleep(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.reject(reasonOf(signal));
  let left = delayMs;
  let cancel: () => void = () => undefined;
  const onAbort = (): void => {
    cancel();
    reject(reasonOf(signal));
  };
  const arm = (): void => {
    const slice = Math.min(left, maxTimerMs);
    left -= slice;
    cancel = timers.after(slice, () => {
      if (left > 0) {
        arm();
        return;
      }
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  };
  signal.addEventListener('abort', onAbort, { once: true });
  arm();
  return promise;
}

export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return isError(reason) ? reason : new Error('aborted', { cause: reason });
}
