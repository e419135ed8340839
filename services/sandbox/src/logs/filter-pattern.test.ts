import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { filterOf } from './filter-pattern.ts';

const arn = 'arn:aws:states:us-east-1:111122223333:execution:P:one';
const message = JSON.stringify({ type: 'TaskFailed', execution_arn: arn, details: { error: 'E', n: 3 } });

describe('a filter pattern', () => {
  it.each([
    ['', true],
    ['{ $.execution_arn = * }', true],
    [`{ $.execution_arn = "${arn}" }`, true],
    [`{ $.execution_arn = "${arn}2" }`, false],
    [`{ ($.execution_arn = "other") || ($.execution_arn = "${arn}") }`, true],
    ['{ $.type = Task* && $.details.error = "E" }', true],
    ['{ ($.type = Task*) && ($.details.error != "E") }', false],
    ['{ $.type = "Task*" }', false],
    ['{ $.details.n = 3 }', true],
    ['{ $.details = * }', false],
    ['{ $.absent != "x" }', false],
    ['{ $.constructor = * }', false],
  ])('%j lets a record through: %s', (pattern, through) => {
    expect(filterOf(pattern)(message)).toBe(through);
  });

  it('of JSON lets nothing else through', () => {
    expect(filterOf('{ $.type = * }')('no JSON')).toBe(false);
    expect(filterOf('')('no JSON')).toBe(true);
  });

  it.each([
    'ERROR',
    '{ $.a = 1 || $.b = 2 && $.c = 3 }',
    '{ $.a IS NULL }',
    '{ $.a = %x% ',
    '{ $.a > 1 }',
    '{ ($.a = 1 }',
    '{ a = 1 }',
    '{}',
    '{ $.a = 1 } x',
  ])('that is not known here is said to be so: %j', (pattern) => {
    expect(() => filterOf(pattern)).toThrow(
      expect.objectContaining({ code: 'NotImplemented', httpStatus: 501 }),
    );
  });

  it('of any text is read or refused, and finds any text that it names in quotation marks', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(typeof filterOf(text)(message)).toBe('boolean');
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'NotImplemented' });
        }
      }),
    );
    const plain = fc.string().filter((text) => !/["\\]/.test(text));
    fc.assert(
      fc.property(plain, plain, (text, other) => {
        const filter = filterOf(`{ $.a = "${text}" }`);
        expect(filter(JSON.stringify({ a: text }))).toBe(true);
        expect(filter(JSON.stringify({ a: other }))).toBe(text === other);
      }),
    );
  });
});
