/** @vitest-environment jsdom */
import { uploadIdOf } from '@stepcast/contracts';
import type { UploadTarget } from '@stepcast/web';
import { describe, expect, it } from 'vitest';
import { render } from '@testing-library/react';
import { ProgressProvider } from './index.ts';
import {
  bench,
  expectSilentReact,
  film,
  photo,
  photoState,
  publishState,
  step,
  watcher,
} from './test-support.tsx';

expectSilentReact();

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
    // React keeps the prop `key` for itself: props of a component were no address.
    rerender(page({ bucket: photo.bucket, objectKey: photo.key }));
    await run();
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
        {one && <Watcher target={photo} events />}
        {other && <Watcher target={{ ...photo }} throttleMs={500} />}
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
    // A snapshot that is ahead of the events: they move nothing but themselves.
    await run(() => {
      service.append(photo.bucket, photo.key, ['uploaded', 'executionStarted'], { publish: false });
      service.publishState(photo.bucket, photo.key);
    });
    await pass(100);
    const before = [plain.renders.length, withEvents.renders.length];
    await run(() => service.publishRange(photo.bucket, photo.key, 1, 2));
    await pass(100);
    expect(withEvents.last()?.events.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(plain.renders).toHaveLength(before[0] ?? 0);
    expect(withEvents.renders.length).toBeGreaterThan(before[1] ?? 0);
    expect(plain.last()?.events).toEqual([]);
  });

  it('gives all events in a page that is loaded again, where a timeline knew less than in another browser', async () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
    };
    const kinds = ['uploaded', 'executionStarted', 'executionSucceeded'] as const;
    const seen: (readonly number[] | undefined)[] = [];
    for (const load of [1, 2]) {
      const { runtime, run, pass, createClient, service } = bench({ storage });
      const plain = watcher();
      const withEvents = watcher();
      const view = render(
        <ProgressProvider createClient={createClient} runtime={runtime}>
          <plain.Watcher target={photo} />
          <withEvents.Watcher target={photo} events />
        </ProgressProvider>,
      );
      if (load === 1) await pass(200);
      await run(() => service.append(photo.bucket, photo.key, kinds, { publish: load === 1 }));
      await pass(2_000);
      seen.push(withEvents.last()?.events.map(({ offset }) => offset));
      await run(() => view.unmount());
    }
    expect([...stored.values()].join()).toContain('"offset":3');
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
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
