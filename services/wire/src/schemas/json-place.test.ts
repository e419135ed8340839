import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { indexOfJsonError, lineAndColumn } from './json-place.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with one character taken out, put in or replaced: mostly broken, sometimes not. */
const nearlyJson = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.nat(1),
    fc.constantFrom('', ',', '"', '{', ']', ':', '\\', '0', '-', ' ', 'e'),
  )
  .map(([text, place, cut, extra]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + extra + text.slice(at + cut);
  });

describe('indexOfJsonError', () => {
  it('finds an error exactly where JSON.parse refuses the text', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyJson, fc.json(), fc.string()), (text) => {
        expect(indexOfJsonError(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('points at the character that cannot be there', () => {
    expect(indexOfJsonError('{"a": [1,]}')).toBe(9);
    expect(indexOfJsonError('{"a" 1}')).toBe(5);
    expect(indexOfJsonError('[1, 2')).toBe(5);
    expect(indexOfJsonError('{}}')).toBe(2);
  });

  it('survives deep nesting', () => {
    expect(indexOfJsonError('['.repeat(200_000))).toBe(200_000);
  });
});

describe('lineAndColumn', () => {
  it('counts from 1', () => {
    expect(lineAndColumn('a\nbc', 0)).toBe('line 1, column 1');
    expect(lineAndColumn('a\nbc', 3)).toBe('line 2, column 2');
  });
});
