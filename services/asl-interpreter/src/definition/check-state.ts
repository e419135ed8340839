import { isJsonArray, isJsonObject, memberOf, type Json, type JsonObject } from '../json.ts';
import { parseReferencePath } from '../data/path/reference-path.ts';
import { checkCondition, checkExpression, checkJsonata, checkTemplate } from './check-expressions.ts';
import { SCHEMA, type Report } from './problem.ts';
import { isOperator } from './choice-operators.ts';
import { parseTaskResource } from './resources.ts';
import { stateSchemas, type QueryLanguage } from './schema.ts';

const templateFields = ['Parameters', 'ItemSelector', 'ResultSelector', 'Assign', 'Credentials'];
const pathFields = [
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
  'ErrorPath',
  'CausePath',
];
const jsonPathOnly = new Set([...pathFields, 'Parameters', 'ResultSelector']);
const jsonataOnly = new Set(['Arguments', 'Output', 'Items']);
/** Not evaluated, or machines of their own. */
const notEvaluated = new Set([
  'Comment',
  'Type',
  'Next',
  'Default',
  'End',
  'Resource',
  'Retry',
  'Label',
  'Result',
]);
const machines = new Set(['Branches', 'ItemProcessor', 'Iterator']);
const distributedOnly = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
];

const atMostOne: readonly (readonly [string, readonly string[]])[] = [
  ['TASK_TIMEOUT', ['TimeoutSeconds', 'TimeoutSecondsPath']],
  ['TASK_HEARTBEAT', ['HeartbeatSeconds', 'HeartbeatSecondsPath']],
  ['MAP_ITEM_SELECTOR', ['ItemSelector', 'Parameters']],
  ['MAP_TOLERATED_FAILURE', ['ToleratedFailureCount', 'ToleratedFailureCountPath']],
  ['MAP_TOLERATED_FAILURE', ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath']],
  ['MAP_MAX_CONCURRENCY', ['MaxConcurrency', 'MaxConcurrencyPath']],
  ['MAP_ITEMS', ['Items', 'ItemsPath']],
  ['FAIL_CAUSE', ['Cause', 'CausePath']],
  ['FAIL_ERROR', ['Error', 'ErrorPath']],
];

const isStateType = (type: Json | undefined): type is keyof typeof stateSchemas =>
  typeof type === 'string' && Object.hasOwn(stateSchemas, type);

/** Reports what is wrong in one state; the machines inside it are checked by the caller. */
export function checkState(state: JsonObject, at: string, language: QueryLanguage, report: Report): void {
  const type = memberOf(state, 'Type');
  if (!isStateType(type)) return;
  checkFieldNames(state, type, at, language, report);
  checkPresence(state, type, at, report);
  checkDistribution(state, type, at, report);
  if (type === 'Task') checkResource(state, at, report);
  if (type === 'Choice') checkRules(memberOf(state, 'Choices') ?? null, `${at}.Choices`, language, report);
  for (const [field, value] of Object.entries(state)) {
    const here = `${at}.${field}`;
    if (notEvaluated.has(field) || machines.has(field)) continue;
    if (language === 'JSONata') checkJsonata(value, here, report);
    else if (templateFields.includes(field)) checkTemplate(value, here, report);
    else if (field === 'ResultPath') checkResultPath(value, here, report);
    else if (pathFields.includes(field)) {
      if (typeof value === 'string') checkExpression(value, here, report);
    } else if (field === 'Choices') checkCondition(value, here, report);
    else if (field === 'Catch') checkCatchers(value, here, report);
    else if (field === 'ItemReader' || field === 'ResultWriter' || field === 'ItemBatcher')
      checkTemplate(value, here, report);
  }
}

function checkFieldNames(
  state: JsonObject,
  type: keyof typeof stateSchemas,
  at: string,
  language: QueryLanguage,
  report: Report,
): void {
  const refused = language === 'JSONata' ? jsonPathOnly : jsonataOnly;
  for (const field of Object.keys(state)) {
    if (!Object.hasOwn(stateSchemas[type].shape, field))
      report(SCHEMA, `A ${type} state has no field '${field}'`, `${at}.${field}`);
    else if (refused.has(field))
      report(SCHEMA, `The field '${field}' is not there in the query language ${language}`, `${at}.${field}`);
  }
}

function checkPresence(state: JsonObject, type: string, at: string, report: Report): void {
  const present = (fields: readonly string[]): readonly string[] =>
    fields.filter((field) => Object.hasOwn(state, field));
  const listed = (fields: readonly string[]): string => fields.map((one) => `'${one}'`).join(', ');
  for (const [code, fields] of atMostOne)
    if (present(fields).length > 1) report(code, `At most one of ${listed(fields)} may be present`, at);
  const exactlyOne = (code: string, fields: readonly string[]): void => {
    if (present(fields).length !== 1) report(code, `Exactly one of ${listed(fields)} must be present`, at);
  };
  if (type === 'Wait') exactlyOne('WAIT_DURATION', ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath']);
  if (type === 'Map') exactlyOne('MAP_ITEM_PROCESSOR', ['ItemProcessor', 'Iterator']);
  if (!['Choice', 'Succeed', 'Fail'].includes(type)) exactlyOne('TERMINAL_STATE_WITH_NEXT', ['Next', 'End']);
}

function checkDistribution(state: JsonObject, type: string, at: string, report: Report): void {
  if (type !== 'Map') return;
  const processor = memberOf(state, 'ItemProcessor');
  const config = isJsonObject(processor) ? memberOf(processor, 'ProcessorConfig') : undefined;
  if (isJsonObject(config) && memberOf(config, 'Mode') === 'DISTRIBUTED') return;
  for (const field of distributedOnly)
    if (Object.hasOwn(state, field))
      report(
        SCHEMA,
        `The field '${field}' needs a Map whose ProcessorConfig has the Mode DISTRIBUTED`,
        `${at}.${field}`,
      );
}

function checkResource(state: JsonObject, at: string, report: Report): void {
  const resource = memberOf(state, 'Resource');
  if (typeof resource === 'string' && parseTaskResource(resource) === undefined)
    report(SCHEMA, `The resource '${resource}' is nothing that a Task can call`, `${at}.Resource`);
}

/** Each rule says what it tests. Source: States Language, "Choice State". */
function checkRules(value: Json, at: string, language: QueryLanguage, report: Report): void {
  if (!isJsonArray(value)) return;
  for (const [index, rule] of value.entries()) {
    const here = `${at}[${index}]`;
    if (!isJsonObject(rule)) continue;
    if (language === 'JSONPath') checkTested(rule, here, report);
    else if (memberOf(rule, 'Condition') === undefined)
      report(SCHEMA, "A Choice rule in JSONata needs a 'Condition'", here);
  }
}

/** A condition in JSONPath, and those that And, Or and Not join. */
function checkTested(condition: JsonObject, at: string, report: Report): void {
  const joined = ['And', 'Or', 'Not'].flatMap((field) => {
    const inner = memberOf(condition, field) ?? [];
    return (isJsonArray(inner) ? [...inner.entries()] : [['', inner] as const]).map(
      ([index, one]) => [`${at}.${field}${index === '' ? '' : `[${index}]`}`, one] as const,
    );
  });
  if (joined.length === 0 && !Object.keys(condition).some(isOperator))
    report(SCHEMA, "A Choice rule needs a comparison, 'And', 'Or' or 'Not'", at);
  for (const [here, one] of joined) if (isJsonObject(one)) checkTested(one, here, report);
}

function checkCatchers(value: Json, at: string, report: Report): void {
  if (!isJsonArray(value)) return;
  for (const [index, catcher] of value.entries()) {
    if (!isJsonObject(catcher)) continue;
    const here = `${at}[${index}]`;
    const assign = memberOf(catcher, 'Assign');
    if (assign !== undefined) checkTemplate(assign, `${here}.Assign`, report);
    checkResultPath(memberOf(catcher, 'ResultPath') ?? null, `${here}.ResultPath`, report);
    if (memberOf(catcher, 'Output') !== undefined)
      report(SCHEMA, "The field 'Output' is not there in the query language JSONPath", `${here}.Output`);
  }
}

/** Where a result goes is one place in the state's input: no function, no filter, no variable. */
function checkResultPath(value: Json, at: string, report: Report): void {
  if (typeof value === 'string' && parseReferencePath(value)?.root !== 'input')
    report(SCHEMA, `The value '${value}' is not a Reference Path into the input`, at);
}
