import { describe, expect, it } from 'vitest';
import { webSocketTransport } from './adapters/websocket-transport.adapter.ts';
import { bench, bucket, identityId, key } from './test-support.ts';
import { TransportError } from './transport.port.ts';

describe('whenLive', () => {
  it('connects a new client by itself', async () => {
    const { client, runtime } = bench();
    const live = client.whenLive();
    await runtime.settle();
    await live;
    expect(client.connection.status).toBe('live');
  });

  it('rejects for a client that fails, and for one that is closed', async () => {
    const refusal = new TransportError('refused', 'no policy', { mqttCode: 0x87 });
    const { client, runtime, transport } = bench();
    transport.refuseNext(refusal, refusal);
    const live = client.whenLive();
    await Promise.all([expect(live).rejects.toMatchObject({ reason: 'denied' }), runtime.advance(60_000)]);
    await client.close();
    await expect(client.whenLive()).rejects.toMatchObject({ reason: 'closed' });
  });

  it('stops waiting when its signal is aborted, and leaves the connection', async () => {
    const { client, runtime } = bench();
    const control = new AbortController();
    const live = client.whenLive({ signal: control.signal });
    control.abort(new Error('enough'));
    await expect(live).rejects.toThrow('enough');
    await expect(client.whenLive({ signal: control.signal })).rejects.toThrow('enough');
    await runtime.settle();
    expect(client.connection.status).toBe('live');
  });
});

describe('the signal of a watch', () => {
  it('closes it, now or later, and says why', async () => {
    const { client, runtime, transport } = bench();
    const control = new AbortController();
    const watch = client.watch({ bucket, key }, { signal: control.signal });
    await runtime.settle();
    const filters = transport.connections[0]?.filters;
    expect(filters?.size).toBe(4);
    control.abort(new Error('left the page'));
    await expect(watch.done).rejects.toMatchObject({ reason: 'closed', cause: { message: 'left the page' } });
    await runtime.settle();
    expect(filters?.size).toBe(2);
    const late = client.watch({ bucket, key }, { signal: control.signal });
    await expect(late.done).rejects.toMatchObject({ reason: 'closed' });
    const updates = [];
    for await (const update of late) updates.push(update);
    expect(updates).toEqual([]);
  });
});

describe('the signal of a tracked upload', () => {
  it('aborts the upload and ends the tracker', async () => {
    const { client, runtime } = bench();
    const control = new AbortController();
    let signal: AbortSignal | undefined;
    const tracker = client.trackUpload({
      bucket,
      key,
      signal: control.signal,
      put: (_onProgress, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    await runtime.settle();
    expect(signal?.aborted).toBe(false);
    control.abort(new Error('cancelled'));
    expect(signal?.aborted).toBe(true);
    await expect(tracker.done).rejects.toMatchObject({ reason: 'closed', cause: { message: 'cancelled' } });
  });

  it('has no upload begin when it is aborted before', async () => {
    const { client, runtime } = bench();
    let called = false;
    const tracker = client.trackUpload({
      bucket,
      key,
      signal: AbortSignal.abort(),
      put: () => {
        called = true;
        return Promise.resolve();
      },
    });
    await expect(tracker.done).rejects.toMatchObject({ reason: 'closed' });
    await runtime.advance(10_000);
    expect(called).toBe(false);
  });

  it('reaches a put that pauses and resumes with the tracker', async () => {
    const { client, runtime } = bench();
    const seen: boolean[] = [];
    const tracker = client.trackUpload({
      bucket,
      key,
      put: (onProgress, _signal, pause) => {
        pause.onChange(() => seen.push(pause.paused));
        onProgress(5, 10);
        return new Promise(() => undefined);
      },
    });
    await runtime.settle();
    tracker.pause();
    tracker.pause();
    expect(tracker.phase).toMatchObject({ phase: 'uploading', loadedBytes: 5, paused: true });
    tracker.resume();
    expect(tracker.phase).toMatchObject({ phase: 'uploading', loadedBytes: 5, paused: false });
    expect(seen).toEqual([true, false]);
  });
});

describe('a platform without WebSocket', () => {
  it('fails with a configuration error instead of trying for ever', async () => {
    const known = Reflect.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    Reflect.deleteProperty(globalThis, 'WebSocket');
    try {
      const runtime = bench().runtime;
      const { client } = bench({ transport: webSocketTransport({ runtime }), runtime });
      client.connect();
      await runtime.advance(120_000);
      expect(client.connection).toMatchObject({ status: 'failed', reason: 'configuration', reasonCode: 307 });
      expect(client.connection.error?.message).toContain('Node 22');
    } finally {
      if (known !== undefined) Reflect.defineProperty(globalThis, 'WebSocket', known);
    }
  });
});

describe('what is shown after the connection was lost', () => {
  it('has a time until when it was current', async () => {
    const { client, runtime, transport } = bench();
    client.connect();
    await runtime.settle();
    expect(client.connection.asOf).toBeUndefined();
    await runtime.advance(60_000);
    const asOf = new Date(runtime.now()).toISOString();
    transport.drop();
    expect(client.connection).toMatchObject({ status: 'disconnected', asOf });
    await runtime.advance(60_000);
    expect(client.connection).toMatchObject({ status: 'live' });
    expect(client.connection.asOf).toBeUndefined();
  });
});

describe('the overview of a person without uploads', () => {
  it('is emitted, and asked for once, where somebody listens', async () => {
    const { client, runtime, service } = bench();
    const emitted: number[] = [];
    client.on('overview', ({ uploads }) => emitted.push(uploads.length));
    await client.whenLive();
    await runtime.advance(300_000);
    expect(emitted).toEqual([0]);
    expect(service.requests).toMatchObject([{ overview: true, uploads: [] }]);
  });

  it('costs no request where nobody listens, or where one was retained', async () => {
    const silent = bench();
    silent.client.connect();
    await silent.runtime.advance(300_000);
    expect(silent.service.requests).toEqual([]);

    const known = bench();
    const asOf = '2026-11-03T10:00:01.000Z';
    known.service.publishOverview({ identityId, uploads: [], asOf, truncated: false });
    const emitted: string[] = [];
    known.client.on('overview', (overview) => emitted.push(overview.asOf));
    known.client.connect();
    await known.runtime.advance(300_000);
    expect(emitted).toEqual([asOf]);
    expect(known.service.requests).toEqual([]);
  });

  it('is emitted also to those who listen only later', async () => {
    const { client, runtime } = bench();
    client.connect();
    await runtime.advance(10_000);
    const emitted: number[] = [];
    client.on('overview', ({ uploads }) => emitted.push(uploads.length));
    await runtime.advance(10_000);
    expect(emitted).toEqual([0]);
  });
});
