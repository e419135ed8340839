import { describe, expect, it, jest } from '@jest/globals';
import { backoffDelayMs } from './backoff.ts';
import { CredentialsDeniedError, SubscribeRefusedError } from './errors.ts';
import { bench, bucket, credentialsOf, identityId, key } from './test-support.ts';
import { repeatable } from './testing/index.ts';
import { TransportError } from './transport.port.ts';

const denied = () => new TransportError('refused', 'no', { mqttCode: 0x87 });

/** An answer of the provisioning endpoint. */
function provisioning(reply: object, status = 200) {
  const fetch = jest.fn<typeof globalThis.fetch>(() =>
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

describe('the connection', () => {
  it('goes from idle over connecting and subscribing to live', async () => {
    const { client, runtime, states } = bench();
    expect(client.state.status).toBe('idle');
    client.connect();
    await runtime.settle();
    expect(states).toEqual(['connecting:starting', 'subscribing:connected', 'live:connected']);
  });

  it('provisions first, with the ID token, and only once', async () => {
    const options = provisioning({ status: 'ready', identityId });
    const { client, runtime, transport, states } = bench(options);
    client.connect();
    await runtime.settle();
    transport.drop();
    await runtime.advance(60_000);
    expect(states.filter((state) => state.startsWith('provisioning'))).toHaveLength(1);
    expect(options.fetch).toHaveBeenCalledTimes(1);
    expect(options.fetch).toHaveBeenCalledWith(
      'https://api.example.com/v1/provision',
      expect.objectContaining({
        method: 'POST',
        headers: expect.objectContaining({ authorization: 'Bearer id-token' }),
      }),
    );
    expect(client.state.status).toBe('live');
  });

  it('takes refusals inside the provisioning window as "not yet"', async () => {
    const options = provisioning({
      status: 'propagating',
      identityId,
      retryUntil: new Date(Date.UTC(2026, 10, 3, 10, 3)).toISOString(),
    });
    const { client, runtime, transport, states } = bench(options);
    transport.refuseNext(denied(), denied(), denied());
    client.connect();
    await runtime.advance(120_000);
    expect(states.filter((state) => state === 'disconnected:notYetAuthorized')).toHaveLength(3);
    expect(client.state.status).toBe('live');
  });

  it('renews policy and credentials at the first refusal outside of the window, and stops at the second', async () => {
    const options = provisioning({ status: 'ready', identityId });
    const asked: unknown[] = [];
    const { client, runtime, transport, states } = bench({
      ...options,
      credentials: (request) => {
        asked.push(request);
        return Promise.resolve(credentialsOf(Date.UTC(2027)));
      },
    });
    transport.refuseNext(denied(), denied());
    const errors: string[] = [];
    client.on('error', (error) => errors.push(error.code));
    const watch = client.watch({ bucket, key });
    await runtime.advance(300_000);
    expect(states.slice(-5)).toEqual([
      'connecting:starting',
      'disconnected:refreshingAuthorization',
      'provisioning:retrying',
      'connecting:retrying',
      'failed:denied',
    ]);
    expect(asked).toEqual([{ forceRefresh: false }, { forceRefresh: true }]);
    expect(errors).toEqual(['WEB_DENIED']);
    expect(transport.attempts).toHaveLength(2);
    await expect(watch.done).rejects.toMatchObject({ reasonCode: 300 });
    expect(runtime.pending).toBe(0);
  });

  it('starts anew from failed when asked to', async () => {
    const { client, runtime, transport } = bench();
    transport.refuseNext(denied(), denied());
    client.connect();
    await runtime.advance(300_000);
    expect(client.state.status).toBe('failed');
    client.connect();
    await runtime.settle();
    expect(client.state.status).toBe('live');
  });

  it('stops when the provisioning endpoint refuses the token, and backs off when it is down', async () => {
    const refusal = provisioning(
      { error: { code: 'PROVISION_TOKEN', message: 'expired', retryable: false } },
      401,
    );
    const refused = bench(refusal);
    refused.client.connect();
    await refused.runtime.settle();
    expect(refused.client.state).toMatchObject({ status: 'failed', reasonCode: 303 });
    expect(refused.client.state.error?.message).toContain('PROVISION_TOKEN: expired');

    const down = bench(provisioning({}, 503));
    down.client.connect();
    await down.runtime.settle();
    expect(down.client.state).toMatchObject({ status: 'disconnected', reasonCode: 108 });
  });

  it('stops when provisioning and credentials name two identities', async () => {
    const other = 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
    const { client, runtime } = bench(provisioning({ status: 'ready', identityId: other }));
    client.connect();
    await runtime.settle();
    expect(client.state).toMatchObject({ status: 'failed', reasonCode: 304 });
  });

  it('stops when another person is signed in behind its back', async () => {
    const ids = [identityId, 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'];
    const { client, runtime, transport } = bench({
      credentials: () =>
        Promise.resolve({ ...credentialsOf(Date.UTC(2027)), identityId: ids.shift() ?? identityId }),
    });
    client.connect();
    await runtime.settle();
    transport.drop();
    await runtime.advance(10_000);
    expect(client.state).toMatchObject({ status: 'failed', reasonCode: 305 });
  });

  it('stops when nobody is signed in, and retries when credentials fail for another reason', async () => {
    const signedOut = bench({ credentials: () => Promise.resolve({}) });
    signedOut.client.connect();
    await signedOut.runtime.settle();
    expect(signedOut.client.state).toMatchObject({ status: 'failed', reasonCode: 302 });
    expect(signedOut.client.state.error).toBeInstanceOf(CredentialsDeniedError);

    let failures = 3;
    const flaky = bench({
      credentials: () =>
        failures-- > 0
          ? Promise.reject(new Error('network'))
          : Promise.resolve(credentialsOf(Date.UTC(2027))),
    });
    flaky.client.connect();
    await flaky.runtime.advance(60_000);
    expect(flaky.client.state.status).toBe('live');
  });

  it('uses a new signature, client ID and credentials for every attempt', async () => {
    let asked = 0;
    const { client, runtime, transport } = bench({
      credentials: () => {
        asked += 1;
        return Promise.resolve(credentialsOf(Date.UTC(2027)));
      },
    });
    client.connect();
    for (let round = 0; round < 50; round += 1) {
      await runtime.advance(40_000);
      expect(client.state.status).toBe('live');
      transport.drop();
    }
    await runtime.advance(40_000);
    expect(asked).toBe(51);
    expect(new Set(transport.attempts.map(({ url }) => url)).size).toBe(51);
    const clientIds = transport.attempts.map(({ clientId }) => clientId);
    expect(new Set(clientIds).size).toBe(51);
    expect(clientIds.every((id) => id.startsWith(`${identityId}-`))).toBe(true);
  });

  it('forces new credentials after a handshake that failed: a 403 looks like nothing else', async () => {
    const asked: unknown[] = [];
    const { client, runtime, transport } = bench({
      credentials: (request) => {
        asked.push(request);
        return Promise.resolve(credentialsOf(Date.UTC(2027)));
      },
    });
    transport.refuseNext(new TransportError('handshake', 'did not open'));
    client.connect();
    await runtime.advance(10_000);
    expect(asked).toEqual([{ forceRefresh: false }, { forceRefresh: true }]);
    expect(client.state.status).toBe('live');
  });

  it('falls back to MQTT 3.1.1 at once where the broker has no MQTT 5, and keeps to it', async () => {
    const { client, runtime, transport, states } = bench();
    transport.speaks = 4;
    client.connect();
    await runtime.settle();
    expect(states).toContain('connecting:protocolFallback');
    expect(client.state.status).toBe('live');
    transport.drop();
    await runtime.advance(10_000);
    expect(transport.attempts.map(({ protocol }) => protocol)).toEqual([5, 4, 4]);

    const strict = bench({ protocol: 5 });
    strict.transport.speaks = 4;
    strict.client.connect();
    await strict.runtime.settle();
    expect(strict.client.state).toMatchObject({ status: 'failed', reasonCode: 306 });
  });

  it('surfaces a refused subscription to its own replies as its own error, after one renewal', async () => {
    const { client, runtime, transport } = bench();
    transport.refuseFilter = (filter) => (filter.includes('/replies/') ? 0x87 : 1);
    client.connect();
    await runtime.advance(60_000);
    expect(client.state).toMatchObject({ status: 'failed', reasonCode: 301 });
    expect(client.state.error).toBeInstanceOf(SubscribeRefusedError);
    expect(transport.connections).toHaveLength(0);
  });

  it('ends only the watch whose topics the broker refuses, and goes on without an overview', async () => {
    const { client, runtime, transport, service } = bench();
    const other = client.watch({ bucket, key: `${key}-other` });
    const watch = client.watch({ bucket, key });
    transport.refuseFilter = (filter) =>
      filter.includes(watch.uploadId) || filter.endsWith('/overview') ? 0x80 : 1;
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
    await runtime.settle();
    await expect(watch.done).rejects.toBeInstanceOf(SubscribeRefusedError);
    expect(warnings).toEqual([404]);
    service.append(bucket, `${key}-other`, ['uploaded']);
    expect(other.events).toHaveLength(1);
  });

  it('reconnects when the broker could not subscribe for now', async () => {
    const { client, runtime, transport, states } = bench();
    transport.refuseFilter = () => 0x97;
    client.connect();
    await runtime.settle();
    expect(states.at(-1)).toBe('disconnected:subscribeFailed');
    transport.refuseFilter = () => 1;
    await runtime.advance(10_000);
    expect(client.state.status).toBe('live');
  });

  it('waits for the network when there is none, and comes back soon after it', async () => {
    const { client, runtime, transport, environment } = bench();
    client.connect();
    await runtime.settle();
    environment.online = false;
    transport.drop();
    expect(client.state).toMatchObject({ status: 'disconnected', reasonCode: 110 });
    await runtime.advance(3_600_000);
    expect(transport.attempts).toHaveLength(1);
    environment.tell('online');
    await runtime.advance(1_000);
    expect(client.state.status).toBe('live');
  });

  it('has a connection prove itself after sleep, and replaces one that is half open', async () => {
    const { client, runtime, transport, environment, states } = bench();
    client.connect();
    await runtime.settle();
    environment.tell('wake');
    await runtime.settle();
    expect(transport.attempts).toHaveLength(1);
    transport.silent = true;
    environment.tell('wake');
    await runtime.settle();
    expect(states.at(-1)).toBe('disconnected:pingTimeout');
    transport.silent = false;
    await runtime.advance(10_000);
    expect(client.state.status).toBe('live');
  });

  it('disconnects a page hidden for long, if told to, and comes back when it is shown', async () => {
    const { client, runtime, environment, transport } = bench({ hiddenDisconnectMs: 60_000 });
    client.connect();
    await runtime.settle();
    environment.tell('hidden');
    await runtime.advance(59_000);
    expect(client.state.status).toBe('live');
    await runtime.advance(2_000);
    expect(client.state).toMatchObject({ status: 'disconnected', reasonCode: 112 });
    expect(transport.connections).toHaveLength(0);
    environment.tell('online');
    await runtime.advance(3_600_000);
    expect(client.state.status).toBe('disconnected');
    environment.tell('visible');
    await runtime.advance(1_000);
    expect(client.state.status).toBe('live');
  });

  it('comes back from a forced takeover without evicting in turn', async () => {
    const { client, runtime, transport, states } = bench();
    client.connect();
    await runtime.settle();
    const [first] = transport.attempts;
    transport.drop(new TransportError('closed', 'taken over', { mqttCode: 0x8e }));
    expect(states.at(-1)).toBe('disconnected:takenOver');
    await runtime.advance(10_000);
    expect(client.state.status).toBe('live');
    expect(transport.attempts.at(-1)?.clientId).not.toBe(first?.clientId);
  });

  it('closes for good at any moment, leaving no timer, listener or connection', async () => {
    for (const turns of [0, 1, 2, 3, 5, 8, 13, 40]) {
      const { client, runtime, transport, environment } = bench(
        provisioning({ status: 'ready', identityId }),
      );
      const watch = client.watch({ bucket, key });
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await client.close();
      await runtime.settle();
      expect(client.state.status).toBe('closed');
      await expect(watch.done).rejects.toMatchObject({ reason: 'closed' });
      expect({ open: transport.connections.length, observed: environment.observed }).toEqual({
        open: 0,
        observed: 0,
      });
      await runtime.advance(3_600_000);
      expect(runtime.pending).toBe(0);
      expect(() => client.watch({ bucket, key })).toThrow('closed');
    }
  });
});

describe('the backoff', () => {
  it('is spread evenly over its bound, which doubles up to the cap', () => {
    const random = repeatable(7);
    for (const [attempt, boundMs] of [4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      const delays = Array.from({ length: 4_000 }, () => backoffDelayMs(attempt, random));
      expect(Math.max(...delays)).toBeLessThan(boundMs);
      for (let quarter = 0; quarter < 4; quarter += 1) {
        const share = delays.filter((delay) => Math.floor((delay / boundMs) * 4) === quarter).length / 4_000;
        expect(share).toBeGreaterThan(0.22);
        expect(share).toBeLessThan(0.28);
      }
    }
  });

  it('brings 1,000 clients that were cut off together back with at most a third of them in any second', async () => {
    const startedAtMs: number[] = [];
    const benches = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const random = repeatable(index + 1);
        const one = bench();
        one.runtime.random = random;
        one.client.connect();
        await one.runtime.settle();
        return one;
      }),
    );
    for (const { client, runtime, transport } of benches) {
      transport.drop();
      startedAtMs.push(client.state.retryInMs ?? 0);
      expect(runtime.pending).toBeGreaterThan(0);
    }
    const peak = Math.max(
      ...startedAtMs.map((from) => startedAtMs.filter((at) => at >= from && at < from + 1_000).length),
    );
    expect(peak).toBeLessThanOrEqual(333);
  });
});
