import { DataProblem } from '../data/problems.ts';
import { selectByPath } from '../data/state-data.ts';
import { parseTaskResource } from '../definition/resources.ts';
import type { TaskState } from '../definition/schema.ts';
import { isJsonObject, textOfJson, type Json } from '../json.ts';
import type { Branch } from './branch.ts';
import { runLambdaFunction } from './lambda-function.ts';
import { runLambdaInvoke } from './lambda-invoke.ts';
import { effectiveInput, finish, payloadOf, type Conclusion } from './outcome.ts';
import { withRetry } from './retry.ts';
import { evaluationOf, type StateScope } from './run.ts';

/** One attempt of a task, whatever it calls. */
export interface TaskAttempt {
  readonly state: TaskState;
  readonly scope: StateScope;
  readonly branch: Branch;
  readonly payload: Json;
  readonly attempt: number;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

export async function runTask(state: TaskState, scope: StateScope, branch: Branch): Promise<Conclusion> {
  branch.open = { type: 'Task', name: scope.name };
  const result = await withRetry(state.Retry, branch, scope.run, (retryCount) =>
    attempt(state, scope, branch, retryCount),
  );
  return () => finish(state, scope, result);
}

async function attempt(
  state: TaskState,
  scope: StateScope,
  branch: Branch,
  retryCount: number,
): Promise<Json> {
  const withCount = withRetryCount(scope, retryCount);
  const one: TaskAttempt = {
    state,
    scope: withCount,
    branch,
    payload: payloadOf(state, withCount),
    attempt: retryCount,
    timeoutSeconds:
      state.TimeoutSeconds ?? secondsAt('TimeoutSecondsPath', state.TimeoutSecondsPath, state, scope),
    heartbeatSeconds:
      state.HeartbeatSeconds ?? secondsAt('HeartbeatSecondsPath', state.HeartbeatSecondsPath, state, scope),
  };
  const resource = parseTaskResource(state.Resource);
  switch (resource?.kind) {
    case 'lambdaFunction':
      return runLambdaFunction(one, resource.functionName);
    case 'lambdaInvoke':
      return runLambdaInvoke(one);
    case undefined:
      throw new DataProblem(`The resource '${state.Resource}' is not supported in the sandbox.`);
  }
}

function withRetryCount(scope: StateScope, retryCount: number): StateScope {
  const state = scope.context['State'];
  const known = isJsonObject(state) ? state : {};
  return { ...scope, context: { ...scope.context, State: { ...known, RetryCount: retryCount } } };
}

function secondsAt(
  field: string,
  path: string | undefined,
  state: TaskState,
  scope: StateScope,
): number | undefined {
  if (path === undefined) return undefined;
  const value = selectByPath(path, evaluationOf(scope, effectiveInput(state, scope)));
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0)
    throw new DataProblem(
      `The ${field} parameter must reference a positive integer: ${path} == ${textOfJson(value)}`,
    );
  return value;
}
