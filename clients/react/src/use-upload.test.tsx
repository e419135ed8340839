/** @vitest-environment jsdom */
import { describe, expect, it } from 'vitest';
import { act, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { ProgressProvider, type UseUpload, useUpload, type UseUploadOptions } from './index.ts';
import { bench, bucket, expectSilentReact, photo } from './test-support.tsx';

expectSilentReact();

/** A component that uploads, with a put that the test finishes. */
function uploader(options: Partial<UseUploadOptions> = {}) {
  const made = bench({ usualWaitMs: 20_000 });
  const puts: {
    readonly key: string;
    readonly signal: AbortSignal;
    readonly progress: (bytes: number) => void;
    readonly finish: (error?: Error) => void;
  }[] = [];
  const renders: UseUpload[] = [];
  function Uploader() {
    const upload = useUpload({
      bucket,
      keyFor: () => photo.key,
      put: (_file, key) => (onProgress, signal) =>
        new Promise((resolve, reject) => {
          const finish = (error?: Error) => (error === undefined ? resolve({}) : reject(error));
          puts.push({ key, signal, progress: onProgress, finish });
        }),
      ...options,
    });
    renders.push(upload);
    return null;
  }
  const view = render(
    <StrictMode>
      <ProgressProvider createClient={made.createClient} runtime={made.runtime}>
        <Uploader />
      </ProgressProvider>
    </StrictMode>,
  );
  const last = () => {
    const newest = renders.at(-1);
    if (newest === undefined) throw new TypeError('nothing was rendered');
    return newest;
  };
  return { ...made, puts, renders, last, view };
}

const file = () => new File(['12345678'], 'photo.png', { type: 'image/png' });

describe('useUpload', () => {
  it('goes from a file to the end of its workflow', async () => {
    const { last, run, pass, puts, service, runtime } = uploader();
    expect(last()).toMatchObject({ phase: 'idle', file: null });
    await run(() => last().start(file()));
    await pass(1_000);
    expect(last()).toMatchObject({ phase: 'uploading', key: photo.key, totalBytes: 8, paused: false });
    await run(() => puts[0]?.progress(4));
    await pass(200);
    expect(last()).toMatchObject({ loadedBytes: 4, percent: 50 });
    await run(() => puts[0]?.finish());
    expect(last()).toMatchObject({ phase: 'queued', waiting: { longerThanUsual: false } });
    await pass(20_000);
    expect(last().waiting?.longerThanUsual).toBe(true);
    await run(() => {
      service.startEpoch(photo.bucket, photo.key, 'own', new Date(runtime.now()).toISOString());
      service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted']);
    });
    await pass(200);
    expect(last()).toMatchObject({ phase: 'running', waiting: null, state: { status: 'running' } });
    await run(() => service.append(photo.bucket, photo.key, ['executionSucceeded']));
    expect(last()).toMatchObject({ phase: 'done', percent: 100, state: { status: 'succeeded' } });
  });

  it('gives what a step says of its progress, and the percentage that counts it, until the step ends', async () => {
    const { last, run, pass, puts, service, runtime } = uploader();
    await run(() => last().start(file()));
    await pass(1_000);
    await run(() => puts[0]?.finish());
    const step = { name: 'Read the pages', type: 'Task', attempt: 1 } as const;
    const say = async (percent: number, report: { percent: number; text: string }) => {
      await run(() =>
        service.append(photo.bucket, photo.key, [{ kind: 'stepReported', percent, step, report }]),
      );
      await pass(200);
    };
    await run(() => {
      service.startEpoch(photo.bucket, photo.key, 'own', new Date(runtime.now()).toISOString());
      service.append(photo.bucket, photo.key, [
        'uploaded',
        'executionStarted',
        { kind: 'stepStarted', step },
      ]);
    });
    await say(10, { percent: 20, text: 'page 1 of 5' });
    expect(last()).toMatchObject({ phase: 'running', percent: 10 });
    expect(last().state?.steps[0]?.report).toMatchObject({ percent: 20, text: 'page 1 of 5' });
    await say(40, { percent: 80, text: 'page 4 of 5' });
    expect(last()).toMatchObject({ percent: 40, state: { steps: [{ report: { text: 'page 4 of 5' } }] } });
    await run(() => service.append(photo.bucket, photo.key, [{ kind: 'stepSucceeded', percent: 50, step }]));
    await pass(200);
    expect(last().percent).toBe(50);
    expect(last().state?.steps[0]).not.toHaveProperty('report');
  });

  it('takes up an upload that failed, to the same key, and has the same functions in every render', async () => {
    const { last, run, pass, puts } = uploader();
    const { start, retry } = last();
    await run(() => start(file()));
    await pass(1_000);
    await run(() => puts[0]?.finish(new Error('no network')));
    expect(last()).toMatchObject({ phase: 'uploadFailed', error: { message: 'no network' } });
    await run(() => retry());
    await pass(1_000);
    expect(puts.map(({ key }) => key)).toEqual([photo.key, photo.key]);
    expect(last()).toMatchObject({ phase: 'uploading', error: null });
    expect([last().start, last().retry]).toEqual([start, retry]);
  });

  it('cancels, and cancels the one before when another file is chosen', async () => {
    const { last, run, pass, puts } = uploader();
    await run(() => last().start(file()));
    await pass(1_000);
    await run(() => last().start(file()));
    await pass(1_000);
    expect(puts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(last().phase).toBe('uploading');
    await run(() => last().cancel());
    expect(puts[1]?.signal.aborted).toBe(true);
    expect(last()).toMatchObject({ phase: 'cancelled' });
  });

  it('fails with a reason when there is no key', async () => {
    const { last, run } = uploader({ keyFor: () => Promise.reject(new Error('signed out')) });
    await run(() => last().start(file()));
    expect(last()).toMatchObject({ phase: 'uploadFailed', error: { message: 'signed out' } });
  });

  it('renders bytes at most once in throttleMs', async () => {
    const { last, run, pass, puts, renders } = uploader({ throttleMs: 100 });
    await run(() => last().start(file()));
    await pass(1_000);
    const before = renders.length;
    await act(() => {
      for (let bytes = 0; bytes < 100; bytes += 1) puts[0]?.progress(bytes / 100);
      return Promise.resolve();
    });
    await pass(1_000);
    // Strict Mode renders twice.
    expect(renders.length - before).toBeLessThanOrEqual(4);
    expect(last().loadedBytes).toBeCloseTo(0.99);
  });
});
