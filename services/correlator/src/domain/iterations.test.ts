import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { newFold, type Visit } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { iterationEnded, iterationStarted, nextReportAfter } from './iterations.ts';

function mapVisit(total: number | null): Visit {
  return {
    id: 2,
    lane: 0,
    name: 'M',
    type: 'Map',
    attempt: 1,
    enteredMs: 0,
    failure: null,
    closed: false,
    fanOut: 3,
    iterations: total === null ? null : { total, started: 0, succeeded: 0, failed: 0 },
    nextReport: 1,
    reported: null,
  };
}

describe('iteration reports', () => {
  it('are at most about twenty a Map of known length, in even steps, the last when all have ended', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (total) => {
        const map = mapVisit(total);
        const events: number[] = [];
        for (let ended = 1; ended <= total; ended += 1) {
          iterationStarted(map);
          const counts = iterationEnded(map, ended % 3 > 0);
          if (counts === undefined) continue;
          events.push(ended);
          expect(counts).toEqual({
            total,
            started: ended,
            succeeded: ended - Math.floor(ended / 3),
            failed: Math.floor(ended / 3),
          });
        }
        expect(events.length).toBeLessThanOrEqual(21);
        expect(events.length).toBeGreaterThanOrEqual(Math.min(total, 10));
        expect(events[0]).toBe(1);
        expect(events.at(-1)).toBe(total);
        expect(nextReportAfter(total, total)).toBe(total);
      }),
    );
  });

  it('come at every doubling when the length is unknown', () => {
    expect([0, 1, 2, 4].map((ended) => nextReportAfter(ended, null))).toEqual([1, 2, 4, 8]);
    const map = mapVisit(null);
    const events = Array.from({ length: 9 }, () => iterationEnded(map, true)?.succeeded);
    expect(events.filter((ended) => ended !== undefined)).toEqual([1, 2, 4, 8]);
  });

  it('count iterations whose start was never seen', () => {
    const map = mapVisit(null);
    iterationStarted(map);
    expect(map.iterations).toEqual({ total: null, started: 1, succeeded: 0, failed: 0 });
  });
});

describe('a Map', () => {
  const begun: Line[] = [
    [2, 'MapStateEntered', 0, { name: 'M' }],
    [3, 'MapStateStarted', 2, { length: 40 }],
  ];
  const countsOf = (...lines: Line[]) => {
    const fold = newFold(false);
    return records(...lines).flatMap((record) =>
      foldRecord(fold, ARN, record)
        .events.filter(({ kind }) => kind === 'iterationsProgressed')
        .map(({ step, iterations }) => [record.id, step?.name, iterations]),
    );
  };
  const counts = (started: number, succeeded: number, failed: number) => ({
    total: 40,
    started,
    succeeded,
    failed,
  });

  it('says how many iterations there are before the first has ended', () => {
    expect(countsOf(...begun)).toEqual([[3, 'M', counts(0, 0, 0)]]);
  });

  it('says nothing of them when the length is not known, or nothing', () => {
    const [entered] = begun;
    if (entered === undefined) throw new Error('no first line');
    expect(countsOf(entered, [3, 'MapStateStarted', 2])).toEqual([]);
    expect(countsOf(entered, [3, 'MapStateStarted', 2, { length: 0 }])).toEqual([]);
  });

  it('counts from the start again when it is tried again', () => {
    const events = countsOf(
      ...begun,
      [4, 'MapIterationStarted', 3, { name: 'M', index: 0 }],
      [5, 'MapIterationStarted', 3, { name: 'M', index: 1 }],
      [6, 'MapIterationSucceeded', 4, { name: 'M', index: 0 }],
      [7, 'TaskStateEntered', 5, { name: 'T' }],
      [8, 'TaskFailed', 7],
      [9, 'MapIterationFailed', 8, { name: 'M', index: 1 }],
      [10, 'MapStateStarted', 8, { length: 40 }],
      [11, 'MapIterationStarted', 10, { name: 'M', index: 0 }],
      [12, 'MapIterationSucceeded', 11, { name: 'M', index: 0 }],
    );
    expect(events).toEqual([
      [3, 'M', counts(0, 0, 0)],
      [6, 'M', counts(2, 1, 0)],
      [9, 'M', counts(2, 1, 1)],
      [10, 'M', counts(0, 0, 0)],
      [12, 'M', counts(1, 1, 0)],
    ]);
  });
});
