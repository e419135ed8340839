/** @vitest-environment jsdom */
import type { UploadState } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { render } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { ProgressProvider, useUploadProgress } from './index.ts';
import { bench, expectSilentReact, photo } from './test-support.tsx';

expectSilentReact();

const { bucket, key } = photo;

function Watcher({ onComplete }: { readonly onComplete: (state: UploadState) => void }): ReactNode {
  const { completion } = useUploadProgress(photo, { onComplete });
  return completion?.status ?? 'open';
}

function page(fixture: ReturnType<typeof bench>, children: ReactNode) {
  return (
    <StrictMode>
      <ProgressProvider createClient={fixture.createClient} runtime={fixture.runtime}>
        {children}
      </ProgressProvider>
    </StrictMode>
  );
}

describe('onComplete', () => {
  it('is called once, when every execution has ended, and again only after a redrive has ended', async () => {
    const fixture = bench();
    const { run, pass, service } = fixture;
    const completed: string[] = [];
    const { container } = render(
      page(fixture, <Watcher onComplete={({ status }) => completed.push(status)} />),
    );
    await pass(1_000);
    const append = (kinds: Parameters<typeof service.append>[2], execution: string) =>
      run(() => service.append(bucket, key, kinds, { execution }));
    await append(['executionStarted'], 'one');
    await append(['executionStarted'], 'two');
    await append(['executionSucceeded'], 'one');
    expect(completed).toEqual([]);
    await append(['executionFailed'], 'two');
    expect(completed).toEqual(['failed']);
    await run(() => service.publishState(bucket, key));
    await run(() => fixture.transport.drop());
    await pass(20_000);
    expect(completed).toEqual(['failed']);
    await append(['executionRedriven'], 'two');
    await pass(100);
    expect(container.textContent).toBe('open');
    await append(['executionSucceeded'], 'two');
    expect(completed).toEqual(['failed', 'succeeded']);
    expect(container.textContent).toBe('succeeded');
  });

  it('waits for the events before the end, even when the state says that all is over', async () => {
    const fixture = bench({ positionCheckMs: 0 });
    const { run, pass, service } = fixture;
    const completed: string[] = [];
    render(page(fixture, <Watcher onComplete={({ status }) => completed.push(status)} />));
    await pass(1_000);
    await run(() => {
      service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], { publish: false });
      service.publishState(bucket, key);
    });
    expect(completed).toEqual([]);
    await run(() => service.publishRange(bucket, key, 1, 3));
    expect(completed).toEqual(['succeeded']);
  });

  it('is called for a component that comes after the end, once for each component', async () => {
    const fixture = bench();
    const { pass, service } = fixture;
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], { publish: false });
    const completed: string[] = [];
    const first = <Watcher key="first" onComplete={() => completed.push('first')} />;
    const { rerender } = render(page(fixture, first));
    await pass(1_000);
    expect(completed).toEqual(['first']);
    rerender(page(fixture, [first, <Watcher key="second" onComplete={() => completed.push('second')} />]));
    await pass(1_000);
    expect(completed).toEqual(['first', 'second']);
  });

  it('calls the newest callback, and not the ones of earlier renders', async () => {
    const fixture = bench();
    const { run, pass, service } = fixture;
    const completed: string[] = [];
    const { rerender } = render(page(fixture, <Watcher onComplete={() => completed.push('old')} />));
    await pass(1_000);
    rerender(page(fixture, <Watcher onComplete={() => completed.push('new')} />));
    await run(() => service.append(bucket, key, ['executionStarted', 'executionSucceeded']));
    expect(completed).toEqual(['new']);
    rerender(page(fixture, <Watcher onComplete={() => completed.push('newer')} />));
    expect(completed).toEqual(['new']);
  });

  it('does not show the end of an earlier upload to the address for one that was missed', async () => {
    const fixture = bench();
    const { run, pass, service, transport } = fixture;
    const shown: (string | undefined)[] = [];
    function Shown() {
      const { state, completion } = useUploadProgress(photo);
      if (state?.position.epoch === 'e2') shown.push(completion?.position.epoch);
      return null;
    }
    render(page(fixture, <Shown />));
    await pass(1_000);
    await run(() => service.append(bucket, key, ['executionStarted', 'executionSucceeded']));
    await run(() => transport.drop());
    service.startEpoch(bucket, key, 'e2', '2026-11-03T10:05:00.000Z');
    service.append(bucket, key, ['executionStarted', 'executionFailed']);
    await pass(20_000);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown).not.toContain('e1');
  });

  it('is called for an upload to the same address that began and ended while the client was away', async () => {
    const fixture = bench();
    const { run, pass, service, transport } = fixture;
    const completed: string[] = [];
    render(page(fixture, <Watcher onComplete={({ position }) => completed.push(position.epoch)} />));
    await pass(1_000);
    await run(() => service.append(bucket, key, ['executionStarted', 'executionSucceeded']));
    await run(() => transport.drop());
    service.startEpoch(bucket, key, 'e2', '2026-11-03T10:05:00.000Z');
    service.append(bucket, key, ['executionStarted', 'executionFailed']);
    await pass(20_000);
    expect(completed).toEqual(['e1', 'e2']);
  });

  it('is called for each of two uploads to the same address', async () => {
    const fixture = bench();
    const { run, pass, service } = fixture;
    const completed: string[] = [];
    const { container } = render(
      page(fixture, <Watcher onComplete={({ position }) => completed.push(position.epoch)} />),
    );
    await pass(1_000);
    await run(() => service.append(bucket, key, ['executionStarted', 'executionSucceeded']));
    await run(() => service.startEpoch(bucket, key, 'e2', '2026-11-03T10:05:00.000Z'));
    await run(() => service.append(bucket, key, ['executionStarted']));
    await pass(100);
    expect(container.textContent).toBe('open');
    await run(() => service.append(bucket, key, ['executionFailed']));
    expect(completed).toEqual(['e1', 'e2']);
  });
});
