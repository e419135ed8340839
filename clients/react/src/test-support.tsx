import { IdentityId, MESSAGE_TYPES, type StepState, uploadIdOf, UploadState } from '@stepcast/contracts';
import {
  createProgressClient,
  type ProgressClient,
  type ProgressClientOptions,
  type UploadTarget,
} from '@stepcast/web';
import { FakeEnvironment, FakeService, FakeTransport, ManualRuntime } from '@stepcast/web/testing';
import { type UploadProgress, type UploadProgressOptions, useUploadProgress } from './index.ts';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { act } from '@testing-library/react';

/** Shared by the tests of this package; no part of what it exports. */
export const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
export const bucket = 'uploads';
export const photo = { bucket, key: `users/${identityId}/photo.png` };
export const film = { bucket, key: `users/${identityId}/film.mp4` };

/** A client on a fake broker with a fake service behind it, and a clock whose steps are wrapped in act(). */
export function bench(options: Partial<ProgressClientOptions> = {}) {
  const runtime = new ManualRuntime();
  const transport = new FakeTransport();
  const service = new FakeService(identityId, (topic, message, { retain }) =>
    transport.publish(topic, message, { retain }),
  );
  transport.onPublish = ({ topic, payload }) => {
    service.answer(topic, payload);
  };
  const clients: ProgressClient[] = [];
  const spies: { readonly mock: { readonly calls: readonly unknown[] } }[] = [];
  const createClient = () => {
    const client = createProgressClient({
      region: 'us-east-1',
      endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
      credentials: () =>
        Promise.resolve({
          identityId,
          accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
          secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
          sessionToken: 'token+/=',
          expiration: new Date(runtime.now() + 3_600_000),
        }),
      runtime,
      transport,
      environment: new FakeEnvironment(),
      ...options,
    });
    spies.push(vi.spyOn(client, 'watch'));
    clients.push(client);
    return client;
  };
  return {
    runtime,
    transport,
    service,
    clients,
    createClient,
    /** Does something, lets everything that follows from it happen, and lets React render it. */
    run: (work: () => unknown = () => undefined) =>
      act(async () => {
        await work();
        await runtime.settle();
      }),
    /** Lets time pass. */
    pass: (byMs: number) => act(() => runtime.advance(byMs)),
    /** How often a client was asked to watch an upload. */
    watches: () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0),
    /** Topics of uploads that are subscribed to now. */
    topics: () =>
      transport.connections.flatMap(({ filters }) =>
        [...filters].filter((filter) => filter.includes('/uploads/')),
      ),
  };
}

type Bench = ReturnType<typeof bench>;

/** A state of `photo` as the publisher would send it, with what the test cares about. */
export function photoState(offset: number, changes: Partial<UploadState> = {}): UploadState {
  const time = '2026-11-03T10:00:00.000Z';
  return UploadState.parse({
    identityId,
    uploadId: uploadIdOf(photo.bucket, photo.key),
    position: { epoch: 'e1', offset },
    epochStartedAt: time,
    bucket: photo.bucket,
    key: photo.key,
    status: 'running',
    percent: null,
    etaSeconds: null,
    steps: [],
    executions: [],
    error: null,
    updatedAt: time,
    ...changes,
  });
}

export function step(name: string, changes: Partial<StepState> = {}): StepState {
  const startedAt = '2026-11-03T10:00:00.000Z';
  const counts = { attempt: 1, visits: 1, ended: 0 };
  return { name, type: 'Task', status: 'running', ...counts, startedAt, endedAt: null, ...changes };
}

/** Publishes a state without its events. */
export function publishState({ transport, service }: Bench, state: UploadState): void {
  const { uploadId, position } = state;
  transport.publish(service.space.build({ kind: 'state', identityId, uploadId }), {
    specversion: '1.0',
    id: `${uploadId}:state:${position.offset}`,
    type: MESSAGE_TYPES.state,
    time: state.updatedAt,
    source: 'arn:aws:states:us-east-1:111122223333:stateMachine:Example',
    datacontenttype: 'application/json',
    data: state,
  });
}

/** A component that keeps what it was given, render by render. */
export function watcher() {
  const renders: UploadProgress[] = [];
  function Watcher({ target, ...options }: { target: UploadTarget | null } & UploadProgressOptions) {
    renders.push(useUploadProgress(target, options));
    return null;
  }
  return { renders, Watcher, last: () => renders.at(-1) };
}

/** React reports misuse through the console: a test in which it does has failed. */
export function expectSilentReact(): void {
  const spy = () => vi.spyOn(console, 'error');
  let complaints: ReturnType<typeof spy>;
  beforeEach(() => {
    complaints = spy();
  });
  afterEach(() => {
    const { calls } = complaints.mock;
    complaints.mockRestore();
    expect(calls).toEqual([]);
  });
}
