import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { indentValues } from './indent-values.ts';
import { parseText } from './parse-template.ts';

const read = (text: string) => parseText(text, 'a.yaml');

describe('parseText', () => {
  it.each([
    [
      'a text in quotes',
      'States:\n  S:\n    Comment: "one\n    two"\n    Type: Pass\n',
      { Comment: 'one two', Type: 'Pass' },
    ],
    [
      'one in single quotes',
      "States:\n  S:\n    Comment: 'it''s\n  two'\n    Type: Pass\n",
      { Comment: "it's two", Type: 'Pass' },
    ],
    [
      'brackets',
      'States:\n  S:\n    Result: {\n    "a": [1,\n    2]\n    }\n    Type: Pass\n',
      { Result: { a: [1, 2] }, Type: 'Pass' },
    ],
  ])('was refused: %s over lines at the indent of its key', (_what, text, state) => {
    expect(read(text)).toEqual({ States: { S: state } });
  });

  it('was refused: a key twice; the later one counts', () => {
    expect(read('a: 1\nb: 2\na: 3\n')).toEqual({ a: 3, b: 2 });
  });

  it('refuses a quote that never ends, with its place in the file', () => {
    expect(() => read('a: "one\nb: 2\n')).toThrow(/at line \d+, column \d+: Missing closing/);
  });
});

describe('indentValues', () => {
  it('leaves the value of any YAML that is right', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }),
          fc.json().map((text): unknown => JSON.parse(text)),
        ),
        (value) => {
          const text = stringify(value, { defaultStringType: 'QUOTE_DOUBLE' });
          fc.pre(!text.includes('<<'));
          expect(read(indentValues(text))).toEqual(read(text));
        },
      ),
    );
  });
});
