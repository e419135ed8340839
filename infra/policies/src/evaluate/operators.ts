import { PolicyRequestError } from '../errors.ts';
import { parseIpAddress, parseIpRange } from './ip-range.ts';
import { type TemplateOptions } from './template.ts';
import { arnPattern, caselessPattern, stringPattern, type ValuePattern } from './value-patterns.ts';

type Fail = (problem: string) => Error;

/** What an operator does with one value of the policy. Negated operators are true when no value of the policy matches. */
interface Operator {
  readonly negated: boolean;
  readonly compile: (source: string, version: TemplateOptions, fail: Fail) => ValuePattern;
}

function fixedPattern(source: string, matches: (value: string) => boolean): ValuePattern {
  return { source, matches, describe: () => source, missingVariable: () => undefined };
}

/** Operators of numbers, dates, booleans and addresses take no variables. */
function refuseVariable(source: string, options: TemplateOptions, fail: Fail): void {
  if (options.variables && source.includes('${'))
    throw fail(`${JSON.stringify(source)}: this operator takes no policy variables`);
}

function readNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** ISO 8601 as W3C profiles it, or seconds since 1970. Result in milliseconds since 1970. */
function readDate(text: string): number | undefined {
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** An operator that reads both sides as values of one kind. */
function comparing<T>(
  kind: string,
  read: (text: string) => T | undefined,
  holds: (asked: T, wanted: T) => boolean,
  negated = false,
): Operator {
  return {
    negated,
    compile(source, options, fail) {
      refuseVariable(source, options, fail);
      const wanted = read(source);
      if (wanted === undefined) throw fail(`${JSON.stringify(source)} is not a ${kind}`);
      return fixedPattern(source, (value) => {
        const asked = read(value);
        // Neither "matches" nor "does not match" would be safe for every operator and effect.
        if (asked === undefined)
          throw new PolicyRequestError(`the request has a context value that is not a ${kind}`);
        return holds(asked, wanted);
      });
    },
  };
}

const number = (holds: (a: number, b: number) => boolean, negated = false) =>
  comparing('number', readNumber, holds, negated);
const date = (holds: (a: number, b: number) => boolean, negated = false) =>
  comparing('date (ISO 8601 or epoch seconds)', readDate, holds, negated);
const like = (wildcards: boolean, negated: boolean): Operator => ({
  negated,
  compile: (source, options, fail) => stringPattern(source, { ...options, wildcards }, fail),
});
const caseless = (negated: boolean): Operator => ({ negated, compile: caselessPattern });
const arn = (negated: boolean): Operator => ({
  negated,
  compile: (source, options, fail) => arnPattern(source, { ...options, wildcards: true }, fail),
});
const address = (negated: boolean): Operator => ({
  negated,
  compile(source, options, fail) {
    refuseVariable(source, options, fail);
    const range = parseIpRange(source);
    if (range === undefined) throw fail(`${JSON.stringify(source)} is not an address or CIDR range`);
    return fixedPattern(source, (value) => {
      const asked = parseIpAddress(value);
      if (asked === undefined)
        throw new PolicyRequestError('the request has a context value that is not an IP address');
      return range(asked);
    });
  },
});

const less = (a: number, b: number) => a < b;
const lessOrEqual = (a: number, b: number) => a <= b;
const equal = (a: number, b: number) => a === b;
const greater = (a: number, b: number) => a > b;
const greaterOrEqual = (a: number, b: number) => a >= b;

/** Source: IAM user guide "IAM JSON policy elements: Condition operators". `BinaryEquals` is not among them: no key of ours is binary. */
const operators = new Map<string, Operator>([
  ['StringEquals', like(false, false)],
  ['StringNotEquals', like(false, true)],
  ['StringEqualsIgnoreCase', caseless(false)],
  ['StringNotEqualsIgnoreCase', caseless(true)],
  ['StringLike', like(true, false)],
  ['StringNotLike', like(true, true)],
  ['ArnEquals', arn(false)],
  ['ArnLike', arn(false)],
  ['ArnNotEquals', arn(true)],
  ['ArnNotLike', arn(true)],
  ['Bool', comparing('boolean', readBoolean, (a, b) => a === b)],
  ['NumericEquals', number(equal)],
  ['NumericNotEquals', number(equal, true)],
  ['NumericLessThan', number(less)],
  ['NumericLessThanEquals', number(lessOrEqual)],
  ['NumericGreaterThan', number(greater)],
  ['NumericGreaterThanEquals', number(greaterOrEqual)],
  ['DateEquals', date(equal)],
  ['DateNotEquals', date(equal, true)],
  ['DateLessThan', date(less)],
  ['DateLessThanEquals', date(lessOrEqual)],
  ['DateGreaterThan', date(greater)],
  ['DateGreaterThanEquals', date(greaterOrEqual)],
  ['IpAddress', address(false)],
  ['NotIpAddress', address(true)],
]);

/** An operator with its prefix and suffix read. */
export type ParsedOperator =
  | { readonly kind: 'null' }
  | {
      readonly kind: 'compare';
      readonly quantifier: 'all' | 'any' | undefined;
      readonly ifExists: boolean;
      readonly operator: Operator;
    };

/** Reads `ForAnyValue:StringLikeIfExists` and the like; `undefined` when it is no operator that is known here. */
export function parseOperator(name: string): ParsedOperator | undefined {
  if (name === 'Null') return { kind: 'null' };
  const [, prefix, base = '', suffix] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const operator = operators.get(base);
  if (operator === undefined) return undefined;
  return {
    kind: 'compare',
    quantifier: prefix === 'ForAllValues' ? 'all' : prefix === 'ForAnyValue' ? 'any' : undefined,
    ifExists: suffix !== undefined,
    operator,
  };
}

/** Names of the operators that can be evaluated, without prefix and suffix. */
export const OPERATOR_NAMES: readonly string[] = [...operators.keys(), 'Null'];
