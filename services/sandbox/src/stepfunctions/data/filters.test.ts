import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { filtersIn, replaceQuoted } from './filters.ts';

const of = (...parts: string[]) =>
  fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((all) => all.join(''));

describe('filtersIn', () => {
  it('finds what is between the brackets of each filter', () => {
    expect(filtersIn('$.a[?(@.b>1)].c[?(@.d)]')).toEqual(['@.b>1', '@.d']);
    expect(filtersIn('$.a[?(@.b')).toEqual([]);
  });

  it('agrees with the regular expression that it stands for', () => {
    fc.assert(
      fc.property(of('[?(', ')]', 'a', '\n', ')', ']'), (text) => {
        const byPattern = [...text.matchAll(/\[\?\((.*?)\)\]/gs)].map(([, expression]) => expression);
        expect(filtersIn(text)).toEqual(byPattern);
      }),
    );
  });
});

describe('replaceQuoted', () => {
  it('agrees with the regular expression that it stands for, as long as every quote is closed', () => {
    const piece = of('a', ' ', '\\\\', "\\'", '\\"');
    const pieces = fc.oneof(
      piece.map((text) => text.replaceAll(/['"\\]/g, '')),
      piece.map((text) => `'${text}'`),
      piece.map((text) => `"${text}"`),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (all) => {
        const text = all.join('');
        expect(replaceQuoted(text, '@')).toBe(text.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs, '@'));
      }),
    );
  });

  it('leaves a quote that nothing closes, and all that follows it', () => {
    expect(replaceQuoted(`'a' "b 'c'`, '')).toBe(` "b 'c'`);
  });
});
