import { DataProblem } from '../data/problems.ts';
import { functionNameOf } from '../definition/resources.ts';
import { byteLength, isJsonObject, memberOf, textOfJson, type Json, type JsonObject } from '../json.ts';
import { StateFailure } from './failures.ts';
import { callFunction, TaskTimeoutError } from './function-call.ts';
import { errorDetails } from './lambda-function.ts';
import type { TaskAttempt } from './task.ts';

const service = { resourceType: 'lambda', resource: 'invoke' };

/** `arn:aws:states:::lambda:invoke`: `Task*` events; the result is the service's answer with the function's in `Payload`. */
export async function runLambdaInvoke(attempt: TaskAttempt): Promise<Json> {
  const { branch, scope, payload: parameters, timeoutSeconds, heartbeatSeconds } = attempt;
  if (!isJsonObject(parameters)) throw new DataProblem('The parameters of lambda:invoke must be an object.');
  const functionName = memberOf(parameters, 'FunctionName');
  if (typeof functionName !== 'string')
    throw new DataProblem("The field 'FunctionName' is required but was missing");
  const invocationType = memberOf(parameters, 'InvocationType');
  if (invocationType !== undefined && invocationType !== 'RequestResponse')
    throw new DataProblem(
      `The InvocationType ${textOfJson(invocationType)} is not supported in the sandbox.`,
    );
  branch.advance('TaskScheduled', {
    parameters: textOfJson(parameters),
    region: scope.run.region,
    ...service,
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  });
  // See lambda-function.ts: all are scheduled before the first starts.
  await Promise.resolve();
  branch.advance('TaskStarted', service);
  const requestId = scope.run.ids();
  try {
    const answer = await callFunction(
      {
        functionName: functionNameOf(functionName),
        payload: memberOf(parameters, 'Payload') ?? {},
        attempt: attempt.attempt,
        requestId,
        timeoutSeconds,
        described: 'lambda',
      },
      scope,
      branch,
    );
    const result = responseOf(answer, requestId, scope.run.clock.nowMs());
    branch.advance('TaskSucceeded', {
      ...service,
      output: textOfJson(result),
      outputDetails: { truncated: false },
    });
    return result;
  } catch (error) {
    if (error instanceof TaskTimeoutError) {
      branch.advance('TaskTimedOut', { ...service, error: 'States.Timeout' });
      throw new StateFailure('States.Timeout', undefined);
    }
    if (error instanceof StateFailure) branch.advance('TaskFailed', { ...service, ...errorDetails(error) });
    throw error;
  }
}

/** The shape that the Lambda service integration answers with, as recorded from AWS. */
function responseOf(payload: Json, requestId: string, nowMs: number): JsonObject {
  const headers = {
    Connection: 'keep-alive',
    'Content-Length': String(byteLength(textOfJson(payload))),
    'Content-Type': 'application/json',
    Date: new Date(nowMs).toUTCString(),
    'X-Amz-Executed-Version': '$LATEST',
    'x-amzn-Remapped-Content-Length': '0',
    'x-amzn-RequestId': requestId,
  };
  return {
    ExecutedVersion: '$LATEST',
    Payload: payload,
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: 200,
  };
}
