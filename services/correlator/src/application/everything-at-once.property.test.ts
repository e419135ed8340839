import { describe, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { ARN, batchOf, createBench } from '../testing/correlation-bench.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { histories } from '../testing/histories.ts';
import { expectEmittedLike, emittedInOrder } from '../testing/emitted-in-order.ts';

/** Calls of ports that a batch takes, about. */
const CALLS_A_BATCH = 4;
const DEATHS = 3;

describe('correlate', () => {
  it('emits the same when two correlators share the work, records are lost, and either of them dies now and then', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (history, shuffle) => {
        const reference = await emittedInOrder(history);
        const random = seededRandom(shuffle);
        const first = createBench();
        const { ports, time } = first;
        const start = () => createBench({ ports, time });
        const correlators = [first, start()];
        ports.directory.histories.set(ARN, reference.records);

        const [begins, ends] = [reference.records[0], reference.records.at(-1)];
        const lost = 0.3 * random();
        const arriving = reference.records.filter(
          (record) => record === begins || record === ends || random() >= lost,
        );
        const work = shuffledBatches(arriving, random, 0.2);
        const calls = work.length * CALLS_A_BATCH;
        let deaths = 0;
        const dieSoon = () => {
          deaths += 1;
          if (deaths <= DEATHS)
            ports.failures.failAt(1 + Math.floor(random() * calls), random() < 0.5 ? 'before' : 'after');
        };
        const take = async (records: readonly ExecutionRecord[]) => {
          for (;;) {
            const who = random() < 0.5 ? 0 : 1;
            try {
              return await correlators[who]?.correlation.correlate(batchOf(ARN, records));
            } catch {
              // This one is gone. Another one, which remembers nothing, is there in its place; the batch is redelivered.
              correlators[who] = start();
              dieSoon();
            }
          }
        };
        dieSoon();
        while (work.length > 0) {
          const together = work.splice(0, 1 + Math.floor(random() * 4));
          await Promise.all(together.map(take));
          if (random() < 0.2) await time.advance(1_000);
        }
        await time.advance(5_000);
        ports.failures.clear();
        for (const { correlation } of correlators) await correlation.sweep();
        await time.advance(5_000);
        expectEmittedLike(reference, ports);
      }),
    );
  });
});
