import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { MalformedStatementError, UnsupportedStatementError } from './errors.ts';
import { parseInsert } from './parse-insert.ts';

const space = fc.stringMatching(/^[ \t\r\n]{0,4}$/);
const gap = fc.stringMatching(/^[ \t\r\n]{1,4}$/);
const anyCase = (word: string) =>
  fc
    .nat({ max: 2 ** word.length - 1 })
    .map((upper) =>
      Array.from(word, (letter, at) => (((upper >> at) & 1) === 1 ? letter : letter.toLowerCase())).join(''),
    );
const quote = (text: string, mark: string) => mark + text.replaceAll(mark, mark + mark) + mark;

const written = fc
  .record({
    table: fc.string({ minLength: 1 }),
    attributes: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 }),
    words: fc.tuple(anyCase('INSERT'), anyCase('INTO'), anyCase('VALUE')),
    gaps: fc.tuple(gap, gap, gap),
    spaces: fc.array(space, { minLength: 5, maxLength: 5 }),
  })
  .map(({ table, attributes, words: [insert, into, value], gaps, spaces }) => {
    const [s1 = '', s2 = '', s3 = '', s4 = '', s5 = ''] = spaces;
    const item = attributes.map((name) => `${s1}${quote(name, "'")}${s2}:${s3}?${s4}`).join(',');
    return {
      table,
      attributes,
      text: `${s5}${insert}${gaps[0]}${into}${gaps[1]}${quote(table, '"')}${gaps[2]}${value}${s4}{${item}}${s1}`,
    };
  });

function problemOf(statement: string): Error | undefined {
  try {
    parseInsert(statement);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof MalformedStatementError || thrown instanceof UnsupportedStatementError)
      return thrown;
    throw thrown;
  }
}

describe('an INSERT', () => {
  it('is read back as it was written, whatever its names, spaces and letter case', () => {
    fc.assert(
      fc.property(written, ({ table, attributes, text }) => {
        expect(parseInsert(text)).toEqual({ table, attributes });
      }),
    );
  });

  it('is refused when anything of it is missing at its end', () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ text }, cut) => {
        const whole = text.trimEnd();
        expect(problemOf(whole.slice(0, cut % whole.length))).toBeInstanceOf(MalformedStatementError);
      }),
    );
  });

  it('takes a table without quotes', () => {
    expect(parseInsert("INSERT INTO Music VALUE {'Artist': ?}")).toEqual({
      table: 'Music',
      attributes: ['Artist'],
    });
  });
});

describe('any other text', () => {
  it('is refused as malformed or unsupported, and by no other error', () => {
    const pieces = fc.constantFrom(
      'INSERT',
      'INTO',
      'VALUE',
      '"t"',
      "'a'",
      '{',
      '}',
      ':',
      ',',
      '?',
      ' ',
      "'",
      '1',
      '#',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => {
          const problem = problemOf(text);
          if (problem === undefined) expect(text).toContain('?');
          else expect(problem.message).not.toBe('');
        },
      ),
    );
  });

  // Messages measured on DynamoDB by dynamodb-conformance of paritysuite.
  it.each([
    ['SLECT pk FROM "t" WHERE \'a\'', 'Expected data manipulation'],
    ['INSERT INTO "t" VALUE {\'pk\': ?} foo', 'Unexpected token after expression'],
    ['INSERT INTO "t" x VALUE {\'pk\': ?}', 'Unexpected token after expression'],
    ['INSERT INTO "t" VALUE {\'pk\': ?} # note', ''],
  ])('%s is malformed', (statement, detail) => {
    const problem = problemOf(statement);
    expect(problem).toBeInstanceOf(MalformedStatementError);
    expect(problem?.message).toBe(`Statement wasn't well formed, can't be processed: ${detail}`);
  });

  it.each([
    ['SELECT pk FROM "t"', 'PartiQL with SELECT'],
    ['DELETE FROM "t" WHERE pk', 'PartiQL with DELETE'],
    ["INSERT INTO \"t\" VALUE {'pk': 'literal'}", 'PartiQL with a value that is not a parameter ("?")'],
    [
      "INSERT INTO \"t\" VALUE {'pk': ?, 'm': {'x': ?}}",
      'PartiQL with a value that is not a parameter ("?")',
    ],
    ['INSERT INTO "t" VALUE {\'pk\': 1}', 'PartiQL with "1"'],
    ['INSERT INTO "t"."index" VALUE {\'pk\': ?}', 'PartiQL with "."'],
    ['INSERT INTO "t" VALUE {\'pk\': ?} -- note', 'PartiQL with "-"'],
    ["INSERT INTO \"t\" VALUE {'pk': ?, 'pk': ?}", 'PartiQL with the attribute "pk" twice'],
  ])('%s is unsupported, by the name of what it has', (statement, message) => {
    const problem = problemOf(statement);
    expect(problem).toBeInstanceOf(UnsupportedStatementError);
    expect(problem?.message).toBe(message);
  });

  it('of any length takes time in proportion to it', () => {
    const attributes = Array.from({ length: 50_000 }, (_unused, index) => `a${index}`);
    const item = attributes.map((name) => `'${name}': ?`).join(',');
    expect(parseInsert(`INSERT INTO t VALUE {${item}}`).attributes).toHaveLength(50_000);
    expect(problemOf(`INSERT INTO t VALUE {${"'".repeat(1_000_001)}`)).toBeInstanceOf(
      MalformedStatementError,
    );
  });
});
