/** @jest-environment ./clients/react/scripts/jsdom-environment.js */
import { uploadIdOf } from '@stepcast/contracts';
import { type ProgressClient, type StepcastError, TransportError, type UploadTarget } from '@stepcast/web';
import { describe, expect, it } from '@jest/globals';
import { act, render } from '@testing-library/react';
import {
  ProgressProvider,
  type UploadProgress,
  type UploadProgressOptions,
  useProgressClient,
  useUploadProgress,
} from './index.ts';
import { bench, expectSilentReact, film, photo, photoState, publishState, step } from './test-support.tsx';

expectSilentReact();

/** A component that keeps what it was given, render by render. */
function watcher() {
  const renders: UploadProgress[] = [];
  function Watcher({ target, ...options }: { target: UploadTarget | null } & UploadProgressOptions) {
    renders.push(useUploadProgress(target, options));
    return null;
  }
  return { renders, Watcher, last: () => renders.at(-1) };
}

describe('useUploadProgress', () => {
  it('shows an upload from before it exists to its end', async () => {
    const fixture = bench();
    const { runtime, run, pass, createClient } = fixture;
    const { Watcher, last, renders } = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={photo} />
      </ProgressProvider>,
    );
    expect(renders[0]).toMatchObject({ state: null, status: null, percent: null, steps: [], isLive: false });
    await pass(200);
    expect(last()).toMatchObject({ state: null, isLive: true, connection: { status: 'live' } });
    const steps = [step('Resize'), step('Store')];
    await run(() => publishState(fixture, photoState(1, { percent: 40, etaSeconds: 9, steps })));
    expect(last()).toMatchObject({ status: 'running', percent: 40, etaSeconds: 9, steps, error: null });
    const error = { name: 'States.TaskFailed' };
    await pass(100);
    await run(() => publishState(fixture, photoState(2, { status: 'failed', percent: 40, error })));
    expect(last()).toMatchObject({ status: 'failed', error, steps: [], watchError: null });
  });

  it('keeps steps that have not changed the same objects, so that memoized rows stay', async () => {
    const fixture = bench();
    const { runtime, run, pass, createClient } = fixture;
    const { Watcher, last } = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={photo} />
      </ProgressProvider>,
    );
    await pass(200);
    await run(() => publishState(fixture, photoState(1, { steps: [step('Resize'), step('Store')] })));
    const before = last();
    await pass(100);
    const steps = [step('Resize'), step('Store', { status: 'succeeded', ended: 1 }), step('Notify')];
    await run(() => publishState(fixture, photoState(2, { steps })));
    expect(last()?.steps).toEqual(steps);
    expect(last()?.steps[0]).toBe(before?.steps[0]);
    expect(last()?.steps[1]).not.toBe(before?.steps[1]);
    const shown = last();
    await pass(100);
    await run(() => publishState(fixture, photoState(3, { steps, percent: 50 })));
    expect(last()).not.toBe(shown);
    expect(last()?.steps).toBe(shown?.steps);
  });

  it('takes an upload ID as well as an address, and null while there is none', async () => {
    const { runtime, run, pass, createClient, service, topics } = bench();
    const { Watcher, last } = watcher();
    const page = (target: UploadTarget | null) => (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={target} />
      </ProgressProvider>
    );
    const { rerender } = render(page(null));
    await pass(200);
    expect(last()).toMatchObject({ state: null, connection: { status: 'idle' }, isLive: false });
    expect(topics()).toEqual([]);
    service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted']);
    rerender(page(uploadIdOf(photo.bucket, photo.key)));
    await pass(200);
    expect(last()).toMatchObject({ status: 'running', isLive: true });
    rerender(page(null));
    await run();
    expect(last()).toMatchObject({ state: null, connection: { status: 'live' }, isLive: false });
    expect(topics()).toEqual([]);
  });

  it('watches once for all components of one upload, and until the last of them is gone', async () => {
    const { runtime, run, pass, createClient, clients, topics, watches } = bench();
    const { Watcher } = watcher();
    const page = (one: boolean, other: boolean) => (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        {one && <Watcher target={photo} />}
        {other && <Watcher target={{ ...photo }} throttleMs={500} events />}
      </ProgressProvider>
    );
    const { rerender } = render(page(true, true));
    await pass(200);
    expect(watches()).toBe(1);
    expect(topics()).toHaveLength(2);
    rerender(page(false, true));
    await run();
    expect(topics()).toHaveLength(2);
    rerender(page(true, false));
    await run();
    expect(watches()).toBe(1);
    expect(topics()).toHaveLength(2);
    rerender(page(false, false));
    await run();
    expect(topics()).toEqual([]);
    expect(clients).toHaveLength(1);
  });

  it('switches with the address, and shows nothing of the old upload under the new one', async () => {
    const { runtime, run, pass, createClient, service, topics } = bench();
    const { Watcher, last, renders } = watcher();
    const page = (target: UploadTarget) => (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={target} />
      </ProgressProvider>
    );
    const { rerender } = render(page(photo));
    await pass(200);
    await run(() => service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted']));
    expect(last()?.state?.key).toBe(photo.key);
    const before = renders.length;
    rerender(page(film));
    await pass(200);
    await run(() => service.append(film.bucket, film.key, ['uploaded']));
    expect(last()).toMatchObject({ status: 'queued', state: { key: film.key } });
    expect(renders.slice(before).filter(({ state }) => state?.key === photo.key)).toEqual([]);
    expect(topics().every((topic) => topic.includes(uploadIdOf(film.bucket, film.key)))).toBe(true);
    expect(topics()).toHaveLength(2);
  });

  it('gives events in order, and only where they are asked for', async () => {
    const { runtime, run, pass, createClient, service } = bench();
    const plain = watcher();
    const withEvents = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <plain.Watcher target={photo} />
        <withEvents.Watcher target={photo} events />
      </ProgressProvider>,
    );
    await pass(200);
    const before = [plain.renders.length, withEvents.renders.length];
    await run(() => {
      service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted'], { publish: false });
      service.publishRange(photo.bucket, photo.key, 1, 2);
    });
    await pass(100);
    expect(withEvents.last()?.events.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(plain.renders).toHaveLength(before[0] ?? 0);
    expect(withEvents.renders.length).toBeGreaterThan(before[1] ?? 0);
    expect(plain.last()?.events).toEqual([]);
  });

  it('says that it is not live while the connection is lost, keeps what it knew, and is live again', async () => {
    const { runtime, run, pass, createClient, service, transport } = bench();
    const { Watcher, last } = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={photo} />
      </ProgressProvider>,
    );
    await pass(200);
    await run(() => service.append(photo.bucket, photo.key, ['uploaded']));
    await run(() => transport.drop());
    await pass(100);
    expect(last()).toMatchObject({
      status: 'queued',
      isLive: false,
      connection: { status: 'disconnected', reason: 'connectionLost' },
    });
    service.append(photo.bucket, photo.key, ['executionStarted']);
    await pass(10_000);
    expect(last()).toMatchObject({ status: 'running', isLive: true, discontinuity: null });
  });

  it('shows a discontinuity at once', async () => {
    const { runtime, run, pass, createClient, service } = bench();
    const { Watcher, last } = watcher();
    render(
      <ProgressProvider createClient={createClient} runtime={runtime} throttleMs={60_000}>
        <Watcher target={photo} events />
      </ProgressProvider>,
    );
    await pass(60_000);
    await run(() => service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted']));
    await run(() => {
      service.startEpoch(photo.bucket, photo.key, 'e2', '2026-11-03T10:05:00.000Z');
      service.append(photo.bucket, photo.key, ['uploaded']);
    });
    expect(last()).toMatchObject({
      discontinuity: { reason: 'epochChanged', from: { epoch: 'e1', offset: 2 }, to: { epoch: 'e2' } },
    });
    await pass(60_000);
    expect(last()).toMatchObject({ status: 'queued', events: [{ offset: 1 }] });
  });
});

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
    let getClient: (() => ProgressClient) | undefined;
    function Retry() {
      getClient = useProgressClient();
      return null;
    }
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Watcher target={photo} />
        <Retry />
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
    act(() => getClient?.().connect());
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
      service.append(photo.bucket, photo.key, ['uploaded'], { publish: false });
      service.publishRange(photo.bucket, photo.key, 1, 1);
    });
    expect(last()).toMatchObject({ state: null, discontinuity: { reason: 'epochChanged' } });
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
