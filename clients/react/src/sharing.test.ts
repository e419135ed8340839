import { Overview, uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { sameValue, shareOverview, shareSnapshot, shareState } from './sharing.ts';
import { identityId, photoState, step } from './test-support.tsx';

describe('sharing objects between an older and a newer value', () => {
  it('finds two JSON values the same exactly when they are', () => {
    // Few letters and little depth, so that equal values come up by chance too.
    const json = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(sameValue(one, structuredClone(one))).toBe(true);
        expect(sameValue(one, other)).toBe(isDeepStrictEqual(one, other));
        expect(sameValue([one], [one, other])).toBe(false);
        expect(sameValue({ one }, { one, other })).toBe(false);
        expect(sameValue({ one }, { other: one })).toBe(false);
      }),
    );
  });

  it('does not find an array the same as an object, nor two errors the same', () => {
    expect(sameValue([], {})).toBe(false);
    expect(sameValue({}, [])).toBe(false);
    expect(sameValue(null, {})).toBe(false);
    expect(sameValue(new Error('x'), new Error('x'))).toBe(false);
  });

  it('always says what the newer state says, whatever it takes from the older', () => {
    const state = fc
      .record({
        percent: fc.option(fc.integer({ min: 0, max: 100 })),
        names: fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D')),
        attempt: fc.integer({ min: 1, max: 2 }),
        failed: fc.boolean(),
      })
      .map(({ percent, names, attempt, failed }) =>
        photoState(1, {
          percent,
          steps: names.map((name) => step(name, name === 'B' ? { attempt } : {})),
          error: failed ? { name: 'Oops' } : null,
        }),
      );
    fc.assert(
      fc.property(state, state, (before, now) => {
        const shared = shareState(before, now);
        expect(shared).toEqual(now);
        for (const one of shared?.steps ?? []) {
          const old = before.steps.find(({ name }) => name === one.name);
          expect(one === old).toBe(sameValue(one, old));
        }
        expect(shareState(shared, structuredClone(now))).toBe(shared);
      }),
    );
  });

  it('keeps entries of the overview by their upload, wherever they have moved to', () => {
    const entry = (key: string, percent: number) => {
      const { uploadId: _, ...state } = photoState(1, { key, percent });
      return { uploadId: uploadIdOf('uploads', key), ...state };
    };
    const overview = (asOf: string, uploads: object[]) =>
      Overview.parse({ identityId, uploads, asOf, truncated: false });
    const before = overview('2026-11-03T10:00:00.000Z', [entry('a', 1), entry('b', 2)]);
    const now = overview('2026-11-03T10:00:01.000Z', [entry('c', 0), entry('b', 2), entry('a', 5)]);
    const shared = shareOverview(before, now);
    expect(shared).toEqual(now);
    expect(shared?.uploads[1]).toBe(before.uploads[1]);
    expect(shareOverview(before, { ...before, asOf: now.asOf })?.uploads).toBe(before.uploads);
    expect(shareOverview(null, now)).toBe(now);
  });

  it('keeps the older snapshot when every member is the very same', () => {
    const steps: string[] = [];
    const before = { steps, percent: 1 };
    expect(shareSnapshot(before, { steps, percent: 1 })).toBe(before);
    expect(shareSnapshot(before, { steps: [], percent: 1 })).not.toBe(before);
  });
});
