import { describe, it } from 'vitest';
import fc from 'fast-check';
import { ARN, batchOf, createBench } from '../testing/correlation-bench.ts';
import { emittedInOrder, expectEmittedLike } from '../testing/emitted-in-order.ts';
import { histories } from '../testing/histories.ts';
import { createInMemoryPorts } from '../testing/in-memory-ports.ts';
import { mortalPorts, ProcessLife, SharedOutbox } from '../testing/mortal-ports.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { expectNothingLost } from '../testing/subscriber.ts';

describe('the wire', () => {
  it('has every entry in order when two correlators share the work and the outbox', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (history, shuffle) => {
        const reference = await emittedInOrder(history);
        const ports = createInMemoryPorts();
        const random = seededRandom(shuffle);
        // Handovers of one may overtake those of the other.
        const outbox = new SharedOutbox(() => Math.floor(60 * random()));
        const { time } = createBench();
        ports.directory.histories.set(ARN, reference.records);
        const begin = () => {
          const life = new ProcessLife();
          return createBench({ ports, seenPorts: mortalPorts(ports, outbox, life), time }).correlation;
        };
        const [one, other] = [begin(), begin()];
        const work = shuffledBatches(reference.records, random, 0.2).map((records) => ({
          records,
          by: random() < 0.5 ? one : other,
        }));
        while (work.length > 0) {
          const together = work.splice(0, 1 + Math.floor(random() * 4));
          await Promise.all(together.map(({ records, by }) => by.correlate(batchOf(ARN, records))));
          if (random() < 0.1) await time.advance(1_000);
        }
        await time.advance(5_000);
        expectEmittedLike(reference, ports);
        expectNothingLost(ports, outbox.arrived);
      }),
    );
  });
});
