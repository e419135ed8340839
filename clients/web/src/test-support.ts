import { vi } from 'vitest';
import { IdentityId } from '@stepcast/contracts';
import { createProgressClient } from './create-progress-client.ts';
import type { ProgressClientOptions } from './options.ts';
import type { UploadWatch } from './types.ts';
import { FakeEnvironment, FakeService, FakeTransport, ManualRuntime } from './testing/index.ts';

/** Shared by the unit tests of this package; no part of what it exports. */
export const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
export const bucket = 'uploads';
export const key = `users/${identityId}/photo.png`;

export const credentialsOf = (expiresAtMs: number) => ({
  identityId,
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'token+/=',
  expiration: new Date(expiresAtMs),
});

/** A client on a fake broker with a fake service behind it, on a clock that the test moves. */
export function bench(options: Partial<ProgressClientOptions> = {}, transport = new FakeTransport()) {
  const runtime = new ManualRuntime();
  const environment = new FakeEnvironment();
  const service = new FakeService(identityId, (topic, message, { retain }) =>
    transport.publish(topic, message, { retain }),
  );
  transport.onPublish = ({ topic, payload }) => {
    service.answer(topic, payload);
  };
  const client = createProgressClient({
    region: 'us-east-1',
    endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
    credentials: () => Promise.resolve(credentialsOf(runtime.now() + 3_600_000)),
    runtime,
    transport,
    environment,
    ...options,
  });
  const states: string[] = [];
  client.on('connection', ({ status, reason }) => states.push(`${status}:${reason}`));
  return { runtime, transport, environment, service, client, states };
}

/** What a watch emitted, in order. */
export function record(watch: UploadWatch): string[] {
  const emitted: string[] = [];
  watch.on('event', ({ event, epoch }) => emitted.push(`${epoch}/${event.offset}`));
  watch.on('discontinuity', ({ reason }) => emitted.push(reason));
  watch.on('complete', () => emitted.push('complete'));
  watch.on('reopened', () => emitted.push('reopened'));
  watch.on('synced', () => emitted.push('synced'));
  return emitted;
}

/** What a watch tells of the events `first` to `last` of an epoch. */
export const range = (epoch: string, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${epoch}/${first + index}`);

/** Options of a client whose provisioning endpoint gives this answer. */
export function provisioning(reply: object, status = 200) {
  const fetch = vi.fn<typeof globalThis.fetch>(() =>
    Promise.resolve(new Response(JSON.stringify(reply), { status })),
  );
  return {
    fetch,
    provisioning: {
      url: 'https://api.example.com/v1/provision',
      idToken: () => Promise.resolve('id-token'),
    },
  };
}
