import type { S3Client } from '@aws-sdk/client-s3';
import {
  jsonOfValue,
  ServiceError,
  textOfJson,
  type InvokeFunction,
  type Json,
  type ServiceCall,
  type TaskTokens,
} from '@stepcast/asl-interpreter';
import { asError, pause, type Timers } from '@stepcast/kit';
import { isEngineOperation, isOwnOperation } from '../dynamodb/index.ts';
import { isSqsOperation } from '../sqs/index.ts';
import { capitalized } from '../stand-ins/services.ts';
import type { PlanStandIn } from '../stand-ins/stand-in-settings.ts';
import { bareTypeOf, handlerNamesOf } from '../workflow/handler-names.ts';
import type { Access } from './access.ts';
import { callJson, type JsonEndpoint } from './json-call.ts';
import { callObjects, objectActions } from './object-calls.ts';
import { PREFIXES, type Place } from './place.ts';
import { answerOf, functionCallOf, parametersFor, refuseFailedEntries } from './task-shapes.ts';

export interface TaskServicesOptions {
  readonly place: Place;
  readonly access: Access;
  /** Hears of each answer that a stand-in gives. */
  readonly onStandIn: (state: string, what: { readonly service: string; readonly action: string }) => void;
  readonly timers: Timers;
  /** What the definition that is in force now makes of a call. */
  readonly standIn: (call: ServiceCall) => Json;
  /** How long stand-ins take now, and whether they fail. */
  readonly plan: PlanStandIn;
  /** How many times faster than that. */
  readonly speed: number;
  /** Runs the handler of that name; undefined where there is none. */
  readonly runHandler: (name: string, call: ServiceCall) => Promise<unknown> | undefined;
  /** Runs a function, or its stand-in. */
  readonly invokeFunction: InvokeFunction;
  readonly s3Client: () => S3Client;
  /** `http://127.0.0.1:4200`; known once the server listens. */
  readonly baseUrl: string;
}

/** Errors by which a service says that what a task works on was never made here, or that it cannot do that here. */
const missing = /NotFound|DoesNotExist|NonExistent|NoSuchBucket|NotImplemented/;

/** How optimised integrations begin the names of errors, where those of the SDK begin otherwise. */
const optimizedErrorPrefixes: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDB',
  sqs: 'SQS',
  sfn: 'StepFunctions',
};

const jsonServices = (baseUrl: string): Readonly<Record<string, JsonEndpoint>> => ({
  dynamodb: endpoint(baseUrl + PREFIXES.dynamodb, 'dynamodb', 'DynamoDB_20120810', '1.0', 'DynamoDb'),
  sqs: endpoint(baseUrl + PREFIXES.sqs, 'sqs', 'AmazonSQS', '1.0', 'Sqs'),
  events: endpoint(baseUrl + PREFIXES.eventBridge, 'events', 'AWSEvents', '1.1', 'EventBridge'),
  sfn: endpoint(baseUrl + PREFIXES.stepFunctions, 'states', 'AWSStepFunctions', '1.0', 'Sfn'),
});

function endpoint(
  url: string,
  signingName: string,
  targetPrefix: string,
  jsonVersion: '1.0' | '1.1',
  errorPrefix: string,
): JsonEndpoint {
  return { url, signingName, targetPrefix, jsonVersion, errorPrefix };
}

const names: Readonly<Record<string, string>> = { eventbridge: 'events', states: 'sfn' };
const plainName = (resourceType: string): string => {
  const bare = bareTypeOf({ resourceType });
  return names[bare] ?? bare;
};

/** Whether the sandbox has the service of a task itself. */
export function hasService(resourceType: string, action: string): boolean {
  const name = plainName(resourceType);
  switch (name) {
    case 's3':
      return objectActions.includes(action);
    case 'dynamodb':
      return isEngineOperation(capitalized(action)) || isOwnOperation(capitalized(action));
    case 'sqs':
      return isSqsOperation(capitalized(action));
    case 'events':
      return action === 'putEvents';
    default:
      return Object.hasOwn(jsonServices(''), name);
  }
}

/**
 * Answers for the tasks of a workflow: a handler named after the state, or after service and action (`sns:publish`); the
 * sandbox's own service; and where neither has an answer a stand-in, which is said in the log.
 */
export function createTaskServices(options: TaskServicesOptions) {
  const { place, access, onStandIn, timers, s3Client, plan, speed, standIn } = options;
  const endpoints = jsonServices(options.baseUrl);

  async function real(call: ServiceCall): Promise<Json | undefined> {
    const { resourceType, action } = call.resource;
    const name = plainName(resourceType);
    const isSdk = resourceType.startsWith('aws-sdk:');
    try {
      if (name === 'lambda' && action === 'invoke') return await invokeFunction(call);
      if (name === 's3' && objectActions.includes(action))
        return await callObjects(s3Client(), action, call.parameters);
      const found = endpoints[name];
      if (found === undefined) return undefined;
      const answer = await callJson(
        isSdk ? found : { ...found, errorPrefix: optimizedErrorPrefixes[name] ?? found.errorPrefix },
        capitalized(action),
        parametersFor(name, call.parameters),
        { region: place.region, credential: access.root, signal: call.signal },
      );
      if (name === 'events' && !isSdk) refuseFailedEntries(answer);
      return answerOf(name, answer);
    } catch (error) {
      if (error instanceof ServiceError && missing.test(error.errorName)) return undefined;
      throw error;
    }
  }

  /** As the API of Lambda answers: the payload is text, and a function that fails is an answer too. */
  async function invokeFunction(call: ServiceCall): Promise<Json> {
    const { functionName, payload, isAsynchronous } = functionCallOf(call.parameters);
    const answer = options.invokeFunction(functionName, payload, call);
    if (isAsynchronous) {
      // Nobody waits for it, and nobody hears how it ends.
      answer.catch(() => undefined);
      return { StatusCode: 202, Payload: '' };
    }
    const invoked = { StatusCode: 200, ExecutedVersion: '$LATEST' };
    try {
      return { ...invoked, Payload: textOfJson(jsonOfValue(await answer) ?? null) };
    } catch (thrown) {
      const { name, message } = asError(thrown);
      const error = textOfJson({ errorType: name, errorMessage: message });
      return { ...invoked, FunctionError: 'Unhandled', Payload: error };
    }
  }

  return async (call: ServiceCall, tokens: TaskTokens): Promise<Json> => {
    const { resourceType, resource } = call.resource;
    for (const name of handlerNamesOf(call.stateName, call.resource)) {
      const handled = options.runHandler(name, call);
      if (handled !== undefined) return jsonOfValue(await handled) ?? null;
    }
    const answer = await real(call);
    if (answer !== undefined) return answer;
    const { seconds, failure } = plan(call.stateName, call.attempt);
    await pause(timers, (seconds * 1_000) / speed, call.signal);
    onStandIn(call.stateName, { service: resourceType, action: resource });
    if (failure !== undefined) throw new ServiceError(failure.error, failure.cause);
    const made = standIn(call);
    // Nobody else knows the token.
    if (call.taskToken !== undefined) tokens.succeed(call.taskToken, {});
    return made;
  };
}
