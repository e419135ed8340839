import { isError } from '@stepcast/kit';
import { byteLength, jsonOfValue, MAX_DATA_BYTES, textOfJson, type Json } from '../../json.ts';
import type { Branch } from '../branch.ts';
import { dataLimitCause, StateFailure } from '../failures.ts';
import type { StateScope } from '../run.ts';
import { timeoutLimit, within } from './limits.ts';

export interface FunctionCall {
  readonly functionName: string;
  readonly payload: Json;
  readonly attempt: number;
  readonly requestId: string;
  readonly taskToken?: string | undefined;
  readonly timeoutSeconds: number | undefined;
  /** What AWS calls the task where its result is too large. */
  readonly described: string;
}

/**
 * Calls a function and waits for its answer, at most as long as the state allows and Lambda would.
 * Throws {@link TaskTimeoutError}, {@link StateFailure}, or the abort reason of the branch; in all three cases the
 * function's signal is aborted and what it still answers is ignored.
 */
export async function callFunction(call: FunctionCall, scope: StateScope, branch: Branch): Promise<Json> {
  const { functionTimeoutMs } = scope.run;
  const limits = [
    ...timeoutLimit(call.timeoutSeconds),
    { afterMs: functionTimeoutMs, error: () => functionTimedOut(call, functionTimeoutMs) },
  ];
  return within(limits, scope, branch, async (signal) =>
    resultOf(await invoke(call, scope, signal), call.described),
  );
}

async function invoke(call: FunctionCall, scope: StateScope, signal: AbortSignal): Promise<unknown> {
  try {
    return await scope.run.invokeFunction(call.functionName, call.payload, {
      signal,
      executionArn: scope.run.executionArn,
      stateName: scope.name,
      attempt: call.attempt,
      requestId: call.requestId,
      ...(call.taskToken === undefined ? {} : { taskToken: call.taskToken }),
    });
  } catch (error) {
    throw failureOfFunction(error);
  }
}

/** What a task answered, as data. @throws StateFailure when it is no JSON or too large */
export function resultOf(result: unknown, described: string): Json {
  const json = jsonOfValue(result);
  if (json === undefined)
    throw failureOfFunction(
      Object.assign(new Error('Unable to stringify response body'), { name: 'Runtime.MarshalError' }),
    );
  if (byteLength(textOfJson(json)) > MAX_DATA_BYTES)
    throw new StateFailure('States.DataLimitExceeded', dataLimitCause(described));
  return json;
}

/** As the Node runtime of Lambda reports a thrown error: name, message, and the stack line by line. */
function failureOfFunction(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  const name = isError(error) ? error.name : 'Error';
  const message = isError(error) ? error.message : String(error);
  if (name.startsWith('Lambda.')) return new StateFailure(name, message);
  const trace = isError(error) ? (error.stack ?? '').split('\n') : [];
  return new StateFailure(name, JSON.stringify({ errorType: name, errorMessage: message, trace }));
}

function functionTimedOut(call: FunctionCall, timeoutMs: number): StateFailure {
  const errorMessage = `RequestId: ${call.requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
  return new StateFailure(
    'Sandbox.Timedout',
    JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }),
  );
}
