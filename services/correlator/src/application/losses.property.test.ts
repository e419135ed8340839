import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ARN, balance, batchOf, createBench } from '../testing/correlation-bench.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { histories } from '../testing/histories.ts';
import { expectEmittedLike, emittedInOrder } from '../testing/emitted-in-order.ts';

describe('correlate', () => {
  it('repairs from history what never came, within five seconds', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (history, shuffle) => {
        const reference = await emittedInOrder(history);
        const { correlation, ports, time, metrics } = createBench();
        const random = seededRandom(shuffle);
        ports.directory.histories.set(ARN, reference.records);
        const lost = 0.05 + 0.45 * random();
        const first = reference.records[0];
        const arriving = reference.records.filter((record) => record === first || random() >= lost);
        for (const records of shuffledBatches(arriving, random, 0.2))
          await correlation.correlate(batchOf(ARN, records));
        let taken: Promise<void> | undefined;
        const last = reference.records.at(-1);
        if (last !== undefined && !arriving.includes(last)) {
          // Nothing comes after it to show that it is missing: the status event does. It is held for a while.
          taken = correlation.takeStatus({
            executionArn: ARN,
            input: undefined,
            fact: {
              status: last.type === 'ExecutionSucceeded' ? 'succeeded' : 'failed',
              redriveCount: last.redriveCount,
              startMs: null,
              stopMs: last.timestampMs,
              redriveMs: null,
            },
          });
        }
        await time.advance(5_000);
        await taken;
        expectEmittedLike(reference, ports);
        const { in: put, accounted } = await balance(metrics);
        expect(accounted).toBe(put);
      }),
    );
  });
});
