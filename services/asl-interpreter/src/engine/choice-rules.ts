import { lookup, type DataScope } from '../data/path/json-path.ts';
import { DataProblem } from '../data/problems.ts';
import { parseTimestamp } from '../data/timestamp.ts';
import { comparison } from '../definition/choice-operators.ts';
import type { ChoiceCondition } from '../definition/schema.ts';
import { isJson, type Json } from '../json.ts';
import { matchesWildcards } from './wildcards.ts';

type Comparison = (order: number) => boolean;

const orders: Readonly<Record<string, Comparison>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

const typeTests: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => typeof value === 'string' && parseTimestamp(value) !== undefined,
};

/** Whether a condition of a Choice state is true. A value of another type than the operator's is simply false. */
export function holds(condition: ChoiceCondition, scope: DataScope): boolean {
  if (condition.And !== undefined) return condition.And.every((one) => holds(one, scope));
  if (condition.Or !== undefined) return condition.Or.some((one) => holds(one, scope));
  if (condition.Not !== undefined) return !holds(condition.Not, scope);
  const variable = condition.Variable ?? '$';
  for (const [operator, expected] of Object.entries(condition)) {
    if (!isJson(expected)) continue;
    if (operator === 'IsPresent') return lookup(variable, scope).found === expected;
    const test = Object.hasOwn(typeTests, operator) ? typeTests[operator] : undefined;
    if (test !== undefined) return test(read(variable, scope)) === expected;
    if (operator === 'StringMatches') {
      const value = read(variable, scope);
      return typeof value === 'string' && typeof expected === 'string' && matchesWildcards(expected, value);
    }
    const [, type, order = '', path] = comparison.exec(operator) ?? [];
    if (type === undefined) continue;
    const right = path === undefined ? expected : read(typeof expected === 'string' ? expected : '', scope);
    return compare(type, order, read(variable, scope), right);
  }
  throw new DataProblem('The choice rule has no comparison operator.');
}

function read(path: string, scope: DataScope): Json {
  const found = lookup(path, scope);
  if (!found.found)
    throw new DataProblem(
      `Invalid path '${path}': The choice state's condition path references an invalid value.`,
    );
  return found.value;
}

function compare(type: string, order: string, left: Json, right: Json): boolean {
  const accepts = orders[order];
  if (accepts === undefined) return false;
  switch (type) {
    case 'Numeric':
      return typeof left === 'number' && typeof right === 'number' && accepts(left - right);
    case 'Boolean':
      return typeof left === 'boolean' && left === right;
    case 'String':
      return (
        typeof left === 'string' &&
        typeof right === 'string' &&
        accepts(left < right ? -1 : left > right ? 1 : 0)
      );
    default: {
      const [before, after] = [left, right].map((one) =>
        typeof one === 'string' ? parseTimestamp(one) : undefined,
      );
      return before !== undefined && after !== undefined && accepts(before - after);
    }
  }
}
