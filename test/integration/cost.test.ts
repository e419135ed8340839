import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENGINE, usesOfContainer, usesOfIdleMonth } from '../bench/cost/month.ts';
import { costPage, table, VARIANTS } from '../bench/cost/page.ts';
import { dollarsOf } from '../bench/cost/prices.ts';
import {
  ENTRY_ITEM_BYTES,
  entriesOf,
  publishedQos1,
  publishedRetained,
  snapshotsOf,
  UPLOAD,
  usesOfUpload,
  writeUnitsOf,
} from '../bench/cost/upload.ts';

describe('the cost model', () => {
  it('is what docs/cost.md shows', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'cost.md'), 'utf8');
    expect(page).toBe(costPage());
  });

  it('has an entry for the upload and one for each batch, each with a measured size', () => {
    expect(entriesOf(0)).toBe(1);
    expect(entriesOf(UPLOAD.logBatches.value)).toBe(ENTRY_ITEM_BYTES.length);
    expect(ENTRY_ITEM_BYTES.reduce((sum, bytes) => sum + bytes, 0)).toBe(UPLOAD.entryItemBytes.value);
  });

  it('counts a write unit for each kilobyte begun', () => {
    expect([1, 1024, 1025, 2401].map(writeUnitsOf)).toEqual([1, 1, 2, 3]);
  });

  it('counts a snapshot at the beginning, at the end, and for each whole interval before the end', () => {
    expect([1, 9, 10, 11, 20, 21, 60].map((seconds) => snapshotsOf(seconds, 10))).toEqual([
      2, 2, 2, 3, 3, 4, 7,
    ]);
  });

  it('meters QoS 1 with the PUBACK of each client, and retained messages with their storage', () => {
    expect(publishedQos1(7, 1)).toBe(21);
    expect(publishedQos1(7, 0)).toBe(7);
    expect(publishedRetained(2, 1)).toBe(6);
    expect(publishedRetained(2, 0)).toBe(4);
  });

  it('multiplies amounts by list prices', () => {
    const uses = usesOfContainer({ name: 'one', copies: 2, vcpu: 1, gb: 2, cpu: 'x86' });
    expect(dollarsOf(uses)).toBeCloseTo(2 * 730 * (0.04048 + 2 * 0.004445), 6);
    expect(dollarsOf([{ service: 's', what: 'w', price: 'iotMessage', amount: 1_000_000 }])).toBeCloseTo(
      1,
      9,
    );
  });

  it('makes the engine cheaper than the apart form, and a busy system cheaper than a quiet one', () => {
    const [engineQuiet = 0, engineBusy = 0, apartQuiet = 0, apartBusy = 0] = VARIANTS.map((variant) =>
      dollarsOf(usesOfUpload(variant)),
    );
    expect(engineQuiet).toBeLessThan(apartQuiet);
    expect(engineBusy).toBeLessThan(apartBusy);
    expect(engineBusy).toBeLessThan(engineQuiet);
    expect(apartBusy).toBeLessThan(apartQuiet);
  });

  it('counts long polls of an idle engine by the length of a poll', () => {
    const polls = (pollSeconds: number) =>
      usesOfIdleMonth({ ...ENGINE, pollSeconds })
        .filter(({ service }) => service === 'SQS')
        .reduce((sum, { amount }) => sum + amount, 0);
    expect(polls(20)).toBe((8 * 730 * 3_600) / 20);
    expect(polls(10)).toBe(2 * polls(20));
  });
});

describe('a table of the page', () => {
  it('has columns of one width, whatever the cells hold', () => {
    const cell = fc.constantFrom('', 'a', '$1.00', '–', 'engine ≤ $70', '`x`');
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
        const lengths = table(rows, 1)
          .split('\n')
          .map((line) => line.length);
        expect(new Set(lengths).size).toBe(1);
        expect(lengths).toHaveLength(rows.length + 1);
      }),
    );
  });
});
