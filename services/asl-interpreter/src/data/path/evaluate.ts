import { isJsonArray, isJsonObject, jsonEquals, memberOf, type Json } from '../../json.ts';
import {
  isDefinite,
  type FilterCondition,
  type FilterOperand,
  type Path,
  type PathFunction,
  type PathStep,
} from './syntax.ts';

/** Values that one path may touch. `$..*..*` over large data would not end in reasonable time. */
const maxVisits = 1_000_000;

/** Thrown when a path touches more than {@link maxVisits} values. */
export class PathTooWideError extends Error {
  constructor() {
    super(`the path touches more than ${maxVisits} values`);
    this.name = 'PathTooWideError';
  }
}

/** What the roots of a path stand for; undefined: there is no such variable. */
export interface PathValues {
  readonly input: Json;
  readonly context: Json;
  variable(name: string): Json | undefined;
}

/** Everything that a path matches, in document order. @throws PathTooWideError */
export function matchesOf(path: Path, values: PathValues): readonly Json[] {
  let visits = 0;
  const visit = (): void => {
    visits += 1;
    if (visits > maxVisits) throw new PathTooWideError();
  };

  function rootOf({ root }: Path, item: Json): Json | undefined {
    switch (root.kind) {
      case 'input':
        return values.input;
      case 'context':
        return values.context;
      case 'variable':
        return values.variable(root.name);
      case 'item':
        return item;
    }
  }

  function walk(one: Path, item: Json): readonly Json[] {
    const root = rootOf(one, item);
    let found: readonly Json[] = root === undefined ? [] : [root];
    for (const [index, step] of one.steps.entries()) {
      const isLast = index === one.steps.length - 1;
      found = found.flatMap((value) => {
        visit();
        return step.kind === 'descend' ? [...descendants(value)] : take(step, value, isLast);
      });
    }
    return one.call === undefined ? found : apply(one.call, isDefinite(one) ? found[0] : found);
  }

  function* descendants(value: Json): Generator<Json> {
    visit();
    yield value;
    for (const child of childrenOf(value)) yield* descendants(child);
  }

  function take(step: PathStep, value: Json, isLast: boolean): readonly Json[] {
    switch (step.kind) {
      case 'name':
        return membersOf(value, [step.name]);
      case 'names':
        return isLast ? mergedMembers(value, step.names) : membersOf(value, step.names);
      case 'indexes':
        return isJsonArray(value) ? present(step.indexes.map((index) => value.at(index))) : [];
      case 'slice':
        return isJsonArray(value)
          ? value.slice(step.from, step.to).filter((_, index) => index % step.by === 0)
          : [];
      case 'wildcard':
        return childrenOf(value);
      case 'filter':
        // An object is tested itself, a list by its elements.
        return (isJsonArray(value) ? value : [value]).filter((one) => holds(step.condition, one));
      case 'descend':
        return [value];
    }
  }

  function holds(condition: FilterCondition, item: Json): boolean {
    visit();
    switch (condition.kind) {
      case 'and':
        return condition.conditions.every((one) => holds(one, item));
      case 'or':
        return condition.conditions.some((one) => holds(one, item));
      case 'not':
        return !holds(condition.condition, item);
      case 'exists':
        return walk(condition.path, item).length > 0;
      case 'compare':
        return compare(condition.operator, operand(condition.left, item), operand(condition.right, item));
    }
  }

  /** Undefined: the path matches nothing. */
  function operand(one: FilterOperand, item: Json): Json | undefined {
    if (one.kind === 'value') return one.value;
    const found = walk(one.path, item);
    return isDefinite(one.path) || one.path.call !== undefined ? found[0] : found;
  }

  return walk(path, null);
}

function childrenOf(value: Json): readonly Json[] {
  if (isJsonArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function present(values: readonly (Json | undefined)[]): readonly Json[] {
  return values.filter((one) => one !== undefined);
}

function membersOf(value: Json, names: readonly string[]): readonly Json[] {
  return isJsonObject(value) ? present(names.map((name) => memberOf(value, name))) : [];
}

function mergedMembers(value: Json, names: readonly string[]): readonly Json[] {
  if (!isJsonObject(value)) return [];
  return [Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))];
}

function compare(operator: string, left: Json | undefined, right: Json | undefined): boolean {
  switch (operator) {
    case '==':
      return same(left, right);
    case '!=':
      return !same(left, right);
    case 'in':
      return right !== undefined && isJsonArray(right) && right.some((one) => same(left, one));
    case 'nin':
      return right !== undefined && isJsonArray(right) && !right.some((one) => same(left, one));
    default: {
      const order = orderOf(left, right);
      if (order === undefined) return false;
      if (order === 0) return operator.endsWith('=');
      return operator.startsWith(order < 0 ? '<' : '>');
    }
  }
}

function same(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return jsonEquals(left, right);
}

/** Undefined for values that have no order. */
function orderOf(left: Json | undefined, right: Json | undefined): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return undefined;
}

function apply(call: PathFunction, value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  if (call === 'length')
    return typeof value === 'string'
      ? [value.length]
      : typeof value === 'object' && value !== null
        ? [childrenOf(value).length]
        : [];
  if (call === 'keys') return isJsonObject(value) ? [Object.keys(value)] : [];
  if (!isJsonArray(value)) return [];
  if (call === 'first') return present([value.at(0)]);
  if (call === 'last') return present([value.at(-1)]);
  const numbers = value.filter((one) => typeof one === 'number');
  if (numbers.length === 0) return [];
  const sum = numbers.reduce((total, one) => total + one, 0);
  if (call === 'sum') return [sum];
  if (call === 'avg') return [sum / numbers.length];
  return [numbers.reduce((best, one) => (call === 'min' ? Math.min(best, one) : Math.max(best, one)))];
}
