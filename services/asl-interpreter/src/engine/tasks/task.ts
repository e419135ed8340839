import { DataProblem } from '../../data/problems.ts';
import { evaluateExpressions } from '../../data/jsonata/evaluate.ts';
import { selectByPath } from '../../data/state-data.ts';
import { evaluateTemplate } from '../../data/template.ts';
import { parseTaskResource, type TaskResource } from '../../definition/resources.ts';
import type { TaskState } from '../../definition/schema.ts';
import { isJsonObject, memberOf, textOfJson, type Json, type JsonObject } from '../../json.ts';
import type { Branch } from '../branch.ts';
import { wholeNumberIn } from '../numbers.ts';
import { argumentsOf, effectiveInput, finish, type Conclusion } from '../outcome.ts';
import { withRetry } from '../retry.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from '../run.ts';
import { runActivity } from './activity-task.ts';
import { runLambdaFunction } from './lambda-function.ts';
import { runLambdaInvoke } from './lambda-invoke.ts';
import { runNestedExecution } from './nested-execution.ts';
import { runService } from './service-task.ts';

/** One attempt of a task, whatever it calls. */
export interface TaskAttempt {
  readonly state: TaskState;
  readonly scope: StateScope;
  readonly branch: Branch;
  readonly payload: Json;
  readonly attempt: number;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  /** Of `.waitForTaskToken` tasks. */
  readonly taskToken: string | undefined;
  /** The role that `Credentials` names. */
  readonly roleArn: string | undefined;
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
  outer: StateScope,
  branch: Branch,
  retryCount: number,
): Promise<Json> {
  const resource = parseTaskResource(state.Resource);
  if (resource === undefined)
    throw new DataProblem(`The resource '${state.Resource}' is nothing that a Task can call.`);
  const taskToken = needsToken(resource) ? outer.run.ids() : undefined;
  const scope = withTaskContext(outer, retryCount, taskToken);
  const payload = argumentsOf(state, scope);
  const limits =
    scope.language === 'JSONata' ? await limitsByExpressions(state, scope) : limitsByPaths(state, scope);
  const one: TaskAttempt = {
    state,
    scope,
    branch,
    payload: payload instanceof Promise ? await payload : payload,
    attempt: retryCount,
    ...limits,
    taskToken,
    roleArn: state.Credentials === undefined ? undefined : await roleOf(state.Credentials, scope),
  };
  switch (resource.kind) {
    case 'lambdaFunction':
      return runLambdaFunction(one, resource.functionName);
    case 'activity':
      return runActivity(one, resource.arn);
    case 'service':
      break;
  }
  if (resource.resourceType === 'lambda' && resource.action === 'invoke')
    return runLambdaInvoke(one, resource);
  if (resource.resourceType === 'states' && resource.action === 'startExecution')
    return runNestedExecution(one, resource);
  return runService(one, resource);
}

function needsToken(resource: TaskResource): boolean {
  return resource.kind === 'service' && resource.pattern === 'taskToken';
}

function withTaskContext(scope: StateScope, retryCount: number, token: string | undefined): StateScope {
  const state = scope.context['State'];
  const known = isJsonObject(state) ? state : {};
  const task: JsonObject = token === undefined ? {} : { Task: { Token: token } };
  return { ...scope, context: { ...scope.context, State: { ...known, RetryCount: retryCount }, ...task } };
}

function limitsByPaths(state: TaskState, scope: StateScope) {
  const { TimeoutSeconds, HeartbeatSeconds } = state;
  return {
    timeoutSeconds:
      typeof TimeoutSeconds === 'number'
        ? TimeoutSeconds
        : secondsAt('TimeoutSecondsPath', state.TimeoutSecondsPath, state, scope),
    heartbeatSeconds:
      typeof HeartbeatSeconds === 'number'
        ? HeartbeatSeconds
        : secondsAt('HeartbeatSecondsPath', state.HeartbeatSecondsPath, state, scope),
  };
}

async function limitsByExpressions(state: TaskState, scope: StateScope) {
  return {
    timeoutSeconds: await wholeNumberIn('TimeoutSeconds', state.TimeoutSeconds, scope, 1),
    heartbeatSeconds: await wholeNumberIn('HeartbeatSeconds', state.HeartbeatSeconds, scope, 1),
  };
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

async function roleOf(credentials: Json, scope: StateScope): Promise<string> {
  const filled =
    scope.language === 'JSONata'
      ? await evaluateExpressions(credentials, 'Credentials', expressionScopeOf(scope))
      : evaluateTemplate(credentials, evaluationOf(scope, scope.rawInput));
  const roleArn = isJsonObject(filled) ? memberOf(filled, 'RoleArn') : undefined;
  if (typeof roleArn !== 'string')
    throw new DataProblem("The field 'RoleArn' of Credentials must be a string");
  return roleArn;
}
