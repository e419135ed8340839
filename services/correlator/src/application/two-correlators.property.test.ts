import { describe, it } from 'vitest';
import fc from 'fast-check';
import { ARN, batchOf, createBench } from '../testing/correlation-bench.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { histories } from '../testing/histories.ts';
import { expectEmittedLike, emittedInOrder } from '../testing/emitted-in-order.ts';

describe('correlate', () => {
  it('emits the same when two correlators share the work', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (history, shuffle) => {
        const reference = await emittedInOrder(history);
        const one = createBench();
        const other = createBench({ ports: one.ports, time: one.time });
        const random = seededRandom(shuffle);
        const work = shuffledBatches(reference.records, random, 0.2).map((records) => ({
          records,
          by: random() < 0.5 ? one : other,
        }));
        while (work.length > 0) {
          const together = work.splice(0, 1 + Math.floor(random() * 4));
          await Promise.all(
            together.map(({ records, by }) => by.correlation.correlate(batchOf(ARN, records))),
          );
        }
        await one.time.advance(5_000);
        expectEmittedLike(reference, one.ports);
      }),
    );
  });
});
