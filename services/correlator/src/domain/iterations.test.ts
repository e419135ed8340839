import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertProperty } from '../testing/property-runs.ts';
import { nextReportAfter } from './iterations.ts';

describe('iteration reports', () => {
  it('are at most about twenty a Map of known length, the last when all have ended', async () => {
    await assertProperty(
      'iteration reports',
      100,
      fc.property(fc.integer({ min: 1, max: 10_000 }), (total) => {
        let next = 1;
        let reports = 0;
        for (let ended = 1; ended <= total; ended += 1) {
          if (ended < next) continue;
          reports += 1;
          next = nextReportAfter(ended, total);
        }
        expect(reports).toBeLessThanOrEqual(22);
        expect(nextReportAfter(total, total)).toBe(total);
      }),
    );
  });

  it('come at every doubling when the length is unknown', () => {
    expect([0, 1, 2, 4].map((ended) => nextReportAfter(ended, null))).toEqual([1, 2, 4, 8]);
  });
});
