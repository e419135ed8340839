import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ARN, balance, batchOf, createBench } from '../testing/correlation-bench.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { histories } from '../testing/histories.ts';
import { expectEmittedLike, emittedInOrder } from '../testing/emitted-in-order.ts';

describe('correlate', () => {
  it('emits the same, whatever the order, repetition and cut of the records on the way', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (history, shuffle) => {
        const reference = await emittedInOrder(history);
        const { correlation, ports, time, metrics } = createBench();
        for (const records of shuffledBatches(reference.records, seededRandom(shuffle), 0.2))
          await correlation.correlate(batchOf(ARN, records));
        await time.advance(0);
        expectEmittedLike(reference, ports);
        const { in: put, accounted } = await balance(metrics);
        expect(accounted).toBe(put);
        expect((await ports.executions.load(ARN)).parked).toEqual([]);
      }),
    );
  });
});
