import { uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from './errors.ts';
import { bench, bucket, identityId, key } from './test-support.ts';
import type { UploadUpdate, UploadWatch } from './types.ts';

/** What a watch told, in order. */
function record(watch: UploadWatch): string[] {
  const told: string[] = [];
  watch.on('event', ({ event, epoch }) => told.push(`${epoch}/${event.offset}`));
  watch.on('discontinuity', ({ reason }) => told.push(reason));
  watch.on('complete', () => told.push('complete'));
  watch.on('reopened', () => told.push('reopened'));
  watch.on('synced', () => told.push('synced'));
  return told;
}

const range = (epoch: string, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${epoch}/${first + index}`);

describe('watching an upload', () => {
  it('subscribes first and asks for what was missed afterwards', async () => {
    const { client, runtime, transport, service } = bench();
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    const order: string[] = [];
    const inner = transport.onPublish;
    transport.onPublish = (message) => {
      order.push(`request with ${message.connection.filters.size} subscriptions`);
      inner(message);
    };
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    expect(order).toEqual(['request with 4 subscriptions']);
    expect(told).toEqual(['e1/1', 'e1/2', 'synced']);
  });

  it('tells completion once, after every event, and ends its iterator there', async () => {
    const { client, runtime, service } = bench();
    const watch = client.watch({ bucket, key });
    const told = record(watch);
    const updates: UploadUpdate[] = [];
    const reading = (async () => {
      for await (const update of watch) updates.push(update);
    })();
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'stepStarted']);
    service.append(bucket, key, ['stepSucceeded', 'executionSucceeded']);
    service.publishState(bucket, key);
    service.publishRange(bucket, key, 1, 5);
    await reading;
    expect(told.filter((one) => one !== 'synced')).toEqual([...range('e1', 1, 5), 'complete']);
    expect(updates.at(-1)).toMatchObject({ type: 'complete', state: { status: 'succeeded' } });
    await expect(watch.done).resolves.toMatchObject({ percent: 100 });
  });

  it('holds completion back while another execution of the upload runs, and opens again after a redrive', async () => {
    const { client, runtime, service } = bench();
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['executionStarted'], { execution: 'one' });
    service.append(bucket, key, ['executionStarted'], { execution: 'two' });
    service.append(bucket, key, ['executionSucceeded'], { execution: 'one' });
    expect(told).not.toContain('complete');
    service.append(bucket, key, ['executionFailed'], { execution: 'two' });
    service.append(bucket, key, ['executionRedriven'], { execution: 'two' });
    service.append(bucket, key, ['executionSucceeded'], { execution: 'two' });
    expect(told.filter((one) => !one.startsWith('e1'))).toEqual([
      'synced',
      'complete',
      'reopened',
      'complete',
    ]);
  });

  it('asks about a hole that stays, and about a state that does not come', async () => {
    const { client, runtime, service } = bench({ positionCheckMs: 0 });
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['uploaded'], { publish: false });
    service.append(bucket, key, ['executionStarted'], { publish: false });
    service.publishRange(bucket, key, 2, 2);
    await runtime.advance(399);
    expect(told).toEqual(['synced']);
    await runtime.advance(1);
    expect(told).toEqual(['synced', ...range('e1', 1, 2)]);
    const before = service.requests.length;
    service.append(bucket, key, ['executionSucceeded'], { publish: false });
    service.publishRange(bucket, key, 3, 3);
    await runtime.advance(5_000);
    expect(service.requests.length).toBe(before + 1);
    expect(told.at(-1)).toBe('complete');
  });

  it('finds a last message that was lost, by checking silent uploads', async () => {
    const { client, runtime, service } = bench();
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], { publish: false });
    await runtime.advance(5_000);
    expect(told).toEqual(['synced', ...range('e1', 1, 3), 'complete']);
  });

  it('says so when the service does not fill a hole, and goes on behind it', async () => {
    const { client, runtime, service, transport } = bench({ positionCheckMs: 0 });
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    transport.onPublish = ({ topic, payload, connection }) => {
      const session = service.space.parse(topic);
      if (session?.kind !== 'requests') return;
      const requestId = /"requestId":"(\w+)"/.exec(new TextDecoder().decode(payload))?.[1];
      service.sendReply(session.session, { requestId, page: 1, last: true, items: [] });
      expect(connection.filters.size).toBeGreaterThan(0);
    };
    service.append(bucket, key, ['uploaded', 'executionStarted', 'stepStarted'], { publish: false });
    service.publishRange(bucket, key, 3, 3);
    await runtime.advance(30_000);
    expect(told).toEqual(['synced', 'unrepaired', 'e1/3']);
  });

  it('asks again, without giving up, while nobody answers', async () => {
    const { client, runtime, service, transport } = bench({ positionCheckMs: 0 });
    const answer = transport.onPublish;
    let asked = 0;
    transport.onPublish = () => {
      asked += 1;
    };
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
    const told = record(client.watch({ bucket, key }));
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    await runtime.advance(300_000);
    expect(told).toEqual([]);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(30);
    expect(new Set(warnings)).toEqual(new Set([403]));
    transport.onPublish = answer;
    await runtime.advance(60_000);
    expect(told).toEqual([...range('e1', 1, 2), 'synced']);
  });

  it('waits as long as the service says, and asks for less when told that it asked for too much', async () => {
    const { client, runtime, service, transport } = bench({ positionCheckMs: 0 });
    const refusals: object[] = [
      { code: 'rateLimited', message: 'slow down', retryAfterMs: 20_000 },
      { code: 'tooLarge', message: 'too many uploads' },
    ];
    const atMs: number[] = [];
    const sizes: number[] = [];
    transport.onPublish = ({ topic, payload }) => {
      const parsed = service.space.parse(topic);
      if (parsed?.kind !== 'requests') return;
      const refusal = refusals.shift();
      const text = new TextDecoder().decode(payload);
      atMs.push(runtime.now());
      sizes.push(text.split('"uploadId"').length - 1);
      if (refusal === undefined) service.answer(topic, payload);
      else service.sendReply(parsed.session, { requestId: null, page: 1, last: true, items: [], refusal });
    };
    const watches = Array.from({ length: 8 }, (_, index) => client.watch({ bucket, key: `${key}-${index}` }));
    await runtime.advance(60_000);
    expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
    expect(sizes).toEqual([8, 8, 4, 4]);
    expect(watches.every(({ synced }) => synced)).toBe(true);
  });

  it('applies the pages of a reply in their order, however they come', async () => {
    const { client, runtime, service, transport } = bench();
    service.pageSize = 3;
    service.append(
      bucket,
      key,
      Array.from({ length: 20 }, () => 'stepStarted' as const),
      { publish: false },
    );
    const held: [string, Uint8Array][] = [];
    const inner = transport.publish.bind(transport);
    transport.publish = (topic, message, options) => {
      if (!topic.includes('/replies/')) inner(topic, message, options);
      else held.push([topic, new TextEncoder().encode(JSON.stringify(message))]);
    };
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    for (const [topic, payload] of [...held].reverse()) inner(topic, payload);
    for (const [topic, payload] of held) inner(topic, payload);
    expect(told).toEqual([...range('e1', 1, 20), 'synced']);
  });

  it('counts what is no message of ours, tells of it, and loses nothing', async () => {
    const { client, runtime, service, transport } = bench();
    const warnings: string[] = [];
    client.on('warning', (warning) => warnings.push(`${warning.reasonCode} ${warning.message}`));
    const watch = client.watch({ bucket, key });
    const told = record(watch);
    await runtime.settle();
    const topic = service.space.build({ kind: 'events', identityId, uploadId: watch.uploadId });
    for (const junk of ['', '{', '[]', '{"data":{}}', Uint8Array.of(0xff, 0xfe)])
      transport.publish(topic, junk);
    service.append(bucket, `${key}-other`, ['uploaded'], { publish: false });
    const foreign = service.space.build({
      kind: 'state',
      identityId,
      uploadId: uploadIdOf(bucket, `${key}-other`),
    });
    transport.publish(foreign, 'nobody subscribed to this');
    service.append(bucket, key, ['uploaded']);
    expect(client.counters.invalidMessages).toBe(4);
    expect(warnings.every((text) => text.startsWith('400 message on '))).toBe(true);
    expect(told).toEqual(['synced', 'e1/1']);
  });

  it('skips an event of a kind it does not know, and counts its offset', async () => {
    const { client, runtime, service, transport } = bench();
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
    const told = record(client.watch({ bucket, key }));
    await runtime.settle();
    const inner = transport.publish.bind(transport);
    transport.publish = (topic, message, options) =>
      inner(topic, JSON.stringify(message).replace('stepCaught', 'somethingNew'), options);
    service.append(bucket, key, ['uploaded', 'stepCaught', 'executionStarted']);
    expect(told).toEqual(['synced', 'e1/1', 'e1/3']);
    expect(warnings).toEqual([406]);
  });

  it('is not disturbed by a listener that throws', async () => {
    const { client, runtime, service } = bench();
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => {
      warnings.push(reasonCode);
      throw new Error('in a listener of warnings');
    });
    const watch = client.watch({ bucket, key });
    watch.on('event', () => {
      throw new Error('in a listener');
    });
    const told = record(watch);
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted']);
    expect(told).toEqual(['synced', 'e1/1', 'e1/2']);
    expect(warnings).toEqual([405, 405]);
  });

  it('refuses a text that is no upload ID', () => {
    const { client } = bench();
    expect(() => client.watch('not an id')).toThrow(ConfigurationError);
  });
});

describe('positions', () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
    };
  };

  it('survive a reload: the next page gets the state and what is new', async () => {
    const kept = storage();
    const first = bench({ storage: kept });
    const before = record(first.client.watch({ bucket, key }));
    await first.runtime.settle();
    first.service.append(bucket, key, ['uploaded', 'executionStarted']);
    await first.client.close();
    expect(before).toEqual(['synced', 'e1/1', 'e1/2']);

    const second = bench({ storage: kept });
    second.service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], {
      publish: false,
    });
    const watch = second.client.watch({ bucket, key });
    const after = record(watch);
    const anew = second.client.watch({ bucket, key: `${key}-other` }, { resume: false });
    await second.runtime.settle();
    expect(after).toEqual(['e1/3', 'complete', 'synced']);
    expect(watch.state?.status).toBe('succeeded');
    expect(anew.position).toBeUndefined();
  });

  it('are stored when the page is left', async () => {
    const kept = storage();
    const { client, runtime, service, environment } = bench({ storage: kept });
    client.watch({ bucket, key });
    await runtime.settle();
    service.append(bucket, key, ['uploaded']);
    expect(kept.kept.size).toBe(0);
    environment.tell('leave');
    expect([...kept.kept.values()].join()).toContain('"offset":1');
  });

  it('do without a storage that fails or holds rubbish', async () => {
    for (const broken of [
      { getItem: () => 'rubbish', setItem: () => undefined },
      {
        getItem: () => {
          throw new Error('denied');
        },
        setItem: () => undefined,
      },
      { getItem: () => Promise.reject(new Error('gone')), setItem: () => Promise.reject(new Error('full')) },
    ]) {
      const { client, runtime, service } = bench({ storage: broken });
      const warnings: number[] = [];
      client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
      const told = record(client.watch({ bucket, key }));
      await runtime.settle();
      service.append(bucket, key, ['uploaded']);
      await runtime.advance(1_000);
      expect(told).toEqual(['synced', 'e1/1']);
      expect(warnings[0]).toBe(401);
    }
  });
});

describe('many uploads', () => {
  it('stay within 8 filters a packet and 50 subscriptions, on wildcards above 20, and each gets its own', async () => {
    const { client, runtime, transport, service } = bench();
    const keys = Array.from({ length: 120 }, (_, index) => `${key}-${index}`);
    const told = keys.slice(0, 20).map((one) => record(client.watch({ bucket, key: one })));
    await runtime.settle();
    const [connection] = transport.connections;
    expect(connection?.filters.size).toBe(42);
    told.push(...keys.slice(20).map((one) => record(client.watch({ bucket, key: one }))));
    await runtime.settle();
    expect(connection?.filters.size).toBe(4);
    expect(Math.max(...(connection?.subscribePackets.map(({ length }) => length) ?? []))).toBe(8);
    for (const one of keys) service.append(bucket, one, ['uploaded']);
    expect(told.every((one) => one.join() === 'synced,e1/1')).toBe(true);
    expect(Math.max(...service.requests.map(({ uploads }) => uploads.length))).toBeLessThanOrEqual(50);

    transport.drop();
    for (const one of keys) service.append(bucket, one, ['executionStarted']);
    await runtime.advance(10_000);
    expect(transport.connections[0]?.filters.size).toBe(4);
    expect(told.every((one) => one.join() === 'synced,e1/1,e1/2,synced')).toBe(true);
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
  it('hands over every offset exactly once in order, or tells of a discontinuity, whatever happens on the way', async () => {
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
          const told = record(client.watch({ bucket, key }));
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
          const seen = told.filter((one) => one !== 'synced' && one !== 'complete');
          const newest = seen.filter((one) => one.startsWith(`e${epoch}/`));
          expect(newest).toEqual(range(`e${epoch}`, 1, last));
          expect(told.filter((one) => one === 'complete')).toHaveLength(1);
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
      { numRuns: 150 },
    );
  });
});
