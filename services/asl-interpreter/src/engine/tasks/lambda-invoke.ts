import { DataProblem } from '../../data/problems.ts';
import { functionNameOf, type ServiceResource } from '../../definition/resources.ts';
import { byteLength, isJsonObject, memberOf, textOfJson, type Json, type JsonObject } from '../../json.ts';
import { callFunction, type FunctionCall } from './function-call.ts';
import { runService } from './service-task.ts';
import type { TaskAttempt } from './task.ts';

/** `arn:aws:states:::lambda:invoke`: the result is the service's answer with the function's in `Payload`. */
export function runLambdaInvoke(attempt: TaskAttempt, resource: ServiceResource): Promise<Json> {
  const { branch, scope, payload: parameters } = attempt;
  if (!isJsonObject(parameters))
    return Promise.reject(new DataProblem('The parameters of lambda:invoke must be an object.'));
  const functionName = memberOf(parameters, 'FunctionName');
  if (typeof functionName !== 'string')
    return Promise.reject(new DataProblem("The field 'FunctionName' is required but was missing"));
  const requestId = scope.run.ids();
  const call: FunctionCall = {
    functionName: functionNameOf(functionName),
    payload: memberOf(parameters, 'Payload') ?? {},
    attempt: attempt.attempt,
    requestId,
    taskToken: attempt.taskToken,
    // The limit of the state is that of the whole task, which may wait for a token.
    timeoutSeconds: undefined,
    described: 'lambda',
  };
  return runService(attempt, resource, async () => {
    const answer = callFunction(call, scope, branch);
    if (memberOf(parameters, 'InvocationType') === 'Event') {
      // Nobody waits for it, and nobody hears how it ends.
      answer.catch(() => undefined);
      return { response: responseOf({}, requestId, scope.run.clock.nowMs(), 202) };
    }
    return { response: responseOf(await answer, requestId, scope.run.clock.nowMs(), 200) };
  });
}

/** The shape that the Lambda service integration answers with, as recorded from AWS. */
function responseOf(payload: Json, requestId: string, nowMs: number, status: number): JsonObject {
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
      HttpStatusCode: status,
    },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: status,
  };
}
