import { describe, expect, it } from 'vitest';
import { boundedRegExps, RegexTooSlowError } from './regex.ts';

describe('a regular expression of a definition', () => {
  it('that backtracks without end is ended, and the next one runs', () => {
    const endless = new boundedRegExps('^(a+)+$');
    const startedAt = performance.now();
    expect(() => endless.exec(`${'a'.repeat(64)}!`)).toThrow(RegexTooSlowError);
    // A quarter of a second, and what a busy machine adds; without the bound it takes longer than any test.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(new boundedRegExps('^(a+)+$').exec('aaa')?.[0]).toBe('aaa');
  });

  it('matches as one of JavaScript does, with its flags and groups', () => {
    const expression = new boundedRegExps(/(?<word>b+)/i);
    expect(expression.exec('aBBc')).toMatchObject({ 0: 'BB', index: 1, groups: { word: 'BB' } });
    expect(expression.exec('ac')).toBeNull();
  });
});
