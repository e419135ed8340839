import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { ExecutionRecord } from '@stepcast/wire';
import {
  ARN,
  batchOf,
  createBench,
  expressArnOf,
  objectCreated,
  stateOf,
} from '../testing/correlation-bench.ts';
import { emittedInOrder, expectEmittedLike } from '../testing/emitted-in-order.ts';
import { createInMemoryPorts } from '../testing/in-memory-ports.ts';
import { mortalPorts, ProcessLife, SharedOutbox, type Death } from '../testing/mortal-ports.ts';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { shuffledBatches } from '../testing/shuffled-batches.ts';
import { expectNothingLost, seenOf } from '../testing/subscriber.ts';

/** Calls of ports that a batch takes, about; so that most deaths come while there is still work. */
const CALLS_A_BATCH = 6;

const deaths = fc.array(
  fc.record({ place: fc.nat(), moment: fc.constantFrom<Death['moment']>('before', 'after') }),
  { minLength: 1, maxLength: 4 },
);

/** Processes one after another: when one dies, the next begins, which remembers nothing. */
function createWorld(
  plan: readonly { readonly place: number; readonly moment: Death['moment'] }[],
  calls: number,
) {
  const ports = createInMemoryPorts();
  const outbox = new SharedOutbox();
  const { time } = createBench();
  const coming = plan.values();
  const begin = (death?: Death) => {
    const life = new ProcessLife(death);
    const bench = createBench({
      ports,
      seenPorts: mortalPorts(ports, outbox, life),
      time,
      timers: life.timers(time),
    });
    return { life, correlation: bench.correlation };
  };
  const beginNext = () => {
    const { value } = coming.next();
    return begin(
      value === undefined ? undefined : { atCall: 1 + (value.place % calls), moment: value.moment },
    );
  };
  return { ports, outbox, time, begin, beginNext };
}

describe('the wire', () => {
  it('has every entry at least once, in order at its first delivery, when processes die at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), deaths, async (history, shuffle, plan) => {
        const reference = await emittedInOrder(history);
        const random = seededRandom(shuffle);
        const work = shuffledBatches(reference.records, random, 0.2);
        const { ports, outbox, time, begin, beginNext } = createWorld(plan, work.length * CALLS_A_BATCH);
        let process = beginNext();
        while (work.length > 0) {
          const together = work.splice(0, 1 + Math.floor(random() * 3));
          for (;;) {
            const { life, correlation } = process;
            const done = Promise.all(together.map((records) => correlation.correlate(batchOf(ARN, records))));
            if ((await Promise.race([done, life.over])) !== 'dead') break;
            // Nothing of what was in hand was acknowledged: all of it is redelivered.
            process = beginNext();
          }
          // What was acknowledged needs nobody's memory.
          if (random() < 0.1) {
            process.life.die();
            process = beginNext();
          }
        }
        process.life.die();
        await time.advance(5_000);
        const survivor = begin();
        await survivor.correlation.sweep();
        await time.advance(20_000);
        expectEmittedLike(reference, ports);
        expectNothingLost(ports, outbox.arrived);
        // A subscriber to the retained state ends with the newest.
        const { newest, states } = seenOf(outbox.arrived);
        expect(states).toEqual(newest);
      }),
    );
  });

  it('has also the entries that timers wrote, by the sweep of the next process', async () => {
    const arn = expressArnOf('up-1');
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), deaths, async (history, shuffle, plan) => {
        const random = seededRandom(shuffle);
        const { records } = randomHistory(history.seed, {
          maxDepth: history.maxDepth,
          input: objectCreated(),
        });
        const [first, last] = [records[0], records.at(-1)];
        // An Express execution has no history: what is lost makes a gap, which a timer declares.
        const arriving = records.filter((record) => record === first || record === last || random() > 0.2);
        const work: ExecutionRecord[][] = shuffledBatches(arriving, random, 0.1);
        const { ports, outbox, time, begin, beginNext } = createWorld(plan, work.length * CALLS_A_BATCH + 10);
        let process = beginNext();
        for (const batch of work) {
          for (;;) {
            const done = process.correlation.correlate(batchOf(arn, batch));
            if ((await Promise.race([done, process.life.over])) !== 'dead') break;
            process = beginNext();
          }
        }
        // Timers ring, and the process may die in the middle of what they do.
        for (let turn = 0; turn < 4; turn += 1) {
          await time.advance(12_000);
          if (process.life.isDead) {
            process = beginNext();
            await Promise.race([process.correlation.sweep(), process.life.over]);
          }
        }
        process.life.die();
        const survivor = begin();
        await survivor.correlation.sweep();
        await time.advance(30_000);
        await survivor.correlation.sweep();
        await time.advance(30_000);
        expect((await ports.executions.load(arn)).parked).toEqual([]);
        expectNothingLost(ports, outbox.arrived);
        const { newest, states } = seenOf(outbox.arrived);
        expect(states).toEqual(newest);
        // It ends as its last record says, whichever came of those before.
        expect(stateOf(ports)?.status).toBe(last?.type === 'ExecutionSucceeded' ? 'succeeded' : 'failed');
      }),
      // The record of the redrive is lost, and the end of the redrive was taken for the end before.
      { examples: [[{ seed: -736897642, maxDepth: 2 }, -964721490, [{ place: 0, moment: 'before' }]]] },
    );
  });
});
