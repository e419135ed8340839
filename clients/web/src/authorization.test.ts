import { describe, expect, it } from 'vitest';
import { CredentialsDeniedError } from './errors.ts';
import { TransportError } from './transport.port.ts';
import { bench, bucket, credentialsOf, identityId, key, provisioning } from './test-support.ts';

const denied = () => new TransportError('refused', 'no', { mqttCode: 0x87 });

describe('the connection', () => {
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
    expect(client.connection.status).toBe('live');
  });

  it('has the outlines of the workflows where the reply of provisioning holds them, and tells changes only', async () => {
    const workflows = [
      { name: 'Photos', states: [{ name: 'Check', type: 'Task' as const, start: true as const }] },
    ];
    const { client, runtime } = bench(provisioning({ status: 'ready', identityId, workflows }));
    const emitted: unknown[] = [];
    client.on('workflows', (now) => emitted.push(now));
    expect(client.workflows).toEqual([]);
    client.connect();
    await runtime.settle();
    expect(client.workflows).toEqual(workflows);
    expect(emitted).toEqual([workflows]);
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
    expect(client.connection.status).toBe('live');
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
    expect(client.connection.status).toBe('failed');
    client.connect();
    await runtime.settle();
    expect(client.connection.status).toBe('live');
  });

  it('stops when the provisioning endpoint refuses the token, and backs off when it is down', async () => {
    const refusal = provisioning(
      { error: { code: 'PROVISION_TOKEN', message: 'expired', retryable: false } },
      401,
    );
    const refused = bench(refusal);
    refused.client.connect();
    await refused.runtime.settle();
    expect(refused.client.connection).toMatchObject({ status: 'failed', reasonCode: 303 });
    expect(refused.client.connection.error?.message).toContain('PROVISION_TOKEN: expired');

    const down = bench(provisioning({}, 503));
    down.client.connect();
    await down.runtime.settle();
    expect(down.client.connection).toMatchObject({ status: 'disconnected', reasonCode: 108 });
  });

  it('stops when provisioning and credentials name two identities', async () => {
    const other = 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
    const { client, runtime } = bench(provisioning({ status: 'ready', identityId: other }));
    client.connect();
    await runtime.settle();
    expect(client.connection).toMatchObject({ status: 'failed', reasonCode: 304 });
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
    expect(client.connection).toMatchObject({ status: 'failed', reasonCode: 305 });
  });

  it('stops when nobody is signed in, and retries when credentials fail for another reason', async () => {
    const signedOut = bench({ credentials: () => Promise.resolve({}) });
    signedOut.client.connect();
    await signedOut.runtime.settle();
    expect(signedOut.client.connection).toMatchObject({ status: 'failed', reasonCode: 302 });
    expect(signedOut.client.connection.error).toBeInstanceOf(CredentialsDeniedError);

    let failures = 3;
    const flaky = bench({
      credentials: () =>
        failures-- > 0
          ? Promise.reject(new Error('network'))
          : Promise.resolve(credentialsOf(Date.UTC(2027))),
    });
    flaky.client.connect();
    await flaky.runtime.advance(60_000);
    expect(flaky.client.connection.status).toBe('live');
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
      expect(client.connection.status).toBe('live');
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
    expect(client.connection.status).toBe('live');
  });
});
