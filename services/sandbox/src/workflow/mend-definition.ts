import {
  isJsonArray,
  isJsonObject,
  machineFields,
  memberOf,
  parseTaskResource,
  stateFields,
  stepTo,
  targetsOf,
  type Json,
  type JsonObject,
} from '@stepcast/asl-interpreter';
import { functionFor, type Whereabouts } from './placeholders.ts';

/** What AWS would refuse, and how it runs here all the same. */
export interface Warning {
  /** What AWS refuses. */
  readonly text: string;
  /** What is done instead: `runs here without it`. */
  readonly instead: string;
  /** JSONPath of the field in the definition. */
  readonly at: string;
}

export interface MendedDefinition {
  readonly json: JsonObject;
  readonly warnings: readonly Warning[];
}

/** For people. */
export function describeWarning({ text, instead, at }: Warning): string {
  return `AWS refuses this: ${text} at ${at}; ${instead}`;
}

/** Without them the workflow would take another way. */
const decisive = new Set([
  'Next',
  'Choices',
  'Default',
  'Branches',
  'Iterator',
  'ItemProcessor',
  'Catch',
  'Type',
]);
const machineHolders = ['ItemProcessor', 'Iterator'];
const unregional = /^arn:([a-z0-9-]+):states:[^:\s]*:[^:\s]*:activity:([^:\s]+)$/;
/** Source: Step Functions developer guide, Task state and "Retrying after an error": positive integers. AWS's language service takes 0. */
const positive = ['TimeoutSeconds', 'HeartbeatSeconds', 'IntervalSeconds', 'MaxDelaySeconds'];

/** Numbers and times that a field of the same name with `Path` reads from the input. */
const withPathTwin = ['Seconds', 'Timestamp', 'TimeoutSeconds', 'HeartbeatSeconds', 'MaxConcurrency'];
/**
 * What only a distributed Map has, and an inline one can do without: it fails with its first iteration. AWS's language service
 * finds no fault with it, the developer guide has it under "Using Map state in Distributed mode" alone.
 */
const tolerance = [
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
];

/**
 * Makes a definition one that AWS would take, where its words leave no doubt of what is meant: resources that are no ARNs, states
 * that nothing leads to, fields that there are not, 0 where AWS asks for a positive number, paths in place of numbers, retriers and
 * catchers of no error. A broken structure stays as it is,
 * for `validateDefinition` to refuse.
 */
export function mendDefinition(definition: JsonObject, where: Whereabouts): MendedDefinition {
  const warnings: Warning[] = [];
  const warn = (text: string, instead: string, at: string): void => void warnings.push({ text, instead, at });

  function mendMachine(machine: JsonObject, at: string): JsonObject {
    const known = withoutZeros(
      without(machine, at, (field) => machineFields.has(field), 'A state machine'),
      at,
    );
    const states = memberOf(known, 'States');
    if (!isJsonObject(states)) return known;
    const ruled = Object.entries(states).map(
      ([name, state]) =>
        [name, isJsonObject(state) ? withRules(state, `${at}.States${stepTo(name)}`) : state] as const,
    );
    const mended = Object.entries(reachedOf(known, Object.fromEntries(ruled), at)).map(
      ([name, state]) =>
        [name, isJsonObject(state) ? mendState(state, `${at}.States${stepTo(name)}`) : state] as const,
    );
    return { ...known, States: Object.fromEntries(mended) };
  }

  /** Without the states that no other names, as far as there is a first one. */
  function reachedOf(machine: JsonObject, states: JsonObject, at: string): JsonObject {
    const first = memberOf(machine, 'StartAt');
    if (typeof first !== 'string') return states;
    const all = [first, ...Object.values(states).flatMap((one) => (isJsonObject(one) ? targetsOf(one) : []))];
    // Where a name leads nowhere, a state that nothing leads to may be the one that was meant.
    if (!all.every((name) => Object.hasOwn(states, name))) return states;
    let left = states;
    for (;;) {
      const named = new Set([
        first,
        ...Object.values(left).flatMap((one) => (isJsonObject(one) ? targetsOf(one) : [])),
      ]);
      const unreached = Object.keys(left).filter((name) => !named.has(name));
      if (unreached.length === 0) return left;
      for (const name of unreached)
        warn(`State "${name}" is not reachable`, 'runs here without it', `${at}.States${stepTo(name)}`);
      left = Object.fromEntries(Object.entries(left).filter(([name]) => named.has(name)));
    }
  }

  function mendState(state: JsonObject, at: string): JsonObject {
    const type = memberOf(state, 'Type');
    if (typeof type !== 'string') return state;
    const fields = stateFields(type);
    if (fields === undefined) return state;
    const isInline = type === 'Map' && !isDistributed(state);
    const isKnown = (field: string) => fields.has(field) && !(isInline && tolerance.includes(field));
    const what = isInline ? 'A Map state without the Mode DISTRIBUTED' : `A ${type} state`;
    const known = withoutZeros(without(state, at, isKnown, what), at);
    const mended = Object.entries(withPaths(known, at)).map(
      ([field, value]) => [field, mendField(field, value, type, at)] as const,
    );
    return Object.fromEntries(mended);
  }

  /** `"Seconds": "$.wait"` is `"SecondsPath": "$.wait"`. */
  function withPaths(state: JsonObject, at: string): JsonObject {
    if (memberOf(state, 'QueryLanguage') === 'JSONata') return state;
    return Object.fromEntries(
      Object.entries(state).map(([field, value]) => {
        const isPath = withPathTwin.includes(field) && typeof value === 'string' && value.startsWith('$.');
        if (!isPath || Object.hasOwn(state, `${field}Path`)) return [field, value];
        warn(`'${field}' is a path, ${value}`, `runs here as '${field}Path'`, `${at}.${field}`);
        return [`${field}Path`, value];
      }),
    );
  }

  function mendField(field: string, value: Json, type: string, at: string): Json {
    const here = `${at}.${field}`;
    if (type === 'Task' && field === 'Resource' && typeof value === 'string')
      return mendResource(value, here);
    if (machineHolders.includes(field) && isJsonObject(value)) return mendMachine(value, here);
    if (!isJsonArray(value)) return value;
    if (field === 'Branches')
      return value.map((one, index) => (isJsonObject(one) ? mendMachine(one, `${here}[${index}]`) : one));
    if (field === 'Retry')
      return value.map((one, index) => (isJsonObject(one) ? withoutZeros(one, `${here}[${index}]`) : one));
    return value;
  }

  function mendResource(resource: string, at: string): string {
    const parsed = parseTaskResource(resource);
    if (parsed !== undefined) return resource;
    const [, partition, name] = unregional.exec(resource) ?? [];
    if (partition !== undefined && name !== undefined) {
      const arn = `arn:${partition}:states:${where.region}:${where.accountId}:activity:${name}`;
      warn(`The ARN of an activity '${resource}' has no region and account`, `runs here as ${arn}`, at);
      return arn;
    }
    const arn = functionFor(resource.split(':').at(-1) ?? resource, where);
    warn(
      `The resource '${resource}' is nothing that a Task can call`,
      `runs here as the function ${arn.split(':').at(-1) ?? arn}, by a stand-in unless it has a handler`,
      at,
    );
    return arn;
  }

  /**
   * Without retriers and catchers that name no error, as Workflow Studio leaves them when nobody chose one. This is before the search
   * for states that nothing leads to, because only these may lead to one.
   */
  function withRules(state: JsonObject, at: string): JsonObject {
    return Object.fromEntries(
      Object.entries(state).map(([field, value]) => [
        field,
        (field === 'Retry' || field === 'Catch') && isJsonArray(value)
          ? value.filter((rule, index) => !namesNoError(rule, `${at}.${field}[${index}]`))
          : value,
      ]),
    );
  }

  function namesNoError(rule: Json, at: string): boolean {
    const errors = isJsonObject(rule) ? memberOf(rule, 'ErrorEquals') : undefined;
    if (errors === undefined || !isJsonArray(errors) || errors.length > 0) return false;
    warn("'ErrorEquals' names no error", 'runs here without it', `${at}.ErrorEquals`);
    return true;
  }

  function without(
    owner: JsonObject,
    at: string,
    isKnown: (field: string) => boolean,
    what: string,
  ): JsonObject {
    const extra = Object.keys(owner).filter((field) => !isKnown(field) && !decisive.has(field));
    if (extra.length === 0) return owner;
    for (const field of extra)
      warn(`${what} has no field '${field}'`, 'runs here without it', `${at}${stepTo(field)}`);
    return Object.fromEntries(Object.entries(owner).filter(([field]) => !extra.includes(field)));
  }

  function withoutZeros(owner: JsonObject, at: string): JsonObject {
    const zeros = positive.filter((field) => memberOf(owner, field) === 0);
    if (zeros.length === 0) return owner;
    for (const field of zeros)
      warn(
        `'${field}' is 0, and AWS's developer guide asks for a positive integer`,
        'runs here without it',
        `${at}.${field}`,
      );
    return Object.fromEntries(Object.entries(owner).filter(([field]) => !zeros.includes(field)));
  }

  return { json: mendMachine(definition, '$'), warnings };
}

function isDistributed(map: JsonObject): boolean {
  const processor = memberOf(map, 'ItemProcessor');
  const config = isJsonObject(processor) ? memberOf(processor, 'ProcessorConfig') : undefined;
  return isJsonObject(config) && memberOf(config, 'Mode') === 'DISTRIBUTED';
}
