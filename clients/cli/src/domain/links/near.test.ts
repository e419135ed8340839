import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { distance, nearest } from './near.ts';

describe('what was probably meant', () => {
  it('is never further than the rule says, and always one of those that are there', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, candidates) => {
        const meant = nearest(text, candidates);
        return meant === undefined || candidates.includes(meant);
      }),
    );
  });

  it('counts edits as a distance: symmetric, nothing for equal texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(distance(one, other)).toBe(distance(other, one));
        expect(distance(one, one)).toBe(0);
        expect(distance(one, other) === 0).toBe(one === other);
      }),
    );
  });
});
