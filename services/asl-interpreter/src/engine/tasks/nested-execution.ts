import { DataProblem } from '../../data/problems.ts';
import type { ServiceResource } from '../../definition/resources.ts';
import { isJsonObject, jsonOfText, memberOf, textOfJson, type Json, type JsonObject } from '../../json.ts';
import type { EndedExecution, StartedExecution } from '../../ports.ts';
import { StateFailure } from '../failures.ts';
import { runService, type Performed } from './service-task.ts';
import type { TaskAttempt } from './task.ts';

/**
 * `arn:aws:states:::states:startExecution`, alone, with `.sync`, `.sync:2` or a task token. Of a machine that is not here
 * the call is one of any service.
 */
export function runNestedExecution(attempt: TaskAttempt, resource: ServiceResource): Promise<Json> {
  const { scope, payload } = attempt;
  if (!isJsonObject(payload))
    return Promise.reject(new DataProblem('The parameters of states:startExecution must be an object.'));
  const stateMachineArn = memberOf(payload, 'StateMachineArn');
  if (typeof stateMachineArn !== 'string')
    return Promise.reject(new DataProblem("The field 'StateMachineArn' is required but was missing"));
  const { executions } = scope.run.ports;
  if (!executions.has(stateMachineArn)) return runService(attempt, resource);
  const name = memberOf(payload, 'Name');
  const input = memberOf(payload, 'Input') ?? {};
  return runService(attempt, resource, (signal) => {
    const child = executions.start({
      stateMachineArn,
      name: typeof name === 'string' ? name : undefined,
      // An Input that is a text is JSON already.
      input: typeof input === 'string' ? input : textOfJson(input),
    });
    const waited = resource.pattern === 'sync' || resource.pattern === 'sync:2';
    // The parent gives up: its child is stopped with it.
    if (waited) signal.addEventListener('abort', () => child.stop(), { once: true });
    return Promise.resolve(startedView(child, waited, resource.pattern === 'sync:2'));
  });
}

function startedView(child: StartedExecution, waited: boolean, outputAsJson: boolean): Performed {
  const response = { ExecutionArn: child.executionArn, StartDate: child.startedAtMs };
  return waited ? { response, completion: completed(child, outputAsJson) } : { response };
}

async function completed(child: StartedExecution, outputAsJson: boolean): Promise<Json> {
  const ended = await child.ended;
  if (ended.status === 'SUCCEEDED') return endedView(ended, outputAsJson);
  throw new StateFailure('States.TaskFailed', textOfJson(endedView(ended, false)));
}

/** What DescribeExecution says of it, with the names of the service integration. */
export function endedView(ended: EndedExecution, outputAsJson: boolean): JsonObject {
  const succeeded = ended.status === 'SUCCEEDED';
  const text = (value: string): Json => (outputAsJson ? (jsonOfText(value) ?? value) : value);
  return {
    ...(ended.cause === undefined ? {} : { Cause: ended.cause }),
    ...(ended.error === undefined ? {} : { Error: ended.error }),
    ExecutionArn: ended.executionArn,
    Input: text(ended.input),
    InputDetails: { Included: true },
    Name: ended.name,
    ...(ended.output === undefined ? {} : { Output: text(ended.output), OutputDetails: { Included: true } }),
    RedriveCount: 0,
    RedriveStatus: succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    ...(succeeded ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: ended.startedAtMs,
    StateMachineArn: ended.stateMachineArn,
    Status: ended.status,
    StopDate: ended.stoppedAtMs,
  };
}
