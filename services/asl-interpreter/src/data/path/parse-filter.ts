import type { Json } from '../../json.ts';
import { takeQuoted, type Cursor } from './cursor.ts';
import {
  comparisonOperators,
  type ComparisonOperator,
  type FilterCondition,
  type FilterOperand,
  type Path,
} from './syntax.ts';

type ReadPath = (cursor: Cursor) => Path;

/** Brackets within brackets of one filter. */
const maxNesting = 50;
const numeral = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /(?:true|false|null)\b/y;
/** A text without quotes, as published workflows of AWS have it: `[?(@.Name==Receipt)]`. */
const bareText = /[A-Za-z_][\w-]*/y;
const words: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

/**
 * Reads what follows the `?` of a filter: `(@.price < 10 && !@.sold)`. The brackets may be missing.
 * @throws PathSyntaxError
 */
export function parseFilter(cursor: Cursor, readPath: ReadPath): FilterCondition {
  const join = (
    kind: 'and' | 'or',
    sign: string,
    nesting: number,
    read: (nesting: number) => FilterCondition,
  ) => {
    const conditions = [read(nesting)];
    while (takeAfterSpace(sign)) conditions.push(read(nesting));
    const [only] = conditions;
    return only !== undefined && conditions.length === 1 ? only : { kind, conditions };
  };
  const takeAfterSpace = (literal: string): boolean => {
    cursor.skipSpace();
    return cursor.take(literal);
  };
  const readOr = (nesting: number): FilterCondition => join('or', '||', nesting, readAnd);
  const readAnd = (nesting: number): FilterCondition => join('and', '&&', nesting, readOne);

  function readOne(nesting: number): FilterCondition {
    if (nesting > maxNesting) throw cursor.problem(`more than ${maxNesting} brackets in one another`);
    cursor.skipSpace();
    if (cursor.take('!')) return { kind: 'not', condition: readOne(nesting + 1) };
    if (cursor.take('(')) {
      const inner = readOr(nesting + 1);
      cursor.expect(')');
      return inner;
    }
    return readComparison();
  }

  function readComparison(): FilterCondition {
    const left = readOperand();
    cursor.skipSpace();
    const operator = takeOperator(cursor);
    if (operator !== undefined) {
      cursor.skipSpace();
      return { kind: 'compare', operator, left, right: readOperand() };
    }
    if (left.kind === 'path') return { kind: 'exists', path: left.path };
    throw cursor.problem('a value alone is no condition');
  }

  function readOperand(): FilterOperand {
    const next = cursor.text[cursor.at];
    if (next === '@' || next === '$') return { kind: 'path', path: readPath(cursor) };
    return { kind: 'value', value: readValue() };
  }

  function readValue(): Json {
    const text = takeQuoted(cursor);
    if (text !== undefined) return text;
    const digits = cursor.match(numeral)?.[0];
    if (digits !== undefined) return Number(digits);
    const constant = cursor.match(word)?.[0];
    if (constant !== undefined) return words[constant] ?? null;
    if (cursor.take('[')) return readList();
    const bare = cursor.match(bareText)?.[0];
    if (bare !== undefined && cursor.text[cursor.at] !== '(') return bare;
    throw cursor.problem('a filter compares paths, texts, numbers, true, false, null and lists of them');
  }

  function readList(): Json {
    const values: Json[] = [];
    while (!takeAfterSpace(']')) {
      if (values.length > 0) cursor.expect(',');
      cursor.skipSpace();
      values.push(readValue());
    }
    return values;
  }

  return readOr(0);
}

function takeOperator(cursor: Cursor): ComparisonOperator | undefined {
  return comparisonOperators.find((operator) => {
    const end = cursor.text[cursor.at + operator.length] ?? '';
    // `in` and `nin` are words: a path does not run into them.
    return (/^\w/.test(operator) ? /^[\s[]$/.test(end) : true) && cursor.take(operator);
  });
}
