import { textOfJson, type Json } from '../../json.ts';
import { StateFailure } from '../failures.ts';
import { resultOf } from './function-call.ts';
import { errorDetails } from './lambda-function.ts';
import { TaskTimeoutError, timeoutLimit, within } from './limits.ts';
import { mockedWork } from './mocked.ts';
import type { TaskAttempt } from './task.ts';
import { failureOfTimeout } from './timeouts.ts';
import { watchHeartbeat } from './token-wait.ts';

/** `Resource` is an activity: a worker asks for the task and sends its token back. `Activity*` events. */
export async function runActivity(attempt: TaskAttempt, activityArn: string): Promise<Json> {
  const { branch, scope, payload, timeoutSeconds, heartbeatSeconds } = attempt;
  branch.advance('ActivityScheduled', {
    input: textOfJson(payload),
    inputDetails: { truncated: false },
    resource: activityArn,
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  });
  try {
    const result = await within(
      timeoutLimit(timeoutSeconds),
      scope,
      branch,
      (signal) => mockedWork(attempt) ?? workedOn(attempt, activityArn, signal),
    );
    branch.advance('ActivitySucceeded', { output: textOfJson(result), outputDetails: { truncated: false } });
    return result;
  } catch (error) {
    if (error instanceof TaskTimeoutError) {
      branch.advance('ActivityTimedOut', { error: 'States.Timeout' });
      throw failureOfTimeout(error);
    }
    if (error instanceof StateFailure) branch.advance('ActivityFailed', errorDetails(error));
    throw error;
  }
}

async function workedOn(attempt: TaskAttempt, activityArn: string, signal: AbortSignal): Promise<Json> {
  const { branch, scope, payload, heartbeatSeconds } = attempt;
  const { tokens, activities } = scope.run.ports;
  const taskToken = scope.run.ids();
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  let stopHeart: () => void = () => undefined;
  let beat: () => void = () => undefined;
  tokens.open(taskToken, {
    onSuccess: resolve,
    onFailure: (error, cause) => reject(new StateFailure(error, cause)),
    onHeartbeat: () => beat(),
  });
  const takeBack = activities.schedule(activityArn, {
    taskToken,
    input: textOfJson(payload),
    onStarted: (workerName) => {
      branch.advance('ActivityStarted', workerName === undefined ? {} : { workerName });
      const watch = watchHeartbeat(heartbeatSeconds, scope.run.timers, () =>
        reject(new TaskTimeoutError(true)),
      );
      ({ beat, stop: stopHeart } = watch);
    },
  });
  const onAbort = (): void => reject(new StateFailure('States.Timeout', undefined));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return resultOf(await promise, activityArn);
  } finally {
    signal.removeEventListener('abort', onAbort);
    stopHeart();
    takeBack();
    tokens.close(taskToken);
  }
}
