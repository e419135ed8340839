/** @vitest-environment jsdom */
import { ConfigurationError, type ProgressClient } from '@stepcast/web';
import { describe, expect, it } from 'vitest';
import { render, renderHook } from '@testing-library/react';
import { Activity, type ReactNode, Suspense, use, useEffect } from 'react';
import {
  ProgressProvider,
  useConnection,
  useProgressClient,
  useProgressOverview,
  useUploadProgress,
} from './index.ts';
import { bench, bucket, expectSilentReact, photo } from './test-support.tsx';

expectSilentReact();

function Connection() {
  const { status, reasonCode } = useConnection();
  return `${status} ${reasonCode}`;
}

function Status() {
  return String(useUploadProgress(photo).status);
}

describe('the provider', () => {
  it('closes the client that it made, and leaves one that it was given to its owner', async () => {
    const { createClient, clients, runtime, run, pass, transport } = bench();
    const given = createClient();
    const view = render(
      <>
        <ProgressProvider client={given} runtime={runtime}>
          <Status />
        </ProgressProvider>
        <ProgressProvider createClient={createClient} runtime={runtime}>
          <Status />
        </ProgressProvider>
      </>,
    );
    await pass(1_000);
    expect(transport.connections).toHaveLength(2);
    view.unmount();
    await run();
    expect(clients.map(({ connection }) => connection.status)).toEqual(['live', 'closed']);
    expect(transport.connections[0]?.filters.size).toBe(2);
    await run(() => given.close());
  });

  it('leaves no listener behind on a client that goes on', async () => {
    const { createClient, runtime, run, pass } = bench();
    const client = createClient();
    const on = client.on.bind(client);
    let listeners = 0;
    client.on = (name, listener) => {
      const stop = on(name, listener);
      listeners += 1;
      return () => {
        listeners -= 1;
        stop();
      };
    };
    function Page() {
      useProgressOverview();
      return <Status />;
    }
    const view = render(
      <ProgressProvider client={client} runtime={runtime}>
        <Page />
        <Connection />
      </ProgressProvider>,
    );
    await pass(1_000);
    expect(listeners).toBeGreaterThan(0);
    view.unmount();
    await run();
    expect(listeners).toBe(0);
    await client.close();
  });

  it('shows nothing of one person to the next when it is given another client', async () => {
    const { createClient, runtime, run, pass, service, watches } = bench();
    const [first, second] = [createClient(), createClient()];
    const seen: (string | null)[] = [];
    function Page({ person }: { readonly person: string }) {
      seen.push(`${person} ${useUploadProgress(photo).status}`);
      return null;
    }
    const page = (client: ProgressClient, person: string) => (
      <ProgressProvider client={client} runtime={runtime}>
        <Page person={person} />
      </ProgressProvider>
    );
    const view = render(page(first, 'first'));
    await pass(1_000);
    await run(() => service.append(bucket, photo.key, ['uploaded']));
    view.rerender(page(second, 'second'));
    expect(new Set(seen)).toEqual(new Set(['first null', 'first queued', 'second null']));
    await pass(1_000);
    expect(seen.at(-1)).toBe('second queued');
    view.rerender(page(second, 'second'));
    await run();
    expect(watches()).toBe(2);
    await run(() => Promise.all([first.close(), second.close()]));
  });

  it('makes no client while rendering, not even for a render that is thrown away', async () => {
    const { createClient, clients, runtime, run, pass } = bench();
    const { promise, resolve } = Promise.withResolvers<string>();
    function Suspended() {
      const { status } = useUploadProgress(photo);
      return `${use(promise)} ${status}`;
    }
    const container = document.createElement('div');
    const page = (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Suspense fallback="waiting">
          <Suspended />
        </Suspense>
      </ProgressProvider>
    );
    await run(() => render(page, { container }));
    expect([container.textContent, clients.length]).toEqual(['waiting', 0]);
    await run(() => resolve('ready'));
    await pass(1_000);
    expect([container.textContent, clients.length]).toEqual(['ready null', 1]);
  });

  it('releases what is hidden, and subscribes again when it is shown', async () => {
    const { createClient, clients, runtime, run, pass, service, topics } = bench();
    const page = (mode: 'visible' | 'hidden') => (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Activity mode={mode}>
          <Status />
        </Activity>
      </ProgressProvider>
    );
    const view = render(page('visible'));
    await pass(1_000);
    expect(topics()).toHaveLength(2);
    view.rerender(page('hidden'));
    await run();
    expect(topics()).toEqual([]);
    service.append(bucket, photo.key, ['uploaded']);
    view.rerender(page('visible'));
    await pass(1_000);
    expect([view.container.textContent, clients.length]).toEqual(['queued', 1]);
  });

  it('makes a new client when it was hidden with everything below it and is shown again', async () => {
    const { createClient, clients, runtime, run, pass } = bench();
    const page = (mode: 'visible' | 'hidden') => (
      <Activity mode={mode}>
        <ProgressProvider createClient={createClient} runtime={runtime}>
          <Connection />
        </ProgressProvider>
      </Activity>
    );
    const view = render(page('visible'));
    view.rerender(page('hidden'));
    await run();
    view.rerender(page('visible'));
    await pass(1_000);
    expect(clients.map(({ connection }) => connection.status)).toEqual(['closed', 'idle']);
  });

  it('hands an error of createClient to the error boundary of React', () => {
    const problem = new ConfigurationError('region must not be empty');
    const createClient = () => {
      throw problem;
    };
    expect(() =>
      render(
        <ProgressProvider createClient={createClient}>
          <Status />
        </ProgressProvider>,
      ),
    ).toThrow(problem);
  });
});

describe('hooks that are used wrongly', () => {
  const outside = 'this hook needs a <ProgressProvider> above the component that uses it';
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <ProgressProvider createClient={bench().createClient}>{children}</ProgressProvider>
  );

  it.each([
    ['useUploadProgress', () => useUploadProgress(photo)],
    ['useProgressOverview', () => useProgressOverview()],
    ['useConnection', () => useConnection()],
    ['useProgressClient', () => useProgressClient()],
  ])('say that %s needs a provider', (_name, hook: () => unknown) => {
    expect(() => renderHook(hook)).toThrow(outside);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('say that a throttleMs of %d is none', (throttleMs) => {
    const message = `throttleMs must be milliseconds, 0 or more; it is ${throttleMs}`;
    const options = { wrapper };
    expect(() => renderHook(() => useUploadProgress(photo, { throttleMs }), options)).toThrow(message);
    expect(() => renderHook(() => useProgressOverview({ throttleMs }), options)).toThrow(message);
    const provider = <ProgressProvider createClient={bench().createClient} throttleMs={throttleMs} />;
    expect(() => render(provider)).toThrow(message);
  });
});

describe('useConnection', () => {
  it('does not connect by itself, and follows the connection', async () => {
    const { createClient, runtime, run, pass, transport } = bench();
    const client = createClient();
    const { container } = render(
      <ProgressProvider client={client} runtime={runtime}>
        <Connection />
      </ProgressProvider>,
    );
    await pass(10_000);
    expect([container.textContent, transport.attempts.length]).toEqual(['idle 0', 0]);
    await run(() => client.connect());
    expect(container.textContent).toBe('live 3');
    await run(() => transport.drop());
    expect(container.textContent).toBe('disconnected 100');
    await run(() => client.close());
    expect(container.textContent).toBe('closed 200');
  });
});

describe('useProgressClient', () => {
  it('gives the client to effects and handlers, the same one always, and not after the end', async () => {
    const { createClient, clients, runtime, run } = bench();
    const given: ProgressClient[] = [];
    let keep: (() => ProgressClient) | undefined;
    function Page() {
      const getClient = useProgressClient();
      keep = getClient;
      useEffect(() => {
        given.push(getClient());
      }, [getClient]);
      return null;
    }
    const page = (
      <ProgressProvider createClient={createClient} runtime={runtime}>
        <Page />
        <Page />
        <Connection />
      </ProgressProvider>
    );
    const view = render(page);
    view.rerender(page);
    expect(clients).toHaveLength(1);
    expect(given).toEqual([clients[0], clients[0]]);
    view.unmount();
    await run();
    expect(clients[0]?.connection.status).toBe('closed');
    expect(() => keep?.()).toThrow('the ProgressProvider of this client is unmounted');
  });
});
