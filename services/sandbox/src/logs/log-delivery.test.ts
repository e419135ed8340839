import { describe, expect, it } from 'vitest';
import { decode, history, idsOf, setUp } from './testing/delivery-harness.ts';
import type { SubscriptionPayload } from './types.ts';

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

  it('keeps payloads under their size, a record that is larger alone in one', async () => {
    // Each record is some 500 bytes.
    const { delivery, taken } = setUp({ maxBatchBytes: 1200 });
    delivery.write(history([1, 2, 3, 4, 5]));
    await delivery.flush();
    expect(taken.map((payload) => decode(payload).logEvents.length)).toEqual([2, 2, 1]);
    const narrow = setUp({ maxBatchBytes: 10 });
    narrow.delivery.write(history([1, 2]));
    await narrow.delivery.flush();
    expect(narrow.taken.map((payload) => decode(payload).logEvents.length)).toEqual([1, 1]);
  });

  it('bounds what waits by its bytes too, and has room again once it was delivered', async () => {
    const { delivery, taken, problems } = setUp({ maxQueuedBytes: 1200 });
    delivery.write(history([1, 2, 3]));
    expect(problems).toEqual([{ kind: 'lost', records: 1, reason: 'queueFull' }]);
    await delivery.flush();
    delivery.write(history([4, 5]));
    await delivery.flush();
    expect(idsOf(taken)).toEqual([1, 2, 4, 5]);
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
});
