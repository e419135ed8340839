import jsonata from 'jsonata';
import { isError } from '@stepcast/kit';
import { isJsonArray, isJsonObject, jsonOfValue, type Json, type JsonObject } from '../../json.ts';
import { DataProblem } from '../problems.ts';
import { addFunctions, type ExpressionEnvironment } from './functions.ts';
import { boundedRegExps } from './regex.ts';

/** Longest time that one expression may take. While it computes, nothing else of this process runs. */
const maxMs = 1_000;
/** Deepest nesting of calls. */
const maxDepth = 1_000;
/** Longest list that an expression may build. */
const maxSequence = 1_000_000;
/** Longest expression, in characters. */
const maxLength = 32_768;

/** What expressions of a state see. */
export interface ExpressionScope extends ExpressionEnvironment {
  /** `$states`. */
  readonly states: JsonObject;
  /** `$name`, by name. */
  readonly variables: JsonObject;
}

/** The expression in `{% … %}`; undefined for any other text. */
export function expressionIn(text: string): string | undefined {
  return text.length >= 4 && text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2) : undefined;
}

/** Why the text between `{%` and `%}` is no JSONata; undefined if it is. */
export function expressionProblem(source: string): string | undefined {
  if (source.length > maxLength) return `longer than ${maxLength} characters`;
  try {
    jsonata(source);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Evaluates the text between `{%` and `%}`.
 * @param field where it stands in the state, for the error: `Output/total`
 * @throws DataProblem
 */
export async function evaluateExpressionText(
  source: string,
  field: string,
  scope: ExpressionScope,
): Promise<Json> {
  const fail = (what: string): DataProblem =>
    new DataProblem(
      `The JSONata expression '${source.trim()}' specified for the field '${field}' ${what}`,
      'States.QueryEvaluationError',
      field,
    );
  let value: unknown;
  try {
    const expression = jsonata(source, {
      RegexEngine: boundedRegExps,
      timeout: maxMs,
      stack: maxDepth,
      sequence: maxSequence,
    });
    addFunctions(expression, scope);
    value = await expression.evaluate(undefined, { ...scope.variables, states: scope.states });
  } catch (error) {
    throw fail(`threw an error during evaluation. ${messageOf(error)}`);
  }
  if (value === undefined) throw fail('returned nothing (undefined).');
  const json = typeof value === 'function' || isFunctionObject(value) ? undefined : jsonOfValue(value);
  if (json === undefined) throw fail('returned an unsupported result type.');
  return json;
}

/** Fills a template: every text in it that is an expression becomes the expression's value. @throws DataProblem */
export async function evaluateExpressions(
  template: Json,
  field: string,
  scope: ExpressionScope,
): Promise<Json> {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? template : evaluateExpressionText(source, field, scope);
  }
  if (isJsonArray(template)) {
    const values: Json[] = [];
    for (const [index, one] of template.entries())
      values.push(await evaluateExpressions(one, `${field}[${index}]`, scope));
    return values;
  }
  if (!isJsonObject(template)) return template;
  const members: [string, Json][] = [];
  for (const [name, one] of Object.entries(template))
    members.push([name, await evaluateExpressions(one, `${field}/${name}`, scope)]);
  return Object.fromEntries(members);
}

/** Functions of JSONata are objects with a marker, which as JSON would look like data. */
function isFunctionObject(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_function' in value || '_jsonata_lambda' in value)
  );
}

/** Errors of JSONata are objects with code and message, but no `Error`s. */
function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string')
    return 'code' in error && typeof error.code === 'string'
      ? `${error.code}: ${error.message}`
      : error.message;
  return isError(error) ? error.message : String(error);
}
