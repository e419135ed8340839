import { textOf, type Item } from './items.ts';

export interface KeyCondition {
  readonly pk: string;
  readonly matches: (sk: string) => boolean;
}

const PARTITION = /^(#?\w+) = (:\w+)$/;
const COMPARISON = /^(#?\w+) (=|<=|>=|<|>) (:\w+)$/;
const BEGINS = /^begins_with\((#?\w+), (:\w+)\)$/;
const BETWEEN = /^(#?\w+) BETWEEN (:\w+) AND (:\w+)$/;

const COMPARISONS: Readonly<Record<string, (one: string, other: string) => boolean>> = {
  '=': (one, other) => one === other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

/** Reads the key condition of a Query: a partition, and at most one condition on the sort key. Undefined for any other. */
export function keyConditionOf(request: {
  readonly KeyConditionExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Item;
}): KeyCondition | undefined {
  const text = request.KeyConditionExpression;
  const value = (name = '') => textOf(request.ExpressionAttributeValues, name);
  const named = (name = '') => request.ExpressionAttributeNames[name] ?? name;
  const split = text.indexOf(' AND ');
  const [first, second] = split === -1 ? [text, undefined] : [text.slice(0, split), text.slice(split + 5)];
  const partition = PARTITION.exec(first);
  if (partition === null || named(partition[1]) !== 'pk') return undefined;
  const matches = second === undefined ? () => true : sortCondition(second, named, value);
  return matches === undefined ? undefined : { pk: value(partition[2]), matches };
}

function sortCondition(
  text: string,
  named: (name?: string) => string,
  value: (name?: string) => string,
): KeyCondition['matches'] | undefined {
  const begins = BEGINS.exec(text);
  if (begins !== null && named(begins[1]) === 'sk') {
    const prefix = value(begins[2]);
    return (sk) => sk.startsWith(prefix);
  }
  const between = BETWEEN.exec(text);
  if (between !== null && named(between[1]) === 'sk') {
    const [low, high] = [value(between[2]), value(between[3])];
    return (sk) => sk >= low && sk <= high;
  }
  const comparison = COMPARISON.exec(text);
  const compare = COMPARISONS[comparison?.[2] ?? ''];
  if (compare === undefined || named(comparison?.[1]) !== 'sk') return undefined;
  const other = value(comparison?.[3]);
  return (sk) => compare(sk, other);
}
