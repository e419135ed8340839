import {
  functionNameOf,
  isJsonObject,
  jsonOfText,
  machinesIn,
  memberOf,
  parseTaskResource,
  type JsonObject,
} from '@stepcast/asl-interpreter';

/** Who answers for tasks. */
export interface Answering {
  /** Functions that there are handlers for. */
  readonly functions: readonly string[];
  /** Whether the sandbox has the service itself: `dynamodb`, `putItem`. */
  readonly hasService: (resourceType: string, action: string) => boolean;
}

/** A task that nothing here answers for. */
export interface StandInPlace {
  /** JSONPath of its Resource in the definition. */
  readonly at: string;
  readonly resource: string;
}

/** The tasks of a definition that stand-ins answer for, in the order of the definition. */
export function standInsIn(definition: string, answering: Answering): readonly StandInPlace[] {
  const json = jsonOfText(definition);
  return isJsonObject(json) ? standInsOf(json, '$', answering) : [];
}

/** What those tasks call, each once. */
export function standInResources(definition: string, answering: Answering): readonly string[] {
  return [...new Set(standInsIn(definition, answering).map(({ resource }) => resource))];
}

/** Names of all states, at any depth. */
export function stateNamesIn(definition: string): readonly string[] {
  const names = (machine: JsonObject): readonly string[] => {
    const states = memberOf(machine, 'States');
    if (!isJsonObject(states)) return [];
    return Object.entries(states).flatMap(([name, state]) => [
      name,
      ...(isJsonObject(state) ? machinesIn(state).flatMap(([inner]) => names(inner)) : []),
    ]);
  };
  const json = jsonOfText(definition);
  return isJsonObject(json) ? names(json) : [];
}

function standInsOf(machine: JsonObject, at: string, answering: Answering): readonly StandInPlace[] {
  const states = memberOf(machine, 'States');
  if (!isJsonObject(states)) return [];
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isJsonObject(state)) return [];
    const here = `${at}.States[${JSON.stringify(name)}]`;
    const resource = memberOf(state, 'Resource');
    const own =
      typeof resource === 'string' && !isAnswered(resource, state, answering)
        ? [{ at: `${here}.Resource`, resource }]
        : [];
    return [
      ...own,
      ...machinesIn(state).flatMap(([inner, place]) => standInsOf(inner, `${here}${place}`, answering)),
    ];
  });
}

function isAnswered(text: string, state: JsonObject, answering: Answering): boolean {
  const resource = parseTaskResource(text);
  if (resource === undefined) return false;
  // A worker answers for an activity, through the API.
  if (resource.kind === 'activity') return true;
  if (resource.kind === 'lambdaFunction') return answering.functions.includes(resource.functionName);
  if (resource.resourceType !== 'lambda' || resource.action !== 'invoke')
    return answering.hasService(resource.resourceType, resource.action);
  const parameters = memberOf(state, 'Parameters') ?? memberOf(state, 'Arguments');
  const named =
    parameters !== undefined && isJsonObject(parameters) ? memberOf(parameters, 'FunctionName') : undefined;
  return typeof named === 'string' && answering.functions.includes(functionNameOf(named));
}
