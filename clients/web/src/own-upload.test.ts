import { describe, expect, it } from 'vitest';
import { uploadIdOf } from '@stepcast/contracts';
import { bench, bucket, identityId, key } from './test-support.ts';

const WHOLE_RUN = ['uploaded', 'executionStarted', 'executionSucceeded'] as const;

/** A put that ends when the test says so. */
function openPut() {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let isCalled = false;
  const put = () => {
    isCalled = true;
    return promise;
  };
  return { put, resolve, isCalled: () => isCalled };
}

type Bench = ReturnType<typeof bench>;

/** Delivers the state of the key as one that the broker had when the page subscribed. */
function deliverRetained({ transport, service }: Bench): void {
  const topic = service.space.build({ kind: 'state', identityId, uploadId: uploadIdOf(bucket, key) });
  const [[, payload] = ['', new Uint8Array()]] = transport.retainedFor(topic);
  for (const connection of transport.connections) connection.deliver(topic, payload, true);
}

describe('an upload that the page makes itself', () => {
  it('is followed to its end without a catch-up request', async () => {
    const { client, runtime, service } = bench();
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    for (const kind of WHOLE_RUN) {
      service.append(bucket, key, [kind]);
      await runtime.advance(1_000);
    }
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
    expect(tracker.watch.events.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    await runtime.advance(300_000);
    expect(service.requests).toEqual([]);
  });

  it('begins only when its messages can be received', async () => {
    const { client, runtime, transport } = bench();
    const { put, isCalled } = openPut();
    const subscribed = Promise.withResolvers<void>();
    const connect = transport.connect.bind(transport);
    transport.connect = async (options) => {
      const connection = await connect(options);
      const subscribe = connection.subscribe.bind(connection);
      connection.subscribe = async (filters) => {
        await subscribed.promise;
        return subscribe(filters);
      };
      return connection;
    };
    client.trackUpload({ bucket, key, put });
    await runtime.settle();
    expect(isCalled()).toBe(false);
    subscribed.resolve();
    await runtime.settle();
    expect(isCalled()).toBe(true);
  });

  it('is asked about when the page could not subscribe before it', async () => {
    const { client, runtime, service, environment } = bench();
    environment.online = false;
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.advance(3_000);
    service.append(bucket, key, WHOLE_RUN, { publish: false });
    environment.tell('online');
    await runtime.advance(5_000);
    expect(service.requests).toHaveLength(1);
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
  });

  it('is asked about when the connection was lost while the file travelled', async () => {
    const { client, runtime, service, transport } = bench();
    const { put, resolve } = openPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.settle();
    transport.drop();
    service.append(bucket, key, WHOLE_RUN, { publish: false });
    await runtime.advance(60_000);
    resolve({});
    await runtime.settle();
    expect(service.requests).toHaveLength(1);
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
  });

  it('is asked about when a message of it was lost', async () => {
    const { client, runtime, service } = bench();
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    service.append(bucket, key, ['executionSucceeded']);
    await runtime.advance(1_000);
    expect(service.requests).toHaveLength(1);
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
    expect(tracker.watch.events.map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  it('is asked about five seconds after it is up when nothing has come', async () => {
    const { client, runtime, service } = bench();
    const { put, resolve } = openPut();
    const tracker = client.trackUpload({ bucket, key, put });
    // Silence says nothing while the file travels, however long that takes.
    await runtime.advance(200_000);
    resolve({});
    await runtime.settle();
    service.append(bucket, key, WHOLE_RUN, { publish: false });
    await runtime.advance(4_999);
    expect(service.requests).toEqual([]);
    await runtime.advance(2);
    expect(service.requests).toHaveLength(1);
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
  });

  it('is never asked about for silence where the checks are off', async () => {
    const { client, runtime, service } = bench({ positionCheckMs: 0 });
    client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.advance(300_000);
    expect(service.requests).toEqual([]);
  });

  it('is asked about once its tracker is closed and somebody else still follows it', async () => {
    const { client, runtime, service } = bench();
    const tracker = client.trackUpload({ bucket, key, put: openPut().put });
    const watch = client.watch({ bucket, key });
    await runtime.settle();
    tracker.close();
    service.append(bucket, key, WHOLE_RUN, { publish: false });
    await runtime.advance(120_000);
    expect(service.requests).toHaveLength(1);
    await expect(watch.done).resolves.toMatchObject({ status: 'succeeded' });
  });

  it('is asked about first when the page knew the key already', async () => {
    const { client, runtime, service } = bench();
    client.watch({ bucket, key });
    await runtime.settle();
    expect(service.requests).toHaveLength(1);
    client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    expect(service.requests).toHaveLength(1);
  });

  it('is asked about first when an earlier page stored a position of the key', async () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
    };
    const before = bench({ storage });
    before.client.watch({ bucket, key });
    await before.runtime.settle();
    before.service.append(bucket, key, ['uploaded']);
    await before.runtime.advance(1_000);
    await before.client.close();

    const { client, runtime, service } = bench({ storage });
    client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    expect(service.requests).toHaveLength(1);
  });

  it('is asked about first above twenty uploads, where no retained state shows an earlier version', async () => {
    const { client, runtime, service } = bench();
    for (let number = 0; number < 21; number += 1)
      client.trackUpload({ bucket, key: `${key}-${number}`, put: openPut().put });
    await runtime.settle();
    const asked = service.requests.flatMap(({ uploads }) => uploads);
    expect(asked.map(({ uploadId }) => uploadId)).toContain(uploadIdOf(bucket, `${key}-20`));
  });
});

describe('an earlier version of the key, of a bucket that names no versions', () => {
  /** An earlier upload that ended, begun so recently that its start alone does not tell. */
  function withEarlier() {
    const made = bench();
    made.service.startEpoch(bucket, key, 'earlier', new Date(made.runtime.now()).toISOString());
    made.service.append(bucket, key, WHOLE_RUN);
    return made;
  }

  it('is known by the retained state that comes with the subscription', async () => {
    const { client, runtime, service } = withEarlier();
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.advance(2_000);
    expect(tracker.phase.phase).toBe('queued');
    service.startEpoch(bucket, key, 'own', new Date(runtime.now()).toISOString());
    service.append(bucket, key, WHOLE_RUN);
    await runtime.settle();
    await expect(tracker.done).resolves.toMatchObject({ position: { epoch: 'own' } });
  });

  it('is known by it also when it comes while the file travels', async () => {
    const made = bench();
    const { client, runtime, service } = made;
    const { put, resolve } = openPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.settle();
    service.startEpoch(bucket, key, 'earlier', new Date(runtime.now()).toISOString());
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    const listening = made.transport.connections.map((connection) => [...connection.filters]);
    made.transport.connections.forEach((connection) => connection.filters.clear());
    service.publishState(bucket, key);
    made.transport.connections.forEach((connection, index) =>
      listening[index]?.forEach((filter) => connection.filters.add(filter)),
    );
    deliverRetained(made);
    resolve({});
    await runtime.advance(2_000);
    expect(tracker.phase.phase).toBe('queued');
    service.startEpoch(bucket, key, 'own', new Date(runtime.now()).toISOString());
    service.append(bucket, key, WHOLE_RUN);
    await runtime.settle();
    await expect(tracker.done).resolves.toMatchObject({ position: { epoch: 'own' } });
  });
});
