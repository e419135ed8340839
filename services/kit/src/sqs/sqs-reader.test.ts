import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Logger } from '../logger.ts';
import { silentLogger } from '../logger.ts';
import { ManualTime } from '../testing.ts';
import {
  createSqsReader,
  type ReceivedMessage,
  type SqsReader,
  type SqsReaderOptions,
} from './sqs-reader.adapter.ts';
import { InMemorySqs } from './testing/in-memory-sqs.ts';

interface World {
  readonly time: ManualTime;
  readonly sqs: InMemorySqs;
  readonly reader: SqsReader;
  readonly received: ReceivedMessage[];
  readonly logged: string[];
  message(id: string): ReceivedMessage;
}

function world(
  options: Partial<SqsReaderOptions> & {
    readonly fifo?: boolean;
    readonly messages?: readonly string[];
  } = {},
): World {
  const { fifo = false, messages = [], ...overrides } = options;
  const time = new ManualTime();
  const sqs = new InMemorySqs(time, { fifo });
  for (const id of messages) sqs.put(id, fifo ? id.slice(0, 1) : undefined);
  const received: ReceivedMessage[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string) => {
    logged.push(message);
  };
  const logger: Logger = { ...silentLogger, info: log, warn: log, error: log };
  const reader = createSqsReader({
    sqs,
    queueUrl: sqs.queueUrl,
    logger,
    clock: time,
    timers: time,
    random: () => 0.5,
    pollers: 1,
    maxInHand: 20,
    visibilityTimeoutSeconds: 8,
    waitTimeSeconds: 2,
    onMessages: (batch) => {
      received.push(...batch);
    },
    ...overrides,
  });
  return {
    time,
    sqs,
    reader,
    received,
    logged,
    message(id) {
      const found = received.findLast((one) => one.id === id);
      if (found === undefined) throw new Error(`${id} was not received`);
      return found;
    },
  };
}

const ids = (count: number) => Array.from({ length: count }, (_unused, index) => `m${index}`);
const callsOf = (sqs: InMemorySqs, operation: string) =>
  sqs.calls.filter((call) => call.operation === operation).map(({ entries }) => entries);

/** Stops, while time passes. */
async function stopped({ reader, time }: World, graceMs: number, signal?: AbortSignal): Promise<void> {
  const stop = reader.stop({ graceMs, ...(signal === undefined ? {} : { signal }) });
  await time.advance(20_000);
  await stop;
}

describe('the SQS reader', () => {
  it('hands over what a receive brought, and deletes what is done in batches', async () => {
    const one = world({ messages: ids(20) });
    one.reader.start();
    await one.time.advance(100);
    expect(one.received.map(({ id }) => id)).toEqual(ids(20));
    expect(one.received[0]).toMatchObject({ body: 'm0', receiveCount: 1, groupId: undefined });
    expect(one.received[0]?.sentAtMs).toBe(Date.UTC(2026, 10, 3, 10, 15));
    for (const message of one.received.slice(0, 13)) message.settle('done');
    await one.time.advance(100);
    expect(one.sqs.deleted.toSorted()).toEqual(ids(20).slice(0, 13).toSorted());
    expect(callsOf(one.sqs, 'deleteBatch')).toEqual([10, 3]);
    await stopped(one, 0);
  });

  it('lets a message end by itself, whatever the others of its receive do', async () => {
    const one = world({ messages: ['slow', 'quick'] });
    one.reader.start();
    await one.time.advance(100);
    one.message('quick').settle('done');
    await one.time.advance(60_000);
    expect(one.sqs.deleted).toEqual(['quick']);
    expect(one.received).toHaveLength(2);
    expect(one.reader.status().inHand).toBe(1);
    await stopped(one, 0);
  });

  it('hides messages for as long as they are in hand', async () => {
    const one = world({ messages: ids(12), pollers: 2 });
    one.reader.start();
    await one.time.advance(120_000);
    expect(one.received).toHaveLength(12);
    expect(one.sqs.left.every(({ hiddenForMs }) => hiddenForMs > 0)).toBe(true);
    expect(Math.max(...callsOf(one.sqs, 'changeVisibilityBatch'))).toBe(10);
    await stopped(one, 0);
  });

  it('does not let a prolongation that is under way hide what was given back after it', async () => {
    const one = world({ messages: ['a'] });
    one.sqs.latencyMs = (operation) => {
      const changes = one.sqs.calls.filter((call) => call.operation === 'changeVisibilityBatch').length;
      return operation === 'changeVisibilityBatch' && changes === 1 ? 1_000 : 10;
    };
    one.reader.start();
    // Half of the visibility timeout is over: the prolongation is on its way.
    await one.time.advance(4_500);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([1]);
    one.message('a').settle({ retryAfterMs: 2_000 });
    await one.time.advance(4_000);
    expect(one.received.map(({ receiveCount }) => receiveCount)).toEqual([1, 2]);
    await stopped(one, 0);
  });

  it('counts the first verdict only', async () => {
    const one = world({ messages: ['a', 'b'] });
    one.reader.start();
    await one.time.advance(100);
    one.message('a').settle({ retryAfterMs: 60_000 });
    one.message('a').settle('done');
    one.message('b').settle('done');
    one.message('b').settle({ retryAfterMs: 0 });
    await one.time.advance(1_000);
    expect(one.sqs.deleted).toEqual(['b']);
    expect(one.reader.status().inHand).toBe(0);
    expect(one.sqs.left[0]?.hiddenForMs).toBeGreaterThan(50_000);
    await stopped(one, 0);
  });

  it('stops receiving at the bound of messages, and goes on below it', async () => {
    const one = world({ messages: ids(45), pollers: 3, maxInHand: 20 });
    one.reader.start();
    await one.time.advance(5_000);
    expect(one.received).toHaveLength(20);
    for (const message of one.received.slice(0, 10)) message.settle('done');
    await one.time.advance(1_000);
    expect(one.received).toHaveLength(30);
    await stopped(one, 0);
  });

  it('stops receiving at the bound of bytes', async () => {
    const one = world({ maxInHandBytes: 1_000, maxInHand: 100 });
    for (const id of ids(30)) one.sqs.put(id, undefined, 'x'.repeat(100));
    one.reader.start();
    await one.time.advance(5_000);
    expect(one.received).toHaveLength(10);
    one.message('m3').settle('done');
    await one.time.advance(1_000);
    expect(one.received).toHaveLength(20);
    await stopped(one, 0);
  });

  it('gives back what is not settled when the handler fails', async () => {
    const one = world({
      messages: ['a', 'b'],
      onMessages: (batch) => {
        batch[0]?.settle('done');
        throw new Error('a bug');
      },
    });
    one.reader.start();
    await one.time.advance(500);
    expect(one.sqs.deleted).toEqual(['a']);
    expect(one.logged).toEqual(['messages not handled']);
    expect(one.sqs.left[0]?.hiddenForMs).toBeLessThanOrEqual(1_000);
    await stopped(one, 0);
  });

  it('repeats deletes that fail, and says which did not succeed in the end', async () => {
    const one = world({ messages: ids(4) });
    let failing = 1;
    one.sqs.fault = (operation) => (operation === 'deleteBatch' && (failing -= 1) >= 0 ? 'partly' : 'none');
    one.reader.start();
    await one.time.advance(100);
    for (const message of one.received) message.settle('done');
    await one.time.advance(5_000);
    expect(one.sqs.deleted.toSorted()).toEqual(ids(4));
    expect(one.logged).toEqual([]);
    await stopped(one, 0);
  });
});

describe('the SQS reader on a FIFO queue', () => {
  it('gives back the later messages of a group with an earlier one, and delivers them again in order', async () => {
    const one = world({ fifo: true, messages: ['a1', 'b1', 'a2', 'a3'] });
    one.reader.start();
    await one.time.advance(100);
    expect(one.received.map(({ id }) => id)).toEqual(['a1', 'b1', 'a2', 'a3']);
    one.message('a2').settle({ retryAfterMs: 3_000 });
    one.message('a3').settle('done');
    one.message('a1').settle('done');
    one.message('b1').settle('done');
    await one.time.advance(1_000);
    expect(one.sqs.deleted.toSorted()).toEqual(['a1', 'b1']);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([2]);
    await one.time.advance(5_000);
    expect(one.received.slice(4).map(({ id, receiveCount }) => [id, receiveCount])).toEqual([
      ['a2', 2],
      ['a3', 2],
    ]);
    await stopped(one, 0);
  });
});

describe('the SQS reader when the queue is away', () => {
  it('backs off, logs the outage once at its beginning and its end, and shows it meanwhile', async () => {
    const one = world({ pollers: 3 });
    let away = true;
    one.sqs.fault = (operation) => (away && operation === 'receive' ? 'network' : 'none');
    one.reader.start();
    await one.time.advance(120_000);
    expect(one.logged).toEqual(['queue not reachable']);
    expect(one.reader.status()).toMatchObject({ lastReceiveAtMs: undefined, lastError: 'ECONNREFUSED' });
    expect(one.reader.status().failingSinceMs).toBe(Date.UTC(2026, 10, 3, 10, 15) + 10);
    // Half of the ceiling each time: 0.1 s, 0.2 s, … and 10 s at most.
    expect(callsOf(one.sqs, 'receive').length).toBeLessThan(3 * 20);
    away = false;
    await one.time.advance(20_000);
    expect(one.logged).toEqual(['queue not reachable', 'queue reachable again']);
    expect(one.reader.status()).toMatchObject({ failingSinceMs: undefined, lastError: undefined });
    expect(one.reader.status().lastReceiveAtMs).toBeDefined();
    await stopped(one, 0);
  });

  it('stops at once while it backs off', async () => {
    const one = world();
    one.sqs.fault = () => 'network';
    one.reader.start();
    await one.time.advance(60_000);
    const before = one.sqs.calls.length;
    await one.reader.stop({ graceMs: 60_000 });
    expect(one.sqs.calls.length).toBe(before);
  });
});

describe('the stop of the SQS reader', () => {
  it('waits for what is in hand, within the grace', async () => {
    const one = world({ messages: ['a'] });
    one.reader.start();
    await one.time.advance(100);
    let ended = false;
    const stop = one.reader.stop({ graceMs: 30_000 }).then(() => {
      ended = true;
    });
    await one.time.advance(20_000);
    expect(ended).toBe(false);
    one.message('a').settle('done');
    await one.time.advance(100);
    await stop;
    expect(one.sqs.deleted).toEqual(['a']);
    expect(one.time.pending).toBe(0);
  });

  it('makes visible at once what does not settle within the grace', async () => {
    const one = world({ messages: ids(15), pollers: 2 });
    one.reader.start();
    await one.time.advance(100);
    one.message('m4').settle('done');
    const stop = one.reader.stop({ graceMs: 5_000 });
    await one.time.advance(5_100);
    await stop;
    expect(one.sqs.left).toHaveLength(14);
    expect(one.sqs.left.every(({ hiddenForMs }) => hiddenForMs === 0)).toBe(true);
    one.message('m5').settle('done');
    await one.time.advance(1_000);
    expect(one.sqs.deleted).toEqual(['m4']);
  });

  it('lets a long poll end by itself, and gives back what it brings without handing it over', async () => {
    const one = world();
    one.reader.start();
    await one.time.advance(500);
    const stop = one.reader.stop({ graceMs: 0 });
    await one.time.advance(500);
    one.sqs.put('late');
    await one.time.advance(2_000);
    await stop;
    expect(one.received).toEqual([]);
    expect(one.sqs.left).toEqual([{ id: 'late', hiddenForMs: 0 }]);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([1]);
  });

  it('aborts the long poll and the grace when its signal says so', async () => {
    const one = world({ messages: ['a'], waitTimeSeconds: 20 });
    one.reader.start();
    await one.time.advance(100);
    const force = new AbortController();
    const stop = one.reader.stop({ graceMs: Number.POSITIVE_INFINITY, signal: force.signal });
    await one.time.advance(1_000);
    force.abort();
    await one.time.advance(100);
    await stop;
    expect(one.sqs.left).toEqual([{ id: 'a', hiddenForMs: 0 }]);
  });

  it('ends within seconds when its signal says so and the queue is away', async () => {
    const one = world({ messages: ['a'] });
    one.reader.start();
    await one.time.advance(100);
    one.sqs.fault = () => 'network';
    const stop = one.reader.stop({ graceMs: 0, signal: AbortSignal.abort() });
    await one.time.advance(5_000);
    await stop;
    expect(one.logged).toEqual(['visibility of messages not changed']);
  });
});

describe('the SQS reader, whatever is settled when', () => {
  interface Plan {
    readonly verdict: 'done' | 'back' | 'never';
    readonly afterMs: number;
  }
  const plan = fc.record<Plan>({
    verdict: fc.constantFrom<Plan['verdict'][]>('done', 'done', 'done', 'back', 'never'),
    afterMs: fc.nat({ max: 12_000 }),
  });
  const scenario = fc.record({
    fifo: fc.boolean(),
    groups: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
    plans: fc.array(plan, { minLength: 1, maxLength: 20 }),
    faults: fc.array(
      fc.constantFrom('none' as const, 'none' as const, 'network' as const, 'partly' as const),
      {
        maxLength: 30,
      },
    ),
    latencies: fc.array(fc.nat({ max: 800 }), { minLength: 1, maxLength: 10 }),
    runMs: fc.integer({ min: 0, max: 40_000 }),
    graceMs: fc.constantFrom(0, 500, 5_000),
  });

  it('deletes nothing that was not done, gives back the rest, and keeps the order of groups', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ fifo, groups, plans, faults, latencies, runMs, graceMs }) => {
        const done = new Set<string>();
        const backFrom = new Map<string, number>();
        const delayed = new Set<string>();
        const numberOf = (id: string) => Number(id.slice(1));
        let receives = 0;
        let next = 0;
        const one = world({
          fifo,
          pollers: 2,
          onMessages(batch) {
            receives += 1;
            const receive = receives;
            for (const group of new Set(batch.map(({ groupId }) => groupId))) {
              const numbers = batch.filter(({ groupId }) => groupId === group).map(({ id }) => numberOf(id));
              if (fifo) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
            }
            for (const message of batch) {
              const { verdict, afterMs } = plans[(next += 1) % plans.length] ?? {
                verdict: 'done',
                afterMs: 0,
              };
              if (verdict === 'never') continue;
              one.time.after(afterMs, () => {
                const key = `${receive} ${message.groupId ?? message.id}`;
                const first = backFrom.get(key) ?? Number.POSITIVE_INFINITY;
                if (verdict === 'done') {
                  // A verdict after the group was given back does not count.
                  if (!fifo || numberOf(message.id) < first) done.add(message.id);
                  message.settle('done');
                } else {
                  backFrom.set(key, Math.min(first, numberOf(message.id)));
                  for (const { id, groupId } of batch)
                    if (id === message.id || (fifo && groupId === message.groupId)) delayed.add(id);
                  message.settle({ retryAfterMs: afterMs });
                }
              });
            }
          },
        });
        one.sqs.fault = (_operation, call) => faults[call] ?? 'none';
        one.sqs.latencyMs = (_operation, call) => latencies[call % latencies.length] ?? 10;
        const all = groups.map((group, index) => `${group}${index}`);
        for (const id of all) one.sqs.put(id, fifo ? id.slice(0, 1) : undefined);
        one.reader.start();
        await one.time.advance(runMs);
        let hidden: readonly string[] = [];
        const stop = one.reader.stop({ graceMs }).then(() => {
          hidden = one.sqs.left.filter(({ hiddenForMs }) => hiddenForMs > 0).map(({ id }) => id);
        });
        await one.time.advance(60_000);
        await stop;

        // Where SQS failed, the visibility timeout has to do it.
        if (faults.every((fault) => fault === 'none'))
          expect(hidden.filter((id) => !delayed.has(id))).toEqual([]);
        expect(one.sqs.deleted.filter((id) => !done.has(id))).toEqual([]);
        expect(new Set(one.sqs.deleted).size).toBe(one.sqs.deleted.length);
        expect([...one.sqs.deleted, ...one.sqs.left.map(({ id }) => id)].toSorted()).toEqual(all.toSorted());
        expect(one.reader.status().inHand).toBe(0);
        expect(one.sqs.calls.every(({ entries }) => entries <= 10)).toBe(true);
      }),
    );
  });

  it('loses nothing: what is given back is received again until all are done, each group in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        async (groups, successes) => {
          const finished: string[] = [];
          let next = 0;
          const one = world({
            fifo: true,
            pollers: 2,
            onMessages(batch) {
              // In turn, as a consumer that cares for order does: after a failure the rest of its group is left alone.
              const failed = new Set<string | undefined>();
              for (const message of batch) {
                if (failed.has(message.groupId)) continue;
                next += 1;
                if (successes[next % successes.length] === true || next > 60) {
                  finished.push(message.id);
                  message.settle('done');
                } else {
                  failed.add(message.groupId);
                  message.settle({ retryAfterMs: 1_000 });
                }
              }
            },
          });
          const all = groups.map((group, index) => `${group}${index}`);
          for (const id of all) one.sqs.put(id, id.slice(0, 1));
          one.reader.start();
          await one.time.advance(150_000);
          expect(one.sqs.left).toEqual([]);
          for (const group of ['a', 'b']) {
            const ofGroup = (id: string) => id.startsWith(group);
            expect(finished.filter(ofGroup)).toEqual(all.filter(ofGroup));
          }
          await stopped(one, 0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
