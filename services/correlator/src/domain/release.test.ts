import { describe, expect, it } from '@jest/globals';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { recordOf } from '../testing/records.ts';
import { planRelease } from './release.ts';

describe('release', () => {
  const ids = (records: readonly ExecutionRecord[]) => records.map((record) => record.id);

  it('puts every record into exactly one list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 10 }),
        fc.boolean(),
        fc.boolean(),
        (numbers, lastId, sparse, giveUp) => {
          const candidates = numbers.map(recordOf);
          const plan = planRelease({ lastId, sparse, seen: [], gaps: [[2, 3]] }, candidates, giveUp);
          const lists = [plan.release, plan.duplicates, plan.late, plan.waiting];
          expect(lists.flat()).toHaveLength(candidates.length);
          expect(new Set(lists.flat())).toEqual(new Set(candidates));
          expect(ids(plan.release)).toEqual([...new Set(ids(plan.release))].toSorted((a, b) => a - b));
          if (giveUp || sparse) expect(plan.waiting).toEqual([]);
        },
      ),
    );
  });

  it('stops at a hole, and says which ids are missing', () => {
    const plan = planRelease(
      { lastId: 2, sparse: false, seen: [], gaps: [] },
      [7, 3, 4, 8, 3].map(recordOf),
      false,
    );
    expect([ids(plan.release), ids(plan.waiting), ids(plan.duplicates), plan.gaps]).toEqual([
      [3, 4],
      [7, 8],
      [3],
      [[5, 6]],
    ]);
  });

  it('passes over holes that are given up, and lists each', () => {
    const plan = planRelease(
      { lastId: 0, sparse: false, seen: [], gaps: [] },
      [2, 5, 6, 9].map(recordOf),
      true,
    );
    expect([ids(plan.release), plan.gaps]).toEqual([
      [2, 5, 6, 9],
      [
        [1, 1],
        [3, 4],
        [7, 8],
      ],
    ]);
  });

  it('tells a late record of a declared gap from a repeated one', () => {
    const gaps: [number, number][] = [
      [5, 7],
      [12, 12],
    ];
    const fold = { lastId: 20, sparse: false, seen: [], gaps };
    const plan = planRelease(fold, [4, 5, 6, 7, 8, 11, 12, 13, 20].map(recordOf), false);
    expect([ids(plan.late), ids(plan.duplicates)]).toEqual([
      [5, 6, 7, 12],
      [4, 8, 11, 13, 20],
    ]);
  });

  it('keeps each record that waits once, and says what the first waits for', () => {
    const fold = { lastId: 2, sparse: false, seen: [], gaps: [] };
    const plan = planRelease(fold, [9, 5, 9, 5].map(recordOf), false);
    expect([ids(plan.waiting), ids(plan.duplicates), plan.gaps]).toEqual([[5, 9], [5, 9], [[3, 4]]]);
  });

  it('knows a repeated record of a sparse execution', () => {
    const plan = planRelease({ lastId: 9, sparse: true, seen: [7], gaps: [] }, [7, 4].map(recordOf), false);
    expect([ids(plan.release), ids(plan.duplicates)]).toEqual([[4], [7]]);
  });
});
