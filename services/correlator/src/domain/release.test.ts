import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { recordOf } from '../testing/records.ts';
import type { IdRange } from './execution-fold.ts';
import { MAX_GAPS, planRelease, removeLost } from './release.ts';

const none = new Set<number>();

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
          const plan = planRelease(
            { lastId, sparse, seen: none, gaps: [[2, 3]], lost: [[4, 6]] },
            candidates,
            giveUp,
          );
          const lists = [plan.release, plan.duplicates, plan.late, plan.dropped, plan.waiting];
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
      { lastId: 2, sparse: false, seen: none, gaps: [], lost: [] },
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
      { lastId: 0, sparse: false, seen: none, gaps: [], lost: [] },
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

  it('distinguishes a late record of a declared gap from a repeated one', () => {
    const gaps: [number, number][] = [
      [5, 7],
      [12, 12],
    ];
    const fold = { lastId: 20, sparse: false, seen: none, gaps, lost: [] };
    const plan = planRelease(fold, [4, 5, 6, 7, 8, 11, 12, 13, 20].map(recordOf), false);
    expect([ids(plan.dropped), ids(plan.duplicates)]).toEqual([
      [5, 6, 7, 12],
      [4, 8, 11, 13, 20],
    ]);
  });

  it('has each record wait once, and says what the first waits for', () => {
    const fold = { lastId: 2, sparse: false, seen: none, gaps: [], lost: [] };
    const plan = planRelease(fold, [9, 5, 9, 5].map(recordOf), false);
    expect([ids(plan.waiting), ids(plan.duplicates), plan.gaps]).toEqual([[5, 9], [5, 9], [[3, 4]]]);
  });

  it('recognises a repeated record of a sparse execution', () => {
    const plan = planRelease(
      { lastId: 9, sparse: true, seen: new Set([7]), gaps: [], lost: [] },
      [7, 4].map(recordOf),
      false,
    );
    expect([ids(plan.release), ids(plan.duplicates)]).toEqual([[4], [7]]);
  });

  it('takes what comes late of a gap without history, once and in order', () => {
    const fold = { lastId: 20, sparse: false, seen: none, gaps: [], lost: [[5, 7] as const] };
    const plan = planRelease(fold, [8, 7, 5, 7, 21].map(recordOf), false);
    expect([ids(plan.late), ids(plan.duplicates), ids(plan.release)]).toEqual([[5, 7], [7, 8], [21]]);
  });
});

describe('what is missing of gaps without history', () => {
  it('becomes less by each record that comes, until none is missing', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([4, 5, 6, 9, 11, 12, 13, 14], { minLength: 8 }), (order) => {
        const lost: IdRange[] = [
          [4, 6],
          [9, 9],
          [11, 14],
        ];
        const missing = new Set(order);
        for (const id of order) {
          removeLost(lost, id);
          removeLost(lost, id);
          missing.delete(id);
          const listed = lost.flatMap(([first, last]) =>
            Array.from({ length: last - first + 1 }, (_unused, index) => first + index),
          );
          expect(listed).toEqual([...missing].toSorted((one, other) => one - other));
        }
      }),
    );
  });

  it('stays within its bound: where a range falls apart the oldest is forgotten', () => {
    const lost = Array.from({ length: MAX_GAPS }, (_unused, index): IdRange => [10 * index, 10 * index + 2]);
    removeLost(lost, 101);
    expect(lost).toHaveLength(MAX_GAPS);
    expect(lost[0]).toEqual([10, 12]);
    expect(lost.slice(9, 11)).toEqual([
      [100, 100],
      [102, 102],
    ]);
  });
});
