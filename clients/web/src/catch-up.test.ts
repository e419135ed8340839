import { describe, expect, it } from 'vitest';
import { bench, bucket, key, range, record } from './test-support.ts';

describe('watching an upload', () => {
  it('asks about a hole that stays, and needs no snapshot to know the end', async () => {
    const { client, runtime, service } = bench({ positionCheckMs: 0 });
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['uploaded'], { publish: false });
    service.append(bucket, key, ['executionStarted'], { publish: false });
    service.publishRange(bucket, key, 2, 2);
    await runtime.advance(399);
    expect(emitted).toEqual(['synced']);
    await runtime.advance(1);
    expect(emitted).toEqual(['synced', ...range('e1', 1, 2)]);
    const before = service.requests.length;
    service.append(bucket, key, ['executionSucceeded'], { publish: false });
    service.publishRange(bucket, key, 3, 3);
    expect(emitted.at(-1)).toBe('complete');
    await runtime.advance(5_000);
    expect(service.requests.length).toBe(before);
  });

  it('finds a last message that was lost, by checking silent uploads', async () => {
    const { client, runtime, service } = bench();
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], { publish: false });
    await runtime.advance(5_000);
    expect(emitted).toEqual(['synced', ...range('e1', 1, 3), 'complete']);
  });

  it('says so when the service does not fill a hole, and goes on behind it', async () => {
    const { client, runtime, service, transport } = bench({ positionCheckMs: 0 });
    const emitted = record(client.watch({ bucket, key }));
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
    expect(emitted).toEqual(['synced', 'unrepaired', 'e1/3']);
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
    const emitted = record(client.watch({ bucket, key }));
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    await runtime.advance(300_000);
    expect(emitted).toEqual([]);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(30);
    expect(new Set(warnings)).toEqual(new Set([403]));
    transport.onPublish = answer;
    await runtime.advance(60_000);
    expect(emitted).toEqual([...range('e1', 1, 2), 'synced']);
  });

  it('waits as long as the service says, and asks for less after a reply that it asked for too much', async () => {
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
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    for (const [topic, payload] of [...held].reverse()) inner(topic, payload);
    for (const [topic, payload] of held) inner(topic, payload);
    expect(emitted).toEqual([...range('e1', 1, 20), 'synced']);
  });
});
