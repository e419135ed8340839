import type { Json } from '../../json.ts';
import { StateFailure } from '../failures.ts';
import { TaskTimeoutError } from './limits.ts';
import type { Performed } from './service-task.ts';
import type { TaskAttempt } from './task.ts';

/**
 * Makes a call that hands a task token on, and waits until somebody sends the token back. Heartbeats count from the call on.
 * @param submitted called with the answer of the call
 */
export async function awaitToken(
  { scope, heartbeatSeconds, taskToken = '' }: TaskAttempt,
  signal: AbortSignal,
  call: () => Promise<Performed>,
  submitted: (response: Json) => void,
): Promise<Json> {
  const { tokens } = scope.run.ports;
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  // The call may fail while nobody waits for the token yet.
  promise.catch(() => undefined);
  const watch = watchHeartbeat(heartbeatSeconds, scope.run.timers, () => reject(new TaskTimeoutError(true)));
  tokens.open(taskToken, {
    onSuccess: resolve,
    onFailure: (error, cause) => reject(new StateFailure(error, cause)),
    onHeartbeat: watch.beat,
  });
  const onAbort = (): void => reject(new StateFailure('States.Timeout', undefined));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { response } = await call();
    submitted(response);
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    watch.stop();
    tokens.close(taskToken);
  }
}

/** Calls `onMissed` when `seconds` pass without a beat. */
export function watchHeartbeat(
  seconds: number | undefined,
  timers: { after(delayMs: number, callback: () => void): () => void },
  onMissed: () => void,
) {
  let cancel: () => void = () => undefined;
  const arm = (): void => {
    cancel();
    if (seconds !== undefined) cancel = timers.after(seconds * 1000, onMissed);
  };
  arm();
  return { beat: arm, stop: (): void => cancel() };
}
