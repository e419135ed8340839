import {
  functionNameOf,
  isJsonArray,
  isJsonObject,
  jsonOfText,
  memberOf,
  ServiceError,
  textOfJson,
  type Json,
  type JsonObject,
} from '@stepcast/asl-interpreter';
import { capitalized } from '../stand-ins/services.ts';

/*
 * What Step Functions changes between a task and the API that it calls. Source: developer guide, "Integrating optimized services"
 * and "Learning to use AWS SDK service integrations".
 */

/** Parameters as the API wants them: texts where Step Functions takes objects, and the members' own case. */
export function parametersFor(service: string, parameters: Json): Json {
  if (!isJsonObject(parameters)) return parameters;
  switch (service) {
    case 'sqs':
      return withTexts(parameters, ['MessageBody'], 'Entries');
    case 'events':
      return withTexts(parameters, [], 'Entries', ['Detail']);
    case 'sfn':
      return recased(withTexts(parameters, ['Input', 'Output', 'Definition']), uncapitalized);
    default:
      return parameters;
  }
}

/** An answer as a task sees it. */
export function answerOf(service: string, answer: Json): Json {
  return service === 'sfn' ? recased(answer, capitalized) : answer;
}

/**
 * Fails as the optimised integration of EventBridge does when an entry was not taken.
 * @throws ServiceError
 */
export function refuseFailedEntries(answer: Json): void {
  const count = isJsonObject(answer) ? memberOf(answer, 'FailedEntryCount') : undefined;
  if (typeof count === 'number' && count > 0)
    throw new ServiceError('EventBridge.FailedEntry', textOfJson(answer));
}

/** What `aws-sdk:lambda:invoke` calls. @throws ServiceError without a name of a function */
export function functionCallOf(parameters: Json): {
  readonly functionName: string;
  readonly payload: Json;
  readonly isAsynchronous: boolean;
} {
  const given = isJsonObject(parameters) ? parameters : {};
  const name = memberOf(given, 'FunctionName');
  if (typeof name !== 'string')
    throw new ServiceError(
      'Lambda.ValidationException',
      "The field 'FunctionName' is required but was missing",
    );
  const payload = memberOf(given, 'Payload') ?? {};
  return {
    functionName: functionNameOf(name),
    payload: typeof payload === 'string' ? (jsonOfText(payload) ?? payload) : payload,
    isAsynchronous: memberOf(given, 'InvocationType') === 'Event',
  };
}

function withTexts(
  parameters: JsonObject,
  names: readonly string[],
  list?: string,
  inList: readonly string[] = names,
): JsonObject {
  const entries = list === undefined ? undefined : memberOf(parameters, list);
  return {
    ...asTexts(parameters, names),
    ...(list !== undefined && entries !== undefined && isJsonArray(entries)
      ? { [list]: entries.map((entry) => (isJsonObject(entry) ? asTexts(entry, inList) : entry)) }
      : {}),
  };
}

function asTexts(object: JsonObject, names: readonly string[]): JsonObject {
  const texts = names.flatMap((name) => {
    const value = memberOf(object, name);
    return value === undefined || typeof value === 'string' ? [] : [[name, textOfJson(value)] as const];
  });
  return { ...object, ...Object.fromEntries(texts) };
}

function uncapitalized(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

/** Members at every depth: the API of Step Functions has no maps of a user's own names. */
function recased(value: Json, change: (name: string) => string): Json {
  if (isJsonArray(value)) return value.map((one) => recased(one, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [change(name), dateOr(name, recased(one, change))]),
  );
}

/** Step Functions writes moments as text, APIs in seconds since the epoch. */
function dateOr(name: string, value: Json): Json {
  return typeof value === 'number' && /^(?:[a-z]+Date|timestamp)$/.test(name)
    ? new Date(Math.round(value * 1000)).toISOString()
    : value;
}
