import { describe, expect, it } from 'vitest';
import { bench, bucket, key } from './test-support.ts';
import type { Waiting } from './waiting.ts';

const at = (runtime: { now(): number }, beforeMs = 0) => new Date(runtime.now() - beforeMs).toISOString();

describe('an upload that waits for its workflow', () => {
  it('says since when, and after the usual time that it takes longer, with what an operator runs', async () => {
    const { client, runtime } = bench({ usualWaitMs: 20_000 });
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    const since = at(runtime);
    expect(tracker.phase).toMatchObject({ phase: 'queued', waiting: { since, longerThanUsual: false } });
    expect(tracker.phase).not.toMatchObject({ waiting: { advice: expect.anything() } });
    await runtime.advance(19_999);
    expect(tracker.watch.waiting?.longerThanUsual).toBe(false);
    await runtime.advance(1);
    expect(tracker.phase).toMatchObject({
      phase: 'queued',
      waiting: {
        since,
        longerThanUsual: true,
        advice: expect.stringContaining(`stepcast lookup s3://${bucket}/${key}`),
      },
    });
  });

  it('waits no longer once the workflow has started', async () => {
    const { client, runtime, service } = bench({ usualWaitMs: 20_000 });
    const emitted: (Waiting | undefined)[] = [];
    const watch = client.watch({ bucket, key });
    watch.on('waiting', (waiting) => emitted.push(waiting));
    await runtime.settle();
    expect(watch.waiting).toBeUndefined();
    service.startEpoch(bucket, key, 'e1', at(runtime, 5_000));
    service.append(bucket, key, ['uploaded']);
    expect(watch.waiting).toMatchObject({ since: at(runtime, 5_000), longerThanUsual: false });
    await runtime.advance(15_000);
    expect(emitted.map((waiting) => waiting?.longerThanUsual)).toEqual([false, true]);
    service.append(bucket, key, ['executionStarted']);
    expect(watch.waiting).toBeUndefined();
    expect(emitted).toHaveLength(3);
    await runtime.advance(60_000);
    expect(emitted).toHaveLength(3);
  });

  it('is late at once when it has waited too long before anybody watched', async () => {
    const { client, runtime, service } = bench();
    service.startEpoch(bucket, key, 'e1', at(runtime, 3_600_000));
    service.append(bucket, key, ['uploaded']);
    const watch = client.watch({ bucket, key });
    await runtime.settle();
    expect(watch.waiting).toMatchObject({ since: at(runtime, 3_600_000), longerThanUsual: true });
  });

  it('does not wait when its workflow started while the file travelled', async () => {
    const { client, runtime, service } = bench();
    const tracker = client.trackUpload({
      bucket,
      key,
      put: () => {
        service.startEpoch(bucket, key, 'own', at(runtime));
        service.append(bucket, key, ['uploaded', 'executionStarted']);
        return Promise.resolve({});
      },
    });
    await runtime.settle();
    expect(tracker.phase.phase).toBe('running');
    expect(tracker.watch.waiting).toBeUndefined();
  });
});

describe('the usual time', () => {
  /** Uploads whose workflow started so many milliseconds after them. */
  async function after(tookMs: readonly number[]) {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
    };
    const before = bench({ storage });
    for (const [index, took] of tookMs.entries()) {
      const one = `${key}-${index}`;
      before.client.watch({ bucket, key: one });
      await before.runtime.settle();
      before.service.startEpoch(bucket, one, 'e1', '2026-11-03T10:00:00.000Z');
      const time = new Date(Date.UTC(2026, 10, 3, 10) + took).toISOString();
      before.service.append(bucket, one, ['uploaded', { kind: 'executionStarted', time }]);
    }
    await before.client.close();
    const { client, runtime } = bench({ storage });
    client.connect();
    await runtime.settle();
    const tracker = client.trackUpload({ bucket, key, put: () => Promise.resolve({}) });
    await runtime.settle();
    return tracker.watch.waiting?.usualMs;
  }

  it('is learned from three starts on, over a reload', async () => {
    expect(await after([8_000, 9_000])).toBe(30_000);
    expect(await after([8_000, 9_000, 12_000])).toBe(36_000);
  });

  it('is never shorter than ten seconds or longer than ten minutes', async () => {
    expect(await after([10, 10, 10])).toBe(10_000);
    expect(await after([900_000, 900_000, 900_000])).toBe(600_000);
  });
});
