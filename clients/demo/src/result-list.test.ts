import { describe, expect, it } from 'vitest';
import { valueText } from './result-list.ts';

describe('a result', () => {
  it.each([
    ['4 pages', '4 pages'],
    [4321, '4321'],
    [null, 'null'],
    [{ words: [1, 2] }, '{"words":[1,2]}'],
  ])('%j is shown as %j', (value, text) => {
    expect(valueText(value)).toBe(text);
  });

  it('that is long ends with dots, and not in the middle of a character', () => {
    expect(valueText('😀'.repeat(400))).toBe(`${'😀'.repeat(300)}…`);
  });
});
