import { callProblem } from '../data/intrinsics.ts';
import {
  IntrinsicSyntaxError,
  looksLikeIntrinsic,
  parseIntrinsic,
  type IntrinsicCall,
} from '../data/intrinsic-parser.ts';
import { pathProblem } from '../data/json-path.ts';
import { isJsonArray, isJsonObject, memberOf, type Json, type JsonObject } from '../json.ts';
import { parseTaskResource } from './resources.ts';

/** A field that this sandbox cannot run faithfully. */
export interface Unsupported {
  readonly feature: string;
  /** JSON path of the field in the definition. */
  readonly at: string;
}

const identifier = /^[A-Za-z_]\w*$/;
const step = (key: string): string =>
  identifier.test(key) ? `.${key}` : `['${key.replaceAll(/['\\]/g, String.raw`\$&`)}']`;

/** Fields of states and what they belong to. Each is refused wherever it stands: running without it would be a lie. */
const refusedFields: Readonly<Record<string, string>> = {
  Assign: 'variables (Assign)',
  Arguments: 'JSONata (Arguments)',
  Output: 'JSONata (Output)',
  Items: 'JSONata (Items)',
  Credentials: 'cross-account Credentials',
  ItemReader: 'distributed Map (ItemReader)',
  ItemBatcher: 'distributed Map (ItemBatcher)',
  ResultWriter: 'distributed Map (ResultWriter)',
  Label: 'distributed Map (Label)',
  ToleratedFailureCount: 'distributed Map (ToleratedFailureCount)',
  ToleratedFailureCountPath: 'distributed Map (ToleratedFailureCountPath)',
  ToleratedFailurePercentage: 'distributed Map (ToleratedFailurePercentage)',
  ToleratedFailurePercentagePath: 'distributed Map (ToleratedFailurePercentagePath)',
};
const templateFields = ['Parameters', 'ItemSelector', 'ResultSelector'];
const expressionFields = [
  'InputPath',
  'OutputPath',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ErrorPath',
  'CausePath',
];

/** Everything in a definition that the sandbox does not run, in the order of the definition. */
export function findUnsupported(definition: JsonObject): Unsupported[] {
  const found: Unsupported[] = [];
  const refuse = (feature: string, at: string): void => void found.push({ feature, at });

  function checkPath(text: string, at: string): void {
    if (text.startsWith('$$.Task')) refuse('task tokens ($$.Task.Token)', at);
    else if (/^\$[A-Za-z_]/.test(text)) refuse('variables (reading one)', at);
    else {
      const problem = pathProblem(text);
      if (problem !== undefined) refuse(`this JSONPath (${problem})`, at);
    }
  }
  function checkCall(call: IntrinsicCall, at: string): void {
    for (const arg of call.args) {
      if (arg.kind === 'path') checkPath(arg.path, at);
      if (arg.kind === 'call') checkCall(arg, at);
    }
  }
  function checkExpression(text: string, at: string): void {
    if (!looksLikeIntrinsic(text)) {
      checkPath(text, at);
      return;
    }
    try {
      const call = parseIntrinsic(text);
      const problem = callProblem(call);
      if (problem !== undefined) refuse(`this intrinsic function (${problem})`, at);
      checkCall(call, at);
    } catch (error) {
      if (!(error instanceof IntrinsicSyntaxError)) throw error;
      refuse(`this intrinsic function (${error.message})`, at);
    }
  }
  function checkTemplate(value: Json, at: string): void {
    if (isJsonArray(value)) {
      for (const [index, one] of value.entries()) checkTemplate(one, `${at}[${index}]`);
    } else if (isJsonObject(value))
      for (const [key, one] of Object.entries(value)) {
        if (key.endsWith('.$') && typeof one === 'string') checkExpression(one, `${at}${step(key)}`);
        else checkTemplate(one, `${at}${step(key)}`);
      }
  }
  function checkCondition(value: Json, at: string): void {
    if (isJsonArray(value)) {
      for (const [index, one] of value.entries()) checkCondition(one, `${at}[${index}]`);
    } else if (isJsonObject(value))
      for (const [key, one] of Object.entries(value)) {
        if (key === 'Condition') refuse('JSONata (Condition)', `${at}.Condition`);
        else if (key === 'Assign') refuse('variables (Assign)', `${at}.Assign`);
        else if (key === 'Variable' || key.endsWith('Path')) {
          if (typeof one === 'string') checkPath(one, `${at}${step(key)}`);
        } else checkCondition(one, `${at}${step(key)}`);
      }
  }
  function checkQueryLanguage(owner: JsonObject, at: string): void {
    const language = memberOf(owner, 'QueryLanguage');
    if (language !== undefined && language !== 'JSONPath') refuse('JSONata', `${at}.QueryLanguage`);
  }
  function checkResource(state: JsonObject, at: string): void {
    const resource = memberOf(state, 'Resource');
    if (typeof resource !== 'string' || parseTaskResource(resource) !== undefined) return;
    if (resource.includes('.waitForTaskToken')) refuse('task tokens', at);
    else if (resource.includes(':activity:')) refuse('activities', at);
    else if (resource.includes(':states:startExecution'))
      refuse('nested executions (states:startExecution)', at);
    else refuse(`the task resource ${resource}`, at);
  }
  function checkInvocation(state: JsonObject, at: string): void {
    const parameters = memberOf(state, 'Parameters');
    if (memberOf(state, 'Resource') === undefined || !isJsonObject(parameters)) return;
    const invocation = memberOf(parameters, 'InvocationType');
    if (invocation !== undefined && invocation !== 'RequestResponse')
      refuse('an InvocationType other than RequestResponse', `${at}.Parameters.InvocationType`);
  }
  function checkState(state: JsonObject, at: string): void {
    checkQueryLanguage(state, at);
    for (const [field, value] of Object.entries(state)) {
      const refused = Object.hasOwn(refusedFields, field) ? refusedFields[field] : undefined;
      // `Output` of a Pass state's `Result` and the like are data, not fields: only the state's own level is looked at.
      if (refused !== undefined) refuse(refused, `${at}.${field}`);
      else if (templateFields.includes(field)) checkTemplate(value, `${at}.${field}`);
      else if (expressionFields.includes(field) && typeof value === 'string')
        checkExpression(value, `${at}.${field}`);
      else if (field === 'Choices') checkCondition(value, `${at}.Choices`);
      else if (field === 'Catch' && isJsonArray(value))
        for (const [index, catcher] of value.entries()) {
          if (!isJsonObject(catcher)) continue;
          if (memberOf(catcher, 'Assign') !== undefined)
            refuse('variables (Assign)', `${at}.Catch[${index}].Assign`);
          if (memberOf(catcher, 'Output') !== undefined)
            refuse('JSONata (Output)', `${at}.Catch[${index}].Output`);
        }
    }
    if (memberOf(state, 'Type') === 'Task') {
      checkResource(state, `${at}.Resource`);
      checkInvocation(state, at);
    }
    for (const field of ['ItemProcessor', 'Iterator']) {
      const inner = memberOf(state, field);
      if (isJsonObject(inner)) checkMachine(inner, `${at}.${field}`);
    }
    const branches = memberOf(state, 'Branches');
    if (branches !== undefined && isJsonArray(branches))
      for (const [index, branch] of branches.entries())
        if (isJsonObject(branch)) checkMachine(branch, `${at}.Branches[${index}]`);
  }
  function checkMachine(machine: JsonObject, at: string): void {
    checkQueryLanguage(machine, at);
    const config = memberOf(machine, 'ProcessorConfig');
    if (isJsonObject(config) && (memberOf(config, 'Mode') ?? 'INLINE') !== 'INLINE')
      refuse('distributed Map', `${at}.ProcessorConfig.Mode`);
    const states = memberOf(machine, 'States');
    if (isJsonObject(states))
      for (const [name, state] of Object.entries(states))
        if (isJsonObject(state)) checkState(state, `${at}.States${step(name)}`);
  }

  checkMachine(definition, '$');
  return found;
}
