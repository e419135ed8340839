/** @vitest-environment jsdom */
import { describe, expect, it } from 'vitest';
import { render } from '@testing-library/react';
import { StrictMode } from 'react';
import { ProgressProvider, type UploadProgress, useProgressOverview, useUploadProgress } from './index.ts';
import { bench, expectSilentReact, film, photo, photoState, publishState } from './test-support.tsx';

expectSilentReact();

const { bucket, key } = photo;

/** Renders while 1,000 events, each with its state, come within a second, and the last status shown. */
async function rendersOfAThousandEvents(throttleMs: number) {
  const { runtime, run, pass, createClient, service } = bench();
  let renders = 0;
  let shown: UploadProgress | undefined;
  function Counter() {
    shown = useUploadProgress(photo);
    renders += 1;
    return null;
  }
  render(
    <ProgressProvider createClient={createClient} runtime={runtime} throttleMs={throttleMs}>
      <Counter />
    </ProgressProvider>,
  );
  await pass(throttleMs + 1_000);
  const before = renders;
  for (let event = 1; event <= 1_000; event += 1) {
    // Each in its own act, or React would put all renders into one.
    await run(() => service.append(bucket, key, [event === 1 ? 'executionStarted' : 'stepStarted']));
    await pass(1);
  }
  const during = renders - before;
  await pass(throttleMs);
  return { during, total: renders - before, offset: shown?.state?.position.offset };
}

describe('the number of renders', () => {
  it('is one per throttleMs while 1,000 events come in a second, and the last state is shown', async () => {
    const { during, total, offset } = await rendersOfAThousandEvents(100);
    // At once, and then every 100 ms; the last of them falls together with the last event.
    expect({ during, total, offset }).toEqual({ during: 11, total: 11, offset: 1_000 });
  });

  it('is one per event without throttle, so that the count above counts something', async () => {
    const { total, offset } = await rendersOfAThousandEvents(0);
    expect({ total, offset }).toEqual({ total: 1_000, offset: 1_000 });
  });

  it('does not depend on a throttle of the client, which would add up with this one', async () => {
    const { runtime, run, pass, createClient, service } = bench({ stateThrottleMs: 60_000 });
    const shown: (number | undefined)[] = [];
    function Shown() {
      shown.push(useUploadProgress(photo, { throttleMs: 0 }).state?.position.offset);
      return null;
    }
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Shown />
      </ProgressProvider>,
    );
    await pass(1_000);
    for (const kind of ['uploaded', 'executionStarted', 'stepStarted'] as const)
      await run(() => service.append(bucket, key, [kind]));
    expect(shown.filter((offset) => offset !== undefined)).toEqual([1, 2, 3]);
  });

  it('does not grow with messages that say nothing new', async () => {
    const fixture = bench();
    const { runtime, run, pass, createClient, service } = fixture;
    let renders = 0;
    function Counter() {
      useUploadProgress(photo, { events: true });
      renders += 1;
      return null;
    }
    render(
      <ProgressProvider createClient={createClient} runtime={runtime} throttleMs={0}>
        <Counter />
      </ProgressProvider>,
    );
    await pass(1_000);
    await run(() => service.append(bucket, key, ['uploaded', 'executionStarted']));
    const before = renders;
    await run(() => {
      service.publishState(bucket, key);
      service.publishRange(bucket, key, 1, 2);
    });
    await run(() => service.append(film.bucket, film.key, ['uploaded', 'executionStarted']));
    expect(renders).toBe(before);
  });

  it('does not hold back an end: completion is shown at once, whatever the throttle', async () => {
    const { runtime, run, pass, createClient, service } = bench();
    let shown: UploadProgress | undefined;
    function Shown() {
      shown = useUploadProgress(photo, { throttleMs: 3_600_000 });
      return null;
    }
    render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Shown />
      </ProgressProvider>,
    );
    await pass(3_600_000);
    await run(() => service.append(bucket, key, ['uploaded', 'executionStarted']));
    expect(shown).toMatchObject({ status: 'running', completion: null });
    await run(() => service.append(bucket, key, ['executionSucceeded']));
    expect(shown).toMatchObject({ status: 'succeeded', percent: 100, completion: { status: 'succeeded' } });
  });

  it('is the same for all components of a view: none is ever ahead of another on the page', async () => {
    const fixture = bench();
    const { runtime, run, pass, createClient } = fixture;
    function Percent() {
      return <>{`${useUploadProgress(photo).percent} `}</>;
    }
    const { container } = render(
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Percent />
        <p>
          <Percent />
        </p>
      </ProgressProvider>,
    );
    await pass(1_000);
    const pages = new Set<string>();
    for (let percent = 1; percent <= 60; percent += 1) {
      await run(() => publishState(fixture, photoState(percent, { percent })));
      pages.add(container.textContent);
      await pass(7);
    }
    expect([...pages].filter((page) => new Set(page.trim().split(' ')).size > 1)).toEqual([]);
    expect(pages.size).toBeGreaterThan(3);
    expect(pages.size).toBeLessThan(7);
  });
});

describe('Strict Mode', () => {
  function Page() {
    const { status } = useUploadProgress(photo);
    const { uploads } = useProgressOverview();
    return <>{`${status} ${uploads.length}`}</>;
  }

  it('makes one client, one connection and one watch', async () => {
    const { runtime, run, pass, createClient, clients, transport, service, topics, watches } = bench();
    const { container, unmount } = render(
      <StrictMode>
        <ProgressProvider createClient={createClient} runtime={runtime}>
          <Page />
        </ProgressProvider>
      </StrictMode>,
    );
    await pass(1_000);
    await run(() => service.append(bucket, key, ['uploaded']));
    expect(container.textContent).toBe('queued 0');
    expect(clients).toHaveLength(1);
    expect(watches()).toBe(1);
    expect(transport.attempts).toHaveLength(1);
    expect(topics()).toHaveLength(2);
    unmount();
    await run();
    expect(clients[0]?.connection.status).toBe('closed');
    expect(transport.connections).toEqual([]);
  });

  it('leaves no timer behind when it is unmounted while a change waits', async () => {
    const { runtime, run, pass, createClient, service } = bench({ positionCheckMs: 0 });
    const { unmount } = render(
      <StrictMode>
        <ProgressProvider createClient={createClient} runtime={runtime} throttleMs={5_000}>
          <Page />
        </ProgressProvider>
      </StrictMode>,
    );
    await pass(10_000);
    await run(() => service.append(bucket, key, ['uploaded']));
    await run(() => service.append(bucket, key, ['executionStarted']));
    expect(runtime.pending).toBeGreaterThan(0);
    unmount();
    await run();
    expect(runtime.pending).toBe(0);
  });
});
