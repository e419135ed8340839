import { describe, expect, it } from 'vitest';
import { IdentityId } from '@stepcast/contracts';
import {
  createProgressClient,
  type ProgressClient,
  type Transport,
  type TransportConnectOptions,
  TransportError,
} from '@stepcast/web';
import { FakeService } from '@stepcast/web/testing';
import { quantile } from '../bench/report.ts';
import { CrowdClock } from './clock.ts';
import { reportFigure } from '../support/figures.ts';

const CLIENTS = 1_000;
const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const key = `users/${identityId}/photo.png`;

/** Most moments within any window. */
function peak(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  let first = 0;
  let most = 0;
  for (const [index, time] of sorted.entries()) {
    while (time - (sorted[first] ?? time) >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** Real clients with their real waits, on a clock that the test moves and a network that is there or not. */
function crowd(seed: number) {
  const runtime = new CrowdClock(seed);
  const attempts: number[] = [];
  /** The attempts that reached a broker. */
  const connects: number[] = [];
  const requests: string[] = [];
  const open = new Map<string, TransportConnectOptions>();
  let reachable = true;
  const encoder = new TextEncoder();
  // Replies go to the session that asked; nothing else is published, so nothing has to be matched with 1,000 subscriptions.
  const service = new FakeService(identityId, (topic, message) => {
    const session = topic.split('/').at(-1) ?? '';
    const payload = encoder.encode(JSON.stringify(message));
    open.get(`${identityId}-${session}`)?.onMessage({ topic, payload, retained: false });
  });
  service.append('uploads', key, ['uploaded', 'executionStarted']);
  const transport: Transport = {
    connect(options) {
      attempts.push(runtime.now());
      if (!reachable) return Promise.reject(new TransportError('handshake', 'the WebSocket did not open'));
      connects.push(runtime.now());
      open.set(options.clientId, options);
      return Promise.resolve({
        subscribe: (filters) => Promise.resolve(filters.map(() => 1)),
        unsubscribe: () => Promise.resolve(),
        publish(topic, payload) {
          requests.push(topic);
          service.answer(topic, payload);
          return Promise.resolve();
        },
        ping: () => Promise.resolve(),
        close: () => open.delete(options.clientId),
      });
    },
  };
  const clients: ProgressClient[] = Array.from({ length: CLIENTS }, () =>
    createProgressClient({
      region: 'us-east-1',
      endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
      credentials: () =>
        Promise.resolve({
          identityId,
          accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
          secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
          expiration: new Date(runtime.now() + 3_600_000),
        }),
      runtime,
      transport,
      positionCheckMs: 0,
    }),
  );
  return {
    runtime,
    clients,
    attempts,
    connects,
    requests,
    cut: () => {
      reachable = false;
      const lost = [...open.values()];
      open.clear();
      for (const { onClose } of lost) onClose(new TransportError('closed', 'the connection closed'));
    },
    restore: () => {
      reachable = true;
    },
  };
}

describe('a thousand clients that lose their broker together', () => {
  it.each([0, 5, 60])(
    'come back spread out after an outage of %i s, and ask once each for what they missed',
    async (outageSeconds) => {
      const { runtime, clients, attempts, connects, requests, cut, restore } = crowd(outageSeconds + 1);
      for (const client of clients) client.watch({ bucket: 'uploads', key });
      await runtime.advance(1_000);
      expect(clients.filter(({ connection }) => connection.status === 'live')).toHaveLength(CLIENTS);

      // They have been up for long enough that their waits begin anew.
      await runtime.advance(30_000);
      attempts.length = 0;
      connects.length = 0;
      requests.length = 0;
      const liveAt: number[] = [];
      for (const client of clients)
        client.on('connection', ({ status }) => {
          if (status === 'live') liveAt.push(runtime.now());
        });
      const cutAtMs = runtime.now();
      cut();
      await runtime.advance(outageSeconds * 1_000);
      restore();
      const restoredAtMs = runtime.now();
      await runtime.advance(35_000);

      expect(clients.filter(({ connection }) => connection.status === 'live')).toHaveLength(CLIENTS);
      const perSecond = peak(connects, 1_000);
      expect(perSecond).toBeLessThanOrEqual(CLIENTS / 3);
      expect(requests.length).toBeLessThanOrEqual(CLIENTS);
      const backAfter = liveAt.map((atMs) => atMs - (outageSeconds === 0 ? cutAtMs : restoredAtMs));
      reportFigure(
        `${CLIENTS} clients after an outage of ${outageSeconds} s`,
        `at most ${perSecond} CONNECT/s (a third is ${Math.floor(CLIENTS / 3)}), ${peak(connects, 100)} in any 100 ms; ` +
          `with those that found no broker ${attempts.length} attempts, at most ${peak(attempts, 1_000)}/s; back after p50 ${(quantile(backAfter, 0.5) / 1_000).toFixed(1)} s, ` +
          `p99 ${(quantile(backAfter, 0.99) / 1_000).toFixed(1)} s; ${requests.length} catch-up requests`,
      );
      await Promise.all(clients.map((client) => client.close()));
    },
  );
});
