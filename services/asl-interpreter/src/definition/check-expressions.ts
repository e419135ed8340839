import { callProblem } from '../data/intrinsics.ts';
import {
  IntrinsicSyntaxError,
  looksLikeIntrinsic,
  parseIntrinsic,
  type IntrinsicCall,
} from '../data/intrinsic-parser.ts';
import { expressionIn, expressionProblem } from '../data/jsonata/evaluate.ts';
import { pathProblem } from '../data/path/json-path.ts';
import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { SCHEMA, stepTo, type Report } from './problem.ts';

/** Reports a text that is no path. */
export function checkPath(text: string, at: string, report: Report): void {
  const problem = pathProblem(text);
  if (problem !== undefined) report(SCHEMA, `The value '${text}' is not a valid JSONPath (${problem})`, at);
}

function checkCall(call: IntrinsicCall, at: string, report: Report): void {
  for (const arg of call.args) {
    if (arg.kind === 'path') checkPath(arg.path, at, report);
    if (arg.kind === 'call') checkCall(arg, at, report);
  }
}

/** Reports a text that is neither a path nor an intrinsic function. */
export function checkExpression(text: string, at: string, report: Report): void {
  if (!looksLikeIntrinsic(text)) {
    checkPath(text, at, report);
    return;
  }
  try {
    const call = parseIntrinsic(text);
    const problem = callProblem(call);
    if (problem !== undefined) report(SCHEMA, `The intrinsic function is not valid (${problem})`, at);
    checkCall(call, at, report);
  } catch (error) {
    if (!(error instanceof IntrinsicSyntaxError)) throw error;
    report(SCHEMA, `The intrinsic function is not valid (${error.message})`, at);
  }
}

/** Reports what is wrong in a payload template of JSONPath: members whose name ends in `.$`, at any depth. */
export function checkTemplate(value: Json, at: string, report: Report): void {
  if (isJsonArray(value)) {
    for (const [index, one] of value.entries()) checkTemplate(one, `${at}[${index}]`, report);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const here = `${at}${stepTo(key)}`;
    if (!key.endsWith('.$')) checkTemplate(one, here, report);
    else if (typeof one !== 'string')
      report(SCHEMA, `The value of '${key}' must be a JSONPath or an intrinsic function`, here);
    else checkExpression(one, here, report);
    if (key.endsWith('.$') && Object.hasOwn(value, key.slice(0, -2)))
      report('DUPLICATE_FIELD_NAME', `'${key}' and '${key.slice(0, -2)}' name the same field`, here);
  }
}

/** Reports expressions of JSONata, at any depth, that do not parse. */
export function checkJsonata(value: Json, at: string, report: Report): void {
  if (typeof value === 'string') {
    const source = expressionIn(value);
    const problem = source === undefined ? undefined : expressionProblem(source);
    if (problem !== undefined) report(SCHEMA, `The JSONata expression is not valid (${problem})`, at);
  } else if (isJsonArray(value)) {
    for (const [index, one] of value.entries()) checkJsonata(one, `${at}[${index}]`, report);
  } else if (isJsonObject(value))
    for (const [key, one] of Object.entries(value)) checkJsonata(one, `${at}${stepTo(key)}`, report);
}

/** Reports what is wrong in the conditions of a Choice state of JSONPath. */
export function checkCondition(value: Json, at: string, report: Report): void {
  if (isJsonArray(value)) {
    for (const [index, one] of value.entries()) checkCondition(one, `${at}[${index}]`, report);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const here = `${at}${stepTo(key)}`;
    if (key === 'Condition') report(SCHEMA, "The field 'Condition' needs the query language JSONata", here);
    else if (key === 'Assign') checkTemplate(one, here, report);
    else if (key === 'Variable' || key.endsWith('Path')) {
      if (typeof one === 'string') checkPath(one, here, report);
    } else checkCondition(one, here, report);
  }
}
