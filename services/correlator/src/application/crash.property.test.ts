import { describe, it } from 'vitest';
import fc from 'fast-check';
import { ARN, batchOf, createBench } from '../testing/correlation-bench.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { histories } from '../testing/histories.ts';
import { expectEmittedLike, emittedInOrder } from '../testing/emitted-in-order.ts';
import { expectNothingLost } from '../testing/subscriber.ts';

/** Calls of ports that a batch takes, about; so that most deaths come while there is still work. */
const CALLS_A_BATCH = 4;

const deaths = fc.array(
  fc.record({ place: fc.nat(), moment: fc.constantFrom<'before' | 'after'>('before', 'after') }),
  { minLength: 1, maxLength: 3 },
);

describe('correlate', () => {
  it('loses and repeats nothing when it dies at any moment, up to three times, and the batch is redelivered', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), deaths, async (history, shuffle, dies) => {
        const reference = await emittedInOrder(history);
        const batches = shuffledBatches(reference.records, seededRandom(shuffle), 0.2);
        const coming = dies.values();
        let bench = createBench();
        const { ports, time } = bench;
        const dieNext = () => {
          const { value } = coming.next();
          if (value !== undefined)
            ports.failures.failAt(1 + (value.place % (batches.length * CALLS_A_BATCH)), value.moment);
        };
        dieNext();
        for (const records of batches) {
          for (let again = true; again;) {
            try {
              await bench.correlation.correlate(batchOf(ARN, records));
              again = false;
            } catch {
              // The process is gone: a new one, which remembers nothing, gets the batch again.
              bench = createBench({ ports, time });
              dieNext();
            }
          }
        }
        await time.advance(5_000);
        ports.failures.clear();
        await bench.correlation.sweep();
        await time.advance(5_000);
        expectEmittedLike(reference, ports);
        expectNothingLost(ports, ports.outbox.sent);
      }),
    );
  });
});
