import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { createLogDelivery, type LogDeliveryOptions, type LogProblem } from './index.ts';
import { FakeTime } from './testing/fake-time.ts';
import type { LogFaults, LoggedHistory, LogLevel, SubscriptionPayload } from './types.ts';

const Message = z.strictObject({
  messageType: z.literal('DATA_MESSAGE'),
  owner: z.string(),
  logGroup: z.string(),
  logStream: z.string(),
  subscriptionFilters: z.array(z.string()),
  logEvents: z.array(z.strictObject({ id: z.string(), timestamp: z.number(), message: z.string() })),
});

function decode(payload: SubscriptionPayload) {
  const parsed = parseJson(Message, gunzipSync(Buffer.from(payload.awslogs.data, 'base64')).toString('utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function idsOf(payloads: readonly SubscriptionPayload[]): number[] {
  return payloads.flatMap((payload) =>
    decode(payload).logEvents.map(({ message }) => {
      const parsed = parseJson(z.object({ id: z.string() }), message);
      return parsed.ok ? Number(parsed.value.id) : NaN;
    }),
  );
}

function history(
  ids: readonly number[],
  options: { readonly level?: LogLevel; readonly machine?: string } = {},
): LoggedHistory {
  const machine = options.machine ?? 'ProgressPipeline';
  return {
    execution: {
      executionArn: `arn:aws:states:us-east-1:111122223333:execution:${machine}:run`,
      stateMachineName: machine,
      redriveCount: 0,
    },
    loggingConfiguration: {
      level: options.level ?? 'ALL',
      includeExecutionData: true,
      destinations: [
        { logGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/P-Logs:*' },
      ],
    },
    events: ids.map((id) => ({
      id,
      previousEventId: id - 1,
      type: 'PassStateEntered',
      timestampMs: 1793700930123 + id,
      details: { name: 'S', input: `{"text":"${'x'.repeat(200)}"}`, inputDetails: { truncated: false } },
    })),
  };
}

function setUp(options: Partial<LogDeliveryOptions> = {}) {
  const time = new FakeTime();
  const taken: SubscriptionPayload[] = [];
  const problems: LogProblem[] = [];
  const delivery = createLogDelivery({
    accountId: '111122223333',
    clock: time,
    timers: time,
    random: () => 0,
    deliver: (payload) => Promise.resolve(void taken.push(payload)),
    onProblem: (problem) => void problems.push(problem),
    ...options,
  });
  return { time, taken, problems, delivery };
}

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('log delivery', () => {
  it('sends what comes within the window in one payload, in the shape of CloudWatch Logs', async () => {
    const { delivery, time, taken } = setUp({ subscriptionFilter: 'progress-correlator' });
    delivery.write(history([1]));
    delivery.write(history([2, 3]));
    await time.advance(49);
    expect(taken).toHaveLength(0);
    await time.advance(1);
    expect(taken).toHaveLength(1);
    const [message] = taken.map(decode);
    expect(message).toMatchObject({
      messageType: 'DATA_MESSAGE',
      owner: '111122223333',
      logGroup: '/aws/vendedlogs/states/P-Logs',
      logStream: 'states/ProgressPipeline/2026-11-03-10-15/00000000',
      subscriptionFilters: ['progress-correlator'],
    });
    expect(message?.logEvents.map(({ timestamp }) => timestamp)).toEqual([
      1793700930124, 1793700930125, 1793700930126,
    ]);
    for (const { id } of message?.logEvents ?? []) expect(id).toMatch(/^\d{56}$/);
    expect(idsOf(taken)).toEqual([1, 2, 3]);
  });

  it('puts different state machines into different payloads', async () => {
    const { delivery, taken } = setUp();
    delivery.write(history([1], { machine: 'A' }));
    delivery.write(history([1], { machine: 'B' }));
    await delivery.flush();
    expect(taken.map((payload) => decode(payload).logStream.split('/')[1])).toEqual(['A', 'B']);
  });

  it('sends a full batch without waiting for its window', async () => {
    const { delivery, time, taken } = setUp({ maxBatchRecords: 2 });
    delivery.write(history([1, 2, 3]));
    await time.advance(0);
    expect(idsOf(taken)).toEqual([1, 2]);
  });

  it('writes nothing for a machine without logging', async () => {
    const { delivery, taken } = setUp();
    delivery.write(history([1], { level: 'OFF' }));
    const bare = history([1]);
    delivery.write({ ...bare, loggingConfiguration: { ...bare.loggingConfiguration, destinations: [] } });
    await delivery.flush();
    expect(taken).toHaveLength(0);
    expect(delivery.statistics().written).toBe(0);
  });

  it('tries a refused payload again, with the same record ids, until it is taken', async () => {
    const seen: SubscriptionPayload[] = [];
    const { delivery, time, problems } = setUp({
      random: () => 0.5,
      deliver: (payload) => {
        seen.push(payload);
        return seen.length < 4 ? Promise.reject(new Error('throttled')) : Promise.resolve();
      },
    });
    delivery.write(history([1]));
    await time.run(() => delivery.statistics().queued === 0);
    expect(seen).toHaveLength(4);
    expect(new Set(seen.map((payload) => decode(payload).logEvents[0]?.id)).size).toBe(1);
    expect(problems.map(({ kind }) => kind)).toEqual(['deliveryFailed', 'deliveryFailed', 'deliveryFailed']);
    expect(delivery.statistics()).toMatchObject({ delivered: 1, lost: 0, failedAttempts: 3 });
  });

  it('gives a payload up after the retry time, and says so', async () => {
    const { delivery, time, problems } = setUp({
      random: () => 0.99,
      retryForMs: 60_000,
      deliver: () => Promise.reject(new Error('gone')),
    });
    delivery.write(history([1, 2]));
    await time.run(() => delivery.statistics().queued === 0);
    expect(problems.at(-1)).toEqual({ kind: 'lost', records: 2, reason: 'retriesExhausted' });
    expect(time.pendingDelays()).toEqual([]);
  });

  it('loses, counts and reports what does not fit into the queue', async () => {
    const { delivery, taken, problems } = setUp({ maxQueuedRecords: 3 });
    delivery.write(history([1, 2, 3, 4, 5]));
    expect(problems).toEqual([
      { kind: 'lost', records: 1, reason: 'queueFull' },
      { kind: 'lost', records: 1, reason: 'queueFull' },
    ]);
    await delivery.flush();
    expect(idsOf(taken)).toEqual([1, 2, 3]);
    expect(delivery.statistics()).toMatchObject({ written: 5, delivered: 3, lost: 2, queued: 0 });
  });

  it('delivers on close what waited for its window or for a retry, and refuses what comes later', async () => {
    let refuse = true;
    const taken: SubscriptionPayload[] = [];
    const { delivery, time, problems } = setUp({
      random: () => 0.9,
      deliver: (payload) => {
        if (refuse) return Promise.reject(new Error('not yet'));
        taken.push(payload);
        return Promise.resolve();
      },
    });
    delivery.write(history([1]));
    await time.advance(50);
    refuse = false;
    delivery.write(history([2]));
    await delivery.close();
    expect(idsOf(taken).sort()).toEqual([1, 2]);
    delivery.write(history([3]));
    expect(problems.at(-1)).toEqual({ kind: 'lost', records: 1, reason: 'closed' });
    expect(time.pendingDelays()).toEqual([]);
  });

  it('does not wait on close for a destination that never answers', async () => {
    const { delivery, time, problems } = setUp({ deliver: () => new Promise(() => undefined) });
    delivery.write(history([1]));
    const closed = delivery.close();
    await time.advance(2000);
    await closed;
    expect(problems).toEqual([{ kind: 'lost', records: 1, reason: 'closed' }]);
  });

  describe('faults', () => {
    async function runWith(faults: LogFaults, seed: number, count = 40) {
      const { delivery, time, taken } = setUp({ faults, random: seeded(seed), maxBatchRecords: 4 });
      for (let id = 1; id <= count; id += 1) delivery.write(history([id]));
      await time.run(() => delivery.statistics().queued === 0);
      return { taken, ids: idsOf(taken), statistics: delivery.statistics() };
    }
    const all = Array.from({ length: 40 }, (_, index) => index + 1);

    it('has none unless it is told to', async () => {
      expect((await runWith({}, 1)).ids).toEqual(all);
    });
    it('duplicates payloads, with the same record ids', async () => {
      const { ids, taken } = await runWith({ duplicate: 1 }, 2);
      expect(ids.toSorted((a, b) => a - b)).toEqual(all.flatMap((id) => [id, id]));
      expect(new Set(taken.flatMap((payload) => decode(payload).logEvents.map(({ id }) => id))).size).toBe(
        40,
      );
    });
    it('reorders records', async () => {
      const { ids } = await runWith({ reorder: 1 }, 3);
      expect(ids).not.toEqual(all);
      expect(ids.toSorted((a, b) => a - b)).toEqual(all);
    });
    it('delays payloads past others', async () => {
      const { ids } = await runWith({ delay: 0.5 }, 4);
      expect(ids).not.toEqual(all);
      expect(ids.toSorted((a, b) => a - b)).toEqual(all);
    });
    it('loses records', async () => {
      const { ids, statistics } = await runWith({ lose: 0.3 }, 5);
      expect(ids.length).toBeLessThan(40);
      expect(statistics.lostOnPurpose).toBe(40 - ids.length);
    });
    it('truncates inputs', async () => {
      const { taken } = await runWith({ truncate: 1 }, 6);
      for (const { message } of taken.flatMap((payload) => decode(payload).logEvents))
        expect(message).toContain('"inputDetails":{"truncated":true}');
    });
    it('is the same for the same seed', async () => {
      const faults = { duplicate: 0.3, reorder: 0.3, delay: 0.3, lose: 0.1 };
      expect((await runWith(faults, 7)).ids).toEqual((await runWith(faults, 7)).ids);
    });

    it('accounts for every record, whatever faults and refusals there are', async () => {
      const probability = fc.constantFrom(0, 0.2, 1);
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            duplicate: probability,
            reorder: probability,
            delay: probability,
            truncate: probability,
            lose: fc.constantFrom(0, 0.2),
          }),
          fc.integer(),
          fc.array(fc.boolean(), { maxLength: 20 }),
          fc.integer({ min: 1, max: 30 }),
          async (faults, seed, refusals, count) => {
            const answers = [...refusals];
            const taken: SubscriptionPayload[] = [];
            const { delivery, time } = setUp({
              faults,
              random: seeded(seed),
              maxBatchRecords: 3,
              deliver: (payload) => {
                if (answers.shift() === true) return Promise.reject(new Error('refused'));
                taken.push(payload);
                return Promise.resolve();
              },
            });
            delivery.write(history(Array.from({ length: count }, (_, index) => index + 1)));
            await time.run(() => delivery.statistics().queued === 0);
            const { written, lostOnPurpose, lost, queued } = delivery.statistics();
            expect({ written, lost, queued }).toEqual({ written: count, lost: 0, queued: 0 });
            expect(new Set(idsOf(taken)).size).toBe(count - lostOnPurpose);
          },
        ),
        { numRuns: 60 },
      );
    });
  });
});
