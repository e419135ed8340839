import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordOf } from '../testing/records.ts';
import { pieces, runs } from './parked.ts';

describe('parked records', () => {
  it('are cut into runs of consecutive ids, and lose none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 400 })), (numbers) => {
        const cut = runs(numbers.map(recordOf));
        expect(cut.flat().map((record) => record.id)).toEqual(numbers.toSorted((a, b) => a - b));
        for (const run of cut) {
          expect(run.length).toBeLessThanOrEqual(100);
          expect(run.map((record) => record.id)).toEqual(
            run.map((_record, index) => (run[0]?.id ?? 0) + index),
          );
        }
      }),
    );
  });

  it('fit an item also when projections make them large', () => {
    const large = Array.from({ length: 60 }, (_unused, index) => ({
      ...recordOf(index + 1),
      details: { projections: { text: 'x'.repeat(16_000) } },
    }));
    for (const piece of pieces(large)) expect(JSON.stringify(piece).length).toBeLessThan(300_000);
  });
});
