import { describe, expect, it } from 'vitest';
import { createMetrics } from '@stepcast/kit';
import fc from 'fast-check';
import { quantileBetween, readMetrics } from './prometheus.ts';

const BOUNDS = [0.01, 0.1, 1, 10];

describe('the metrics of our services', () => {
  it('are read as they were counted, summed over their labels', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'a"b', 'x y'), fc.nat(1_000))),
        async (counts) => {
          const metrics = createMetrics('test_');
          const counter = metrics.counter('things_total', 'Things { } of "any" kind', ['kind']);
          for (const [kind, amount] of counts) counter.add({ kind }, amount);
          const { totals } = readMetrics(await metrics.text());
          expect(totals.get('test_things_total') ?? 0).toBe(
            counts.reduce((sum, [, amount]) => sum + amount, 0),
          );
        },
      ),
    );
  });

  it('are taken as far as they are metrics, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { totals } = readMetrics(text);
        expect([...totals.values()].every((value) => Number.isFinite(value))).toBe(true);
      }),
    );
  });
});

describe('the quantile between two readings', () => {
  const readingOf = async (values: readonly number[]) => {
    const metrics = createMetrics('');
    const histogram = metrics.histogram('lag_seconds', 'Lag', BOUNDS);
    for (const value of values) histogram.observe(value);
    return readMetrics(await metrics.text()).buckets.get('lag_seconds');
  };

  it('lies in the bucket of the value that it stands for, and counts only what came in between', async () => {
    const some = fc.array(fc.double({ min: 0.0001, max: 9.99, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    await fc.assert(
      fc.asyncProperty(some, some, fc.constantFrom(0.5, 0.95), async (before, between, share) => {
        const [first, second] = [await readingOf(before), await readingOf([...before, ...between])];
        const value = quantileBetween(first, second, share) ?? Number.NaN;
        const sorted = between.toSorted((one, other) => one - other);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
        const upTo = BOUNDS.find((bound) => exact <= bound) ?? 10;
        const from = BOUNDS.filter((bound) => bound < exact).at(-1) ?? 0;
        expect(value).toBeGreaterThanOrEqual(from);
        expect(value).toBeLessThanOrEqual(upTo);
      }),
    );
  });

  it('is nothing where nothing was observed, and the last bound where all is above', async () => {
    expect(quantileBetween(undefined, undefined, 0.5)).toBeNull();
    expect(quantileBetween(await readingOf([1]), await readingOf([1]), 0.5)).toBeNull();
    expect(quantileBetween(undefined, await readingOf([100, 200]), 0.95)).toBe(10);
  });
});
