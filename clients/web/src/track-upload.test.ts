import { describe, expect, it } from 'vitest';
import { bench, bucket, key } from './test-support.ts';
import type { PutProgress, UploadPhase } from './upload-tracker.port.ts';

/** A put that the test finishes. */
function slowPut() {
  const settled = Promise.withResolvers<unknown>();
  const started = Promise.withResolvers<{ onProgress: PutProgress; signal: AbortSignal }>();
  const put = (onProgress: PutProgress, signal: AbortSignal) => {
    started.resolve({ onProgress, signal });
    return settled.promise;
  };
  return { put, started: started.promise, ...settled };
}

describe('trackUpload', () => {
  it('joins the upload and its processing: uploading, queued, running, done', async () => {
    const { client, runtime, service } = bench();
    const { put, started, resolve } = slowPut();
    const tracker = client.trackUpload({ bucket, key, file: { size: 200 }, put });
    const phases: string[] = [];
    const reading = (async () => {
      for await (const phase of tracker) phases.push(name(phase));
    })();
    await runtime.settle();
    const { onProgress } = await started;
    onProgress(50);
    onProgress(200, 200);
    resolve({});
    await runtime.settle();
    service.append(bucket, key, ['uploaded']);
    service.append(bucket, key, ['executionStarted']);
    service.append(bucket, key, ['executionSucceeded']);
    await reading;
    expect(phases).toEqual([
      'uploading 0',
      'uploading 25',
      'uploading 100',
      'queued',
      'queued',
      'running',
      'done true',
    ]);
    await expect(tracker.done).resolves.toMatchObject({ status: 'succeeded' });
  });

  it('is not taken in by the end of an earlier upload to the same key', async () => {
    const { client, runtime, service } = bench();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionFailed']);
    const { put, resolve } = slowPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.settle();
    resolve({ ETag: '"abc"' });
    await runtime.settle();
    expect(name(tracker.phase)).toBe('queued');
    service.startEpoch(bucket, key, 'e2', new Date(runtime.now()).toISOString());
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded']);
    await runtime.settle();
    expect(name(tracker.phase)).toBe('done true');
  });

  it('uploads without a connection too, and catches up afterwards', async () => {
    const { client, runtime, service, environment, transport } = bench();
    client.connect();
    await runtime.settle();
    environment.online = false;
    transport.drop();
    const { put, started, resolve } = slowPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.advance(3_000);
    await started;
    resolve(undefined);
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded']);
    expect(name(tracker.phase)).toBe('queued');
    environment.tell('online');
    await runtime.advance(2_000);
    expect(name(tracker.phase)).toBe('done true');
  });

  it('ends with the error of a failed upload', async () => {
    const { client, runtime } = bench();
    const { put, reject } = slowPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.settle();
    reject(new Error('403 Forbidden'));
    await expect(tracker.done).rejects.toThrow('403 Forbidden');
    expect(name(tracker.phase)).toBe('uploadFailed');
  });

  it('aborts the upload when it is closed', async () => {
    const { client, runtime } = bench();
    const { put, started } = slowPut();
    const tracker = client.trackUpload({ bucket, key, put });
    await runtime.settle();
    const { signal } = await started;
    tracker.close();
    expect(signal.aborted).toBe(true);
    await expect(tracker.done).rejects.toMatchObject({ reason: 'closed' });
  });
});

function name(phase: UploadPhase): string {
  if (phase.phase === 'uploading') return `uploading ${phase.percent ?? '?'}`;
  return phase.phase === 'done' ? `done ${phase.succeeded}` : phase.phase;
}
