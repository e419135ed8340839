import {
  functionNameOf,
  isJsonObject,
  jsonOfText,
  machinesIn,
  memberOf,
  parseTaskResource,
  type Json,
  type JsonObject,
} from '@stepcast/asl-interpreter';
import { bareTypeOf, handlerNamesOf } from '../workflow/handler-names.ts';

/** Who answers for tasks. */
export interface Answering {
  /** What there are handlers for: names of functions, of states, or of service and action. */
  readonly functions: readonly string[];
  /** Whether the sandbox has the service itself: `dynamodb`, `putItem`. */
  readonly hasService: (resourceType: string, action: string) => boolean;
}

/** A task that nothing here answers for. */
export interface StandInPlace {
  /** JSONPath of its Resource in the definition. */
  readonly at: string;
  /** Name of the state. */
  readonly state: string;
  readonly resource: string;
}

/** The tasks of a definition that stand-ins answer for, in the order of the definition. */
export function standInsIn(definition: string, answering: Answering): readonly StandInPlace[] {
  const json = jsonOfText(definition);
  return isJsonObject(json) ? standInsOf(json, '$', answering) : [];
}

/** Names of all states, at any depth. */
export function stateNamesIn(definition: string): readonly string[] {
  return statesIn(definition).map(([name]) => name);
}

/** Names of those that are Tasks. */
export function taskNamesIn(definition: string): readonly string[] {
  return statesIn(definition).flatMap(([name, state]) =>
    isJsonObject(state) && memberOf(state, 'Type') === 'Task' ? [name] : [],
  );
}

function statesIn(definition: string): readonly (readonly [name: string, state: Json])[] {
  const all = (machine: JsonObject): readonly (readonly [string, Json])[] => {
    const states = memberOf(machine, 'States');
    if (!isJsonObject(states)) return [];
    return Object.entries(states).flatMap(([name, state]) => [
      [name, state] as const,
      ...(isJsonObject(state) ? machinesIn(state).flatMap(([inner]) => all(inner)) : []),
    ]);
  };
  const json = jsonOfText(definition);
  return isJsonObject(json) ? all(json) : [];
}

function standInsOf(machine: JsonObject, at: string, answering: Answering): readonly StandInPlace[] {
  const states = memberOf(machine, 'States');
  if (!isJsonObject(states)) return [];
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isJsonObject(state)) return [];
    const here = `${at}.States[${JSON.stringify(name)}]`;
    const resource = memberOf(state, 'Resource');
    const own =
      typeof resource === 'string' && !isAnswered(resource, name, state, answering)
        ? [{ at: `${here}.Resource`, state: name, resource }]
        : [];
    return [
      ...own,
      ...machinesIn(state).flatMap(([inner, place]) => standInsOf(inner, `${here}${place}`, answering)),
    ];
  });
}

function isAnswered(text: string, name: string, state: JsonObject, answering: Answering): boolean {
  const { functions, hasService } = answering;
  const resource = parseTaskResource(text);
  if (resource === undefined) return false;
  // A worker answers for an activity, through the API.
  if (resource.kind === 'activity') return true;
  if (resource.kind === 'lambdaFunction') return functions.includes(resource.functionName);
  const { resourceType, action } = resource;
  // For `lambda:invoke` only a handler with the name of the function answers, none with the name of the state.
  const isInvocation = resourceType === 'lambda' && action === 'invoke';
  if (!isInvocation && handlerNamesOf(name, resource).some((one) => functions.includes(one))) return true;
  if (bareTypeOf(resource) !== 'lambda' || action !== 'invoke') return hasService(resourceType, action);
  const parameters = memberOf(state, 'Parameters') ?? memberOf(state, 'Arguments');
  const named =
    parameters !== undefined && isJsonObject(parameters) ? memberOf(parameters, 'FunctionName') : undefined;
  return typeof named === 'string' && functions.includes(functionNameOf(named));
}
