import type { S3Client } from '@aws-sdk/client-s3';
import {
  isJsonArray,
  isJsonObject,
  jsonOfValue,
  memberOf,
  ServiceError,
  type Json,
  type JsonObject,
  type ServiceCall,
  type TaskTokens,
} from '@stepcast/asl-interpreter';
import { pause, type Logger, type Timers } from '@stepcast/kit';
import { capitalized } from '../stand-ins/services.ts';
import type { PlanStandIn } from '../stand-ins/stand-in-settings.ts';
import type { Access } from './access.ts';
import { callJson, type JsonEndpoint } from './json-call.ts';
import { callObjects, objectActions } from './object-calls.ts';
import { PREFIXES, type Place } from './place.ts';

export interface TaskServicesOptions {
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  readonly timers: Timers;
  /** What the definition that is in force now makes of a call. */
  readonly standIn: (call: ServiceCall) => Json;
  /** How long stand-ins take now, and whether they fail. */
  readonly plan: PlanStandIn;
  /** How many times faster than that. */
  readonly speed: number;
  /** Runs the handler of that name; undefined where there is none. */
  readonly runHandler: (name: string, call: ServiceCall) => Promise<unknown> | undefined;
  readonly s3Client: () => S3Client;
  /** `http://127.0.0.1:4200`; known once the server listens. */
  readonly baseUrl: string;
}

/** Errors by which a service says that what a task works on was never made here. */
const missing = /NotFound|DoesNotExist|NonExistent|NoSuchBucket/;

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
  const bare = resourceType.replace(/^aws-sdk:/, '');
  return names[bare] ?? bare;
};

/** Whether the sandbox has the service of a task itself. */
export function hasService(resourceType: string, action: string): boolean {
  const name = plainName(resourceType);
  return name === 's3' ? objectActions.includes(action) : Object.hasOwn(jsonServices(''), name);
}

/**
 * Answers for the tasks of a workflow: a handler named after the state, or after service and action (`sns:publish`); the
 * sandbox's own service; and where neither has an answer a stand-in, which is said in the log.
 */
export function createTaskServices(options: TaskServicesOptions) {
  const { place, access, logger, timers, s3Client, plan, speed, standIn } = options;
  const endpoints = jsonServices(options.baseUrl);

  async function real(call: ServiceCall): Promise<Json | undefined> {
    const { resourceType, action } = call.resource;
    const name = plainName(resourceType);
    try {
      if (name === 's3' && objectActions.includes(action))
        return await callObjects(s3Client(), action, call.parameters);
      const found = endpoints[name];
      if (found === undefined) return undefined;
      const isSfn = name === 'sfn';
      const parameters = prepared(name, isSfn ? recased(call.parameters, uncapitalized) : call.parameters);
      const answer = await callJson(found, capitalized(action), parameters, {
        region: place.region,
        credential: access.root,
        signal: call.signal,
      });
      return isSfn ? recased(answer, capitalized) : answer;
    } catch (error) {
      if (error instanceof ServiceError && missing.test(error.errorName)) return undefined;
      throw error;
    }
  }

  return async (call: ServiceCall, tokens: TaskTokens): Promise<Json> => {
    const { resourceType, resource } = call.resource;
    const handled =
      options.runHandler(call.stateName, call) ??
      options.runHandler(`${resourceType.replace(/^aws-sdk:/, '')}:${call.resource.action}`, call);
    if (handled !== undefined) return jsonOfValue(await handled) ?? null;
    const answer = await real(call);
    if (answer !== undefined) return answer;
    const { seconds, failure } = plan(call.stateName, call.attempt);
    await pause(timers, (seconds * 1_000) / speed, call.signal);
    logger.info({ state: call.stateName, service: resourceType, action: resource }, 'stand-in answered');
    if (failure !== undefined) throw new ServiceError(failure.error, failure.cause);
    const made = standIn(call);
    // Nobody else knows the token.
    if (call.taskToken !== undefined) tokens.succeed(call.taskToken, {});
    return made;
  };
}

/** Texts where the API wants texts and Step Functions takes objects. */
function prepared(service: string, parameters: Json): Json {
  if (!isJsonObject(parameters)) return parameters;
  const body = memberOf(parameters, 'MessageBody');
  if (service === 'sqs' && body !== undefined && typeof body !== 'string')
    return { ...parameters, MessageBody: JSON.stringify(body) };
  const entries = memberOf(parameters, 'Entries');
  if (service !== 'events' || entries === undefined || !isJsonArray(entries)) return parameters;
  return {
    ...parameters,
    Entries: entries.map((entry) => {
      const detail = isJsonObject(entry) ? memberOf(entry, 'Detail') : undefined;
      return isJsonObject(entry) && detail !== undefined && typeof detail !== 'string'
        ? { ...entry, Detail: JSON.stringify(detail) }
        : entry;
    }),
  };
}

function uncapitalized(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function recased(value: Json, change: (name: string) => string): Json {
  if (!isJsonObject(value)) return value;
  const members: JsonObject = Object.fromEntries(
    Object.entries(value).map(([name, one]) => [change(name), one]),
  );
  return members;
}
