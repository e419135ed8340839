import { isError } from '@stepcast/kit';
import type { ServiceResource } from '../../definition/resources.ts';
import { textOfJson, type Json } from '../../json.ts';
import { ServiceError } from '../../ports.ts';
import type { HistoryDetails } from '../../types.ts';
import { BranchAbortedError, StateFailure } from '../failures.ts';
import { resultOf } from './function-call.ts';
import { errorDetails } from './lambda-function.ts';
import { TaskTimeoutError, timeoutLimit, within } from './limits.ts';
import { mockedWork } from './mocked.ts';
import type { TaskAttempt } from './task.ts';
import { failureOfTimeout } from './timeouts.ts';
import { awaitToken } from './token-wait.ts';

/** What a call has brought: the answer, and for a job that is waited for how it ends. */
export interface Performed {
  readonly response: Json;
  readonly completion?: Promise<Json>;
}
/** Makes the call. What it rejects with fails the task. */
export type Perform = (signal: AbortSignal) => Promise<Performed>;

/**
 * A task of a service integration: `Task*` events. With `.sync` and `.waitForTaskToken` TaskSubmitted has the answer of the
 * call, and the task goes on until the job has ended or the token comes back.
 */
export async function runService(
  attempt: TaskAttempt,
  resource: ServiceResource,
  perform: Perform = serviceCall(attempt, resource),
): Promise<Json> {
  const { branch, scope, payload, timeoutSeconds, heartbeatSeconds, roleArn } = attempt;
  const service = { resourceType: resource.resourceType, resource: resource.resource };
  branch.advance('TaskScheduled', {
    parameters: textOfJson(payload),
    region: scope.run.region,
    ...service,
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    ...(roleArn === undefined ? {} : { taskCredentials: { roleArn } }),
  });
  // See lambda-function.ts: all are scheduled before the first starts.
  await Promise.resolve();
  branch.advance('TaskStarted', service);
  try {
    const result = await within(timeoutLimit(timeoutSeconds), scope, branch, (signal) =>
      work(attempt, resource, perform, service, signal),
    );
    branch.advance('TaskSucceeded', { ...service, ...outputDetails(result) });
    return result;
  } catch (error) {
    if (error instanceof TaskTimeoutError) {
      branch.advance('TaskTimedOut', { ...service, error: 'States.Timeout' });
      throw failureOfTimeout(error);
    }
    if (error instanceof StateFailure) branch.advance('TaskFailed', { ...service, ...errorDetails(error) });
    throw error;
  }
}

async function work(
  attempt: TaskAttempt,
  resource: ServiceResource,
  perform: Perform,
  service: HistoryDetails,
  signal: AbortSignal,
): Promise<Json> {
  const { branch } = attempt;
  const described = resource.resourceType;
  const submitted = (response: Json): void =>
    void branch.advance('TaskSubmitted', { ...service, ...outputDetails(response) });
  const mocked = mockedWork(attempt);
  if (mocked !== undefined) {
    const result = await mocked;
    if (resource.pattern !== 'response') submitted(result);
    return result;
  }
  if (resource.pattern === 'taskToken')
    return resultOf(await awaitToken(attempt, signal, () => failing(perform(signal)), submitted), described);
  const { response, completion } = await failing(perform(signal));
  if (resource.pattern !== 'response') submitted(resultOf(response, described));
  return resultOf(completion === undefined ? response : await failing(completion), described);
}

/** A call of a service that the interpreter knows nothing of. */
function serviceCall(
  { scope, payload, attempt, taskToken }: TaskAttempt,
  resource: ServiceResource,
): Perform {
  const { run, name } = scope;
  return async (signal) => ({
    response: await run.ports.callService({
      resource,
      parameters: payload,
      stateName: name,
      stateMachineArn: run.stateMachineArn,
      executionArn: run.executionArn,
      attempt,
      taskToken,
      signal,
      requestId: run.ids(),
    }),
  });
}

/** Errors of services as failures of the task. */
async function failing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (
      error instanceof StateFailure ||
      error instanceof BranchAbortedError ||
      error instanceof TaskTimeoutError
    )
      throw error;
    if (error instanceof ServiceError) throw new StateFailure(error.errorName, error.message);
    throw new StateFailure('States.TaskFailed', isError(error) ? error.message : String(error));
  }
}

function outputDetails(value: Json): HistoryDetails {
  return { output: textOfJson(value), outputDetails: { truncated: false } };
}
