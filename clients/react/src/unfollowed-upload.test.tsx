/** @vitest-environment jsdom */
import { uploadIdOf } from '@stepcast/contracts';
import { type StepcastError, TransportError } from '@stepcast/web';
import { describe, expect, it } from 'vitest';
import { act, render } from '@testing-library/react';
import { ProgressProvider } from './index.ts';
import { bench, expectSilentReact, film, photo, watcher } from './test-support.tsx';

expectSilentReact();

describe('an upload that cannot be followed', () => {
  it('gives a watchError for a text that is no upload ID, instead of throwing', async () => {
    const { runtime, pass, createClient } = bench();
    const { Watcher, last } = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target="photo.png" />
      </ProgressProvider>,
    );
    await pass(200);
    expect(last()?.watchError?.message).toContain('"photo.png" is no upload ID');
    expect(last()).toMatchObject({ watchError: { reason: 'configuration' }, isLive: false });
  });

  it('gives a watchError for a client that is closed', async () => {
    const { runtime, pass, createClient } = bench();
    const client = createClient();
    await client.close();
    const { Watcher, last } = watcher();
    render(
      <ProgressProvider client={client} runtime={runtime}>
        <Watcher target={photo} />
      </ProgressProvider>,
    );
    await pass(200);
    expect(last()).toMatchObject({
      watchError: { reason: 'configuration' },
      connection: { status: 'closed' },
    });
  });

  it('tells of a refusal at once, and follows the upload again when the client connects anew', async () => {
    const { runtime, run, pass, createClient, service, transport } = bench();
    const { Watcher, last } = watcher();
    const refusal = new TransportError('refused', 'no policy', { mqttCode: 0x87 });
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={photo} />
      </ProgressProvider>,
    );
    await pass(200);
    await run(() => service.append(photo.bucket, photo.key, ['uploaded']));
    transport.refuseNext(refusal, refusal);
    await run(() => transport.drop());
    await pass(60_000);
    expect(last()).toMatchObject({
      status: 'queued',
      isLive: false,
      watchError: { reason: 'denied' },
      connection: { status: 'failed' },
    });
    expect(last()?.asOf).not.toBeNull();
    act(() => last()?.retry());
    expect(last()).toMatchObject({
      status: 'queued',
      watchError: null,
      isLive: false,
      connection: { status: 'connecting' },
    });
    await pass(10_000);
    await run(() => service.append(photo.bucket, photo.key, ['executionStarted']));
    await pass(100);
    expect(last()).toMatchObject({ status: 'running', isLive: true, watchError: null });
    await run(() => {
      service.startEpoch(photo.bucket, photo.key, 'e2', '2026-11-03T10:05:00.000Z');
      service.append(photo.bucket, photo.key, ['uploaded', 'stepStarted'], { publish: false });
      service.publishRange(photo.bucket, photo.key, 2, 2);
    });
    expect(last()).toMatchObject({ state: null, discontinuity: { reason: 'epochChanged' } });
    await run(() => service.publishRange(photo.bucket, photo.key, 1, 1));
    await pass(100);
    expect(last()).toMatchObject({ status: 'queued', state: { position: { epoch: 'e2', offset: 2 } } });
  });

  it('tells of an upload whose topics the broker refuses, and leaves the others alone', async () => {
    const { runtime, pass, createClient, transport } = bench();
    const refused = watcher();
    const granted = watcher();
    transport.refuseFilter = (filter) => (filter.includes(uploadIdOf(film.bucket, film.key)) ? 0x87 : 1);
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <granted.Watcher target={photo} />
        <refused.Watcher target={film} />
      </ProgressProvider>,
    );
    await pass(1_000);
    const reasons = [refused, granted].map(
      ({ last }): StepcastError['reason'] | undefined => last()?.watchError?.reason,
    );
    expect(reasons).toEqual(['subscribeDenied', undefined]);
    expect(granted.last()?.isLive).toBe(true);
  });
});
