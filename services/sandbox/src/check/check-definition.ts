import {
  functionNameOf,
  isJsonObject,
  jsonOfText,
  machinesIn,
  memberOf,
  parseTaskResource,
  validateDefinition,
  type JsonObject,
  type Problem,
} from '@stepcast/asl-interpreter';
import { fillPlaceholders, type Whereabouts } from '../workflow/placeholders.ts';
import { parseDefinition } from '../workflow/user-workflow.ts';
import { UserWorkflowError } from '../workflow/errors.ts';

/** `runs`: as it is; `stand-ins`: with made-up answers for some tasks; `refused`: not. */
export type Verdict = 'runs' | 'stand-ins' | 'refused';

export interface CheckedDefinition {
  readonly file: string;
  readonly verdict: Verdict;
  /** Tasks that nothing here answers for, each with what it calls. */
  readonly standIns: readonly { readonly at: string; readonly resource: string }[];
  /** Why it is refused. */
  readonly problems: readonly Problem[];
  /** Names of `${…}` that infrastructure would fill. */
  readonly placeholders: readonly string[];
}

export interface CheckOptions {
  readonly where: Whereabouts;
  /** Functions that there are handlers for. */
  readonly functions: readonly string[];
  /** Whether the sandbox has the service itself: `dynamodb`, `putItem`. */
  readonly hasService: (resourceType: string, action: string) => boolean;
}

/** Says of a definition whether the sandbox runs it. Reads no file and starts nothing. */
export function checkDefinition(file: string, source: string, options: CheckOptions): CheckedDefinition {
  const { text, placeholders } = fillPlaceholders(source, options.where);
  const refused = (problems: readonly Problem[]): CheckedDefinition => ({
    file,
    verdict: 'refused',
    standIns: [],
    problems,
    placeholders,
  });
  try {
    parseDefinition(text, file);
  } catch (error) {
    if (!(error instanceof UserWorkflowError)) throw error;
    return refused([{ code: 'INVALID_JSON_DESCRIPTION', text: error.message, at: '$' }]);
  }
  const validated = validateDefinition(text);
  if (!validated.ok) return refused(validated.problems);
  const json = jsonOfText(text);
  const standIns = isJsonObject(json) ? standInsOf(json, '$', options) : [];
  return {
    file,
    verdict: standIns.length > 0 ? 'stand-ins' : 'runs',
    standIns,
    problems: [],
    placeholders,
  };
}

function standInsOf(machine: JsonObject, at: string, options: CheckOptions): CheckedDefinition['standIns'] {
  const states = memberOf(machine, 'States');
  if (!isJsonObject(states)) return [];
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isJsonObject(state)) return [];
    const here = `${at}.States[${JSON.stringify(name)}]`;
    const resource = memberOf(state, 'Resource');
    const own =
      typeof resource === 'string' && !isAnswered(resource, state, options)
        ? [{ at: `${here}.Resource`, resource }]
        : [];
    return [
      ...own,
      ...machinesIn(state).flatMap(([inner, place]) => standInsOf(inner, `${here}${place}`, options)),
    ];
  });
}

function isAnswered(text: string, state: JsonObject, options: CheckOptions): boolean {
  const resource = parseTaskResource(text);
  if (resource === undefined) return false;
  // A worker answers for an activity, through the API.
  if (resource.kind === 'activity') return true;
  if (resource.kind === 'lambdaFunction') return options.functions.includes(resource.functionName);
  if (resource.resourceType !== 'lambda' || resource.action !== 'invoke')
    return options.hasService(resource.resourceType, resource.action);
  const parameters = memberOf(state, 'Parameters') ?? memberOf(state, 'Arguments');
  const named = parameters !== undefined && isJsonObject(parameters) ? memberOf(parameters, 'FunctionName') : undefined;
  return typeof named === 'string' && options.functions.includes(functionNameOf(named));
}
