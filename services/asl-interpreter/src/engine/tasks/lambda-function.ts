import { textOfJson, type Json } from '../../json.ts';
import { StateFailure } from '../failures.ts';
import { callFunction } from './function-call.ts';
import { TaskTimeoutError } from './limits.ts';
import { mockedWork } from './mocked.ts';
import type { TaskAttempt } from './task.ts';
import { failureOfTimeout } from './timeouts.ts';

/** `Resource` is the function itself: `LambdaFunction*` events. */
export async function runLambdaFunction(attempt: TaskAttempt, functionName: string): Promise<Json> {
  const { branch, scope, state, payload, timeoutSeconds, roleArn } = attempt;
  branch.advance('LambdaFunctionScheduled', {
    input: textOfJson(payload),
    inputDetails: { truncated: false },
    resource: state.Resource,
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(roleArn === undefined ? {} : { taskCredentials: { roleArn } }),
  });
  // Tasks that run side by side are all scheduled before the first of them has started, as recorded from AWS.
  await Promise.resolve();
  branch.advance('LambdaFunctionStarted');
  try {
    const call = { functionName, payload, attempt: attempt.attempt, timeoutSeconds };
    const result = await (mockedWork(attempt) ??
      callFunction({ ...call, requestId: scope.run.ids(), described: state.Resource }, scope, branch));
    branch.advance('LambdaFunctionSucceeded', {
      output: textOfJson(result),
      outputDetails: { truncated: false },
    });
    return result;
  } catch (error) {
    if (error instanceof TaskTimeoutError) {
      branch.advance('LambdaFunctionTimedOut', { error: 'States.Timeout' });
      throw failureOfTimeout(error);
    }
    if (error instanceof StateFailure) branch.advance('LambdaFunctionFailed', errorDetails(error));
    throw error;
  }
}

/** Error and cause as details carry them: absent where there is none. */
export function errorDetails(failure: StateFailure): { readonly error?: string; readonly cause?: string } {
  return {
    ...(failure.errorName === undefined ? {} : { error: failure.errorName }),
    ...(failure.failureCause === undefined ? {} : { cause: failure.failureCause }),
  };
}
