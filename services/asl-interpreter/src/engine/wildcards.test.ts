import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { matchesWildcards } from './wildcards.ts';

/** What StringMatches means, tried out in every way. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('*'))
    return Array.from({ length: text.length + 1 }, (_unused, at) => text.slice(at)).some((rest) =>
      matchesSlowly(pattern.slice(1), rest),
    );
  const length = pattern.startsWith('\\\\') || pattern.startsWith('\\*') ? 2 : 1;
  return (
    text.startsWith(pattern.charAt(length - 1)) &&
    text !== '' &&
    matchesSlowly(pattern.slice(length), text.slice(1))
  );
}

const of = (...characters: string[]) =>
  fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((all) => all.join(''));

describe('matchesWildcards', () => {
  it('finds what trying every way finds', () => {
    fc.assert(
      fc.property(of('a', 'b', '*', '\\'), of('a', 'b', '*', '\\'), (pattern, text) => {
        expect(matchesWildcards(pattern, text)).toBe(matchesSlowly(pattern, text));
      }),
    );
  });

  it('takes linear time for a pattern of many stars, which as a regular expression took for ever', () => {
    const before = process.threadCpuUsage();
    expect(matchesWildcards(`${'*a'.repeat(100)}b`, 'a'.repeat(100_000))).toBe(false);
    expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
