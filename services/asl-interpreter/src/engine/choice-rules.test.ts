import { describe, expect, it } from 'vitest';
import type { ChoiceCondition } from '../definition/schema.ts';
import type { Json } from '../json.ts';
import { holds } from './choice-rules.ts';

const input: Json = {
  s: 'b',
  n: 5,
  t: true,
  f: false,
  z: null,
  o: {},
  time: '2026-11-03T10:00:00Z',
  same: '2026-11-03T12:00:00+02:00',
  other: { s: 'b', n: 6, t: true, time: '2027-01-01T00:00:00Z' },
  file: 'log-2026*.txt',
};
const test = (condition: ChoiceCondition): boolean =>
  holds(condition, { input, context: { Execution: { Name: 'run' } } });

describe('choice rule', () => {
  it.each<[string, string, Json, boolean]>([
    ['$.s', 'StringEquals', 'b', true],
    ['$.s', 'StringEquals', 'B', false],
    ['$.s', 'StringLessThan', 'c', true],
    ['$.s', 'StringLessThan', 'b', false],
    ['$.s', 'StringGreaterThan', 'a', true],
    ['$.s', 'StringLessThanEquals', 'b', true],
    ['$.s', 'StringGreaterThanEquals', 'c', false],
    ['$.s', 'StringEqualsPath', '$.other.s', true],
    ['$.s', 'StringLessThanPath', '$.other.s', false],
    ['$.s', 'StringGreaterThanPath', '$.other.s', false],
    ['$.s', 'StringLessThanEqualsPath', '$.other.s', true],
    ['$.s', 'StringGreaterThanEqualsPath', '$.other.s', true],
    ['$.n', 'NumericEquals', 5, true],
    ['$.n', 'NumericEquals', 5.1, false],
    ['$.n', 'NumericLessThan', 6, true],
    ['$.n', 'NumericGreaterThan', 4, true],
    ['$.n', 'NumericLessThanEquals', 5, true],
    ['$.n', 'NumericGreaterThanEquals', 6, false],
    ['$.n', 'NumericEqualsPath', '$.other.n', false],
    ['$.n', 'NumericLessThanPath', '$.other.n', true],
    ['$.n', 'NumericGreaterThanPath', '$.other.n', false],
    ['$.n', 'NumericLessThanEqualsPath', '$.other.n', true],
    ['$.n', 'NumericGreaterThanEqualsPath', '$.other.n', false],
    ['$.t', 'BooleanEquals', true, true],
    ['$.t', 'BooleanEqualsPath', '$.other.t', true],
    ['$.t', 'BooleanEquals', false, false],
    ['$.time', 'TimestampEquals', '2026-11-03T11:00:00+01:00', true],
    ['$.time', 'TimestampLessThan', '2026-11-03T10:00:01Z', true],
    ['$.time', 'TimestampGreaterThan', '2026-11-03T10:00:01Z', false],
    ['$.time', 'TimestampLessThanEquals', '2026-11-03T10:00:00Z', true],
    ['$.time', 'TimestampGreaterThanEquals', '2026-11-03T10:00:00Z', true],
    ['$.time', 'TimestampEqualsPath', '$.same', true],
    ['$.time', 'TimestampLessThanPath', '$.other.time', true],
    ['$.time', 'TimestampGreaterThanPath', '$.other.time', false],
    ['$.time', 'TimestampLessThanEqualsPath', '$.other.time', true],
    ['$.time', 'TimestampGreaterThanEqualsPath', '$.same', true],
    ['$.file', 'StringMatches', 'log-*.txt', true],
    ['$.file', 'StringMatches', 'log-*.csv', false],
    ['$.file', 'StringMatches', String.raw`log-2026\\*.txt`.replace('\\\\', '\\'), true],
    ['$.file', 'StringMatches', String.raw`l\*`, false],
    ['$.s', 'StringMatches', '.', false],
    ['$.z', 'IsNull', true, true],
    ['$.s', 'IsNull', true, false],
    ['$.s', 'IsNull', false, true],
    ['$.s', 'IsPresent', true, true],
    ['$.gone', 'IsPresent', true, false],
    ['$.gone', 'IsPresent', false, true],
    ['$.z', 'IsPresent', true, true],
    ['$.n', 'IsNumeric', true, true],
    ['$.s', 'IsNumeric', true, false],
    ['$.s', 'IsString', true, true],
    ['$.t', 'IsBoolean', true, true],
    ['$.time', 'IsTimestamp', true, true],
    ['$.s', 'IsTimestamp', true, false],
    ['$$.Execution.Name', 'StringEquals', 'run', true],
  ])('%s %s %j is %j', (Variable, operator, value, expected) => {
    expect(test({ Variable, [operator]: value })).toBe(expected);
  });

  it('is false, not an error, for a value of another type', () => {
    expect(test({ Variable: '$.s', NumericEquals: 5 })).toBe(false);
    expect(test({ Variable: '$.n', StringEquals: '5' })).toBe(false);
    expect(test({ Variable: '$.o', BooleanEquals: true })).toBe(false);
    expect(test({ Variable: '$.s', TimestampEquals: '2026-11-03T10:00:00Z' })).toBe(false);
  });

  it('combines', () => {
    const yes = { Variable: '$.n', NumericEquals: 5 };
    const no = { Variable: '$.n', NumericEquals: 6 };
    expect(test({ And: [yes, yes] })).toBe(true);
    expect(test({ And: [yes, no] })).toBe(false);
    expect(test({ Or: [no, yes] })).toBe(true);
    expect(test({ Or: [no, no] })).toBe(false);
    expect(test({ Not: no })).toBe(true);
    expect(test({ Not: { And: [yes, { Not: no }] } })).toBe(false);
  });

  it('does not evaluate what And and Or have decided already', () => {
    const missing = { Variable: '$.gone', NumericEquals: 1 };
    expect(test({ And: [{ Variable: '$.gone', IsPresent: true }, missing] })).toBe(false);
  });

  it('fails on a value that is not there', () => {
    expect(() => test({ Variable: '$.gone', NumericEquals: 1 })).toThrow(
      "Invalid path '$.gone': The choice state's condition path references an invalid value.",
    );
    expect(() => test({ Variable: '$.n', NumericEqualsPath: '$.gone' })).toThrow("Invalid path '$.gone'");
  });
});
