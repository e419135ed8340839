import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { recordOf } from '../testing/records.ts';
import { parkedItem, pieces, runs } from './parked.ts';

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

  it('fit an item by their number, and by their size even when one alone is too large', () => {
    const many = Array.from({ length: 250 }, (_unused, index) => recordOf(index + 1));
    expect(pieces(many).map((piece) => piece.length)).toEqual([100, 100, 50]);
    expect(pieces([])).toEqual([]);
    const huge = (id: number) => ({
      ...recordOf(id),
      details: { projections: { text: 'x'.repeat(100_000) } },
    });
    expect(pieces([huge(1), huge(2), recordOf(3)]).map((piece) => piece.length)).toEqual([1, 1, 1]);
    const inputs = many
      .slice(0, 10)
      .map((record) => ({ ...record, details: { input: 'x'.repeat(200_000) } }));
    expect(pieces(inputs)).toHaveLength(1);
  });

  const item = {
    parkedMs: 1,
    records: [recordOf(1), recordOf(2)],
    statuses: [],
    evidence: undefined,
    inputSeen: false,
  };
  const fact = { status: 'failed', redriveCount: 1, startMs: null, stopMs: null, redriveMs: null } as const;

  it('are the same item when they are parked again, and another when anything in it differs', () => {
    const { key } = parkedItem(item);
    expect(parkedItem({ ...item, parkedMs: 2 }).key).toBe(key);
    const others = [
      { ...item, records: [recordOf(1)] },
      { ...item, records: [recordOf(12)] },
      { ...item, records: [recordOf(1), { ...recordOf(2), redriveCount: 1 }] },
      { ...item, inputSeen: true },
      { ...item, statuses: [fact] },
      { ...item, statuses: [{ ...fact, redriveCount: 2 }] },
      { ...item, statuses: [fact, { ...fact, status: 'aborted' as const }] },
    ].map((one) => parkedItem(one).key);
    expect(new Set([key, ...others]).size).toBe(8);
    expect(key).toMatch(/^[a-z2-7]{26}$/);
  });

  it('keep everything but the input', () => {
    const started = { ...recordOf(1), details: { input: '{"secret":1}', name: 'N' } };
    const { records } = parkedItem({ ...item, records: [started, recordOf(2)] });
    expect(records).toEqual([{ ...started, details: { name: 'N', input: undefined } }, recordOf(2)]);
    expect(JSON.stringify(records)).not.toContain('secret');
  });
});
