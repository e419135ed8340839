import { uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { UploadUpdate } from './types.ts';
import { bench, bucket, identityId, key, range, record } from './test-support.ts';

describe('many uploads', () => {
  it('stay within 8 filters a packet and 50 subscriptions, on wildcards above 20, and each gets its own', async () => {
    const { client, runtime, transport, service } = bench();
    const keys = Array.from({ length: 120 }, (_, index) => `${key}-${index}`);
    const emitted = keys.slice(0, 20).map((one) => record(client.watch({ bucket, key: one })));
    await runtime.settle();
    const [connection] = transport.connections;
    expect(connection?.filters.size).toBe(42);
    emitted.push(...keys.slice(20).map((one) => record(client.watch({ bucket, key: one }))));
    await runtime.settle();
    expect(connection?.filters.size).toBe(4);
    expect(Math.max(...(connection?.subscribePackets.map(({ length }) => length) ?? []))).toBe(8);
    for (const one of keys) service.append(bucket, one, ['uploaded']);
    expect(emitted.every((one) => one.join() === 'synced,e1/1')).toBe(true);
    expect(Math.max(...service.requests.map(({ uploads }) => uploads.length))).toBeLessThanOrEqual(50);

    transport.drop();
    for (const one of keys) service.append(bucket, one, ['executionStarted']);
    await runtime.advance(10_000);
    expect(transport.connections[0]?.filters.size).toBe(4);
    expect(emitted.every((one) => one.join() === 'synced,e1/1,e1/2,synced')).toBe(true);
  });

  it('have replies with QoS 1 and all else with QoS 0, which counts as granted', async () => {
    const { client, runtime, transport, service } = bench();
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    const asked = transport.connections[0]?.subscribePackets.flat() ?? [];
    const qos = asked.map((one): [string, number] => [
      service.space.parse(one.filter)?.kind ?? one.filter,
      one.qos,
    ]);
    expect(Object.fromEntries(qos)).toEqual({ events: 0, state: 0, overview: 0, replies: 1 });
    expect(client.connection).toMatchObject({ status: 'live' });
    service.append(bucket, key, ['uploaded']);
    expect(emitted).toEqual(['synced', 'e1/1']);
  });

  it('share one stream between watches of the same upload, and unsubscribe after the last', async () => {
    const { client, runtime, transport, service } = bench();
    const one = client.watch({ bucket, key });
    const other = client.watch(uploadIdOf(bucket, key));
    await runtime.settle();
    expect(transport.connections[0]?.filters.size).toBe(4);
    service.append(bucket, key, ['uploaded']);
    one.close();
    await runtime.settle();
    expect(transport.connections[0]?.filters.size).toBe(4);
    const updates: UploadUpdate[] = [];
    service.append(bucket, key, ['executionStarted', 'executionSucceeded']);
    for await (const update of other) updates.push(update);
    expect(updates.filter(({ type }) => type === 'event')).toHaveLength(3);
    other.close();
    await runtime.settle();
    expect(transport.connections[0]?.filters.size).toBe(2);
  });
});

describe('the overview', () => {
  it('is there at once when it was retained, follows, and never goes back', async () => {
    const { client, runtime, service } = bench();
    const overview = (asOf: string) => ({ identityId, uploads: [], asOf, truncated: false });
    service.publishOverview(overview('2026-11-03T10:00:01.000Z'));
    client.connect();
    await runtime.settle();
    expect(client.overview?.asOf).toBe('2026-11-03T10:00:01.000Z');
    service.publishOverview(overview('2026-11-03T10:00:03.000Z'));
    service.publishOverview(overview('2026-11-03T10:00:02.000Z'));
    expect(client.overview?.asOf).toBe('2026-11-03T10:00:03.000Z');
  });
});

describe('the whole client', () => {
  it(
    'hands over every offset exactly once in order, or tells of a discontinuity, whatever happens on the way',
    { tags: ['few-cases'] },
    async () => {
      const action = fc.oneof(
        { weight: 6, arbitrary: fc.constant('append' as const) },
        { weight: 4, arbitrary: fc.constant('appendLost' as const) },
        { weight: 3, arbitrary: fc.constant('republish' as const) },
        { weight: 2, arbitrary: fc.constant('drop' as const) },
        { weight: 2, arbitrary: fc.constant('wait' as const) },
        { weight: 1, arbitrary: fc.constant('epoch' as const) },
        { weight: 1, arbitrary: fc.constant('muteService' as const) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(action, fc.nat(1_000)), { minLength: 1, maxLength: 40 }),
          async (actions) => {
            const { client, runtime, service, transport } = bench();
            const answer = transport.onPublish;
            service.pageSize = 3;
            const emitted = record(client.watch({ bucket, key }));
            let epoch = 1;
            for (const [what, number] of actions) {
              const length = service.journal(bucket, key).length;
              if (what === 'append') service.append(bucket, key, ['stepStarted', 'stepSucceeded']);
              if (what === 'appendLost') service.append(bucket, key, ['stepRetried'], { publish: false });
              if (what === 'republish') {
                const first = 1 + (number % Math.max(1, length));
                service.publishRange(bucket, key, first, first + (number % 5));
              }
              if (what === 'drop') transport.drop();
              if (what === 'wait') await runtime.advance(number * 20);
              if (what === 'muteService') transport.onPublish = number % 2 === 0 ? answer : () => undefined;
              if (what === 'epoch') {
                epoch += 1;
                const startedAt = new Date(Date.UTC(2026, 10, 3, 10, 0, epoch)).toISOString();
                service.startEpoch(bucket, key, `e${epoch}`, startedAt);
                service.append(bucket, key, ['uploaded']);
              }
              if (number % 3 === 0) await runtime.settle();
            }
            transport.onPublish = answer;
            service.append(bucket, key, ['executionStarted', 'executionSucceeded']);
            await runtime.advance(300_000);

            const last = service.journal(bucket, key).length;
            const seen = emitted.filter((one) => one !== 'synced' && one !== 'complete');
            const newest = seen.filter((one) => one.startsWith(`e${epoch}/`));
            expect(newest).toEqual(range(`e${epoch}`, 1, last));
            expect(emitted.filter((one) => one === 'complete')).toHaveLength(1);
            // Before a newer epoch there is a discontinuity, and within an epoch no offset is missing.
            let previous = '';
            for (const one of seen) {
              if (one === 'epochChanged') previous = '';
              else {
                const [name = '', offset = ''] = one.split('/');
                const [before = name, at = '0'] = previous === '' ? [name, '0'] : previous.split('/');
                expect([before, Number(at) + 1]).toEqual([name, Number(offset)]);
                previous = one;
              }
            }
            await client.close();
          },
        ),
      );
    },
  );
});
