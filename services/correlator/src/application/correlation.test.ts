import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  arnOf,
  balance,
  batchOf,
  createBench,
  eventsOf,
  objectCreated,
  offsetsOf,
} from '../testing/correlation-bench.ts';
import type { createInMemoryPorts } from '../testing/in-memory-ports.ts';
import { assertProperty } from '../testing/property-runs.ts';
import { randomHistory, seededRandom, shuffledBatches } from '../testing/random-history.ts';

/** Long enough for the 10,000 cases a property of the separate run. */
jest.setTimeout(3_600_000);

const arn = arnOf('up-1');

async function inOrder(seed: number) {
  const { records } = randomHistory(seed, { input: objectCreated() });
  const bench = createBench();
  await bench.correlation.correlate(batchOf(arn, records));
  return { records, events: eventsOf(bench.ports, arn), state: bench.ports.journal.all().at(-1)?.body.state };
}

function expectWhole(ports: ReturnType<typeof createInMemoryPorts>) {
  for (const offsets of offsetsOf(ports)) expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
}

describe('correlate', () => {
  it('tells the same, whatever the order, repetition and cut of the records on the way', async () => {
    await assertProperty(
      'permutation, duplication, split, merge',
      100,
      fc.asyncProperty(fc.integer(), fc.integer(), async (seed, shuffle) => {
        const reference = await inOrder(seed);
        const bench = createBench();
        for (const records of shuffledBatches(reference.records, seededRandom(shuffle), 0.2))
          await bench.correlation.correlate(batchOf(arn, records));
        await bench.time.advance(0);
        expect(eventsOf(bench.ports, arn)).toEqual(reference.events);
        expect(bench.ports.journal.all().at(-1)?.body.state).toEqual(reference.state);
        expectWhole(bench.ports);
        const { in: put, accounted } = await balance(bench.metrics);
        expect(accounted).toBe(put);
        const stored = await bench.ports.executions.load(arn);
        expect(stored.parked).toEqual([]);
      }),
    );
  });

  it('tells the same when two correlators share the work', async () => {
    await assertProperty(
      'two correlators',
      60,
      fc.asyncProperty(fc.integer(), fc.integer(), async (seed, shuffle) => {
        const reference = await inOrder(seed);
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
            together.map(({ records, by }) => by.correlation.correlate(batchOf(arn, records))),
          );
        }
        await one.time.advance(5_000);
        expect(eventsOf(one.ports, arn)).toEqual(reference.events);
        expect(one.ports.journal.all().at(-1)?.body.state).toEqual(reference.state);
        expectWhole(one.ports);
      }),
    );
  });

  it('loses and repeats nothing when it dies at any moment and the batch comes again', async () => {
    await assertProperty(
      'crash at any await',
      100,
      fc.asyncProperty(
        fc.integer(),
        fc.integer(),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom<'before' | 'after'>('before', 'after'),
        async (seed, shuffle, failAt, moment) => {
          const reference = await inOrder(seed);
          let bench = createBench();
          const { ports } = bench;
          ports.failures.failAt(failAt, moment);
          for (const records of shuffledBatches(reference.records, seededRandom(shuffle), 0.2)) {
            for (let attempt = 0; attempt < 3; attempt += 1) {
              try {
                await bench.correlation.correlate(batchOf(arn, records));
                break;
              } catch {
                // The process is gone: a new one, which remembers nothing, gets the batch again.
                bench = createBench({ ports, time: bench.time });
              }
            }
          }
          await bench.time.advance(5_000);
          ports.failures.clear();
          await bench.correlation.sweep();
          await bench.time.advance(5_000);
          expect(eventsOf(ports, arn)).toEqual(reference.events);
          expectWhole(ports);
          const last = ports.journal.all().at(-1);
          expect(last?.body.state).toEqual(reference.state);
          // Whoever publishes learns of the newest entry, and reads from the journal what else there is.
          expect(
            ports.outbox.sent.some((sent) => sent.progress.lastOffset === last?.body.state.position.offset),
          ).toBe(true);
        },
      ),
    );
  });

  it('repairs from history what never came, within five seconds', async () => {
    await assertProperty(
      'losses',
      60,
      fc.asyncProperty(fc.integer(), fc.integer(), async (seed, shuffle) => {
        const reference = await inOrder(seed);
        const bench = createBench();
        const random = seededRandom(shuffle);
        bench.ports.directory.histories.set(arn, reference.records);
        const first = reference.records[0];
        const arriving = reference.records.filter((record) => record === first || random() >= 0.1);
        for (const records of shuffledBatches(arriving, random, 0.2))
          await bench.correlation.correlate(batchOf(arn, records));
        const last = reference.records.at(-1);
        if (last !== undefined && !arriving.includes(last)) {
          // Nothing comes after it to show that it is missing: the status event does.
          const status = last.type === 'ExecutionSucceeded' ? 'succeeded' : 'failed';
          await bench.correlation.takeStatus({
            executionArn: arn,
            input: undefined,
            fact: {
              status,
              redriveCount: last.redriveCount,
              startMs: null,
              stopMs: last.timestampMs,
              redriveMs: null,
            },
          });
        }
        await bench.time.advance(5_000);
        expect(eventsOf(bench.ports, arn)).toEqual(reference.events);
        expect(bench.ports.journal.all().at(-1)?.body.state).toEqual(reference.state);
        const { in: put, accounted } = await balance(bench.metrics);
        expect(accounted).toBe(put);
      }),
    );
  });
});
