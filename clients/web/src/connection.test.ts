import { describe, expect, it } from 'vitest';
import { SubscribeRefusedError } from './errors.ts';
import { TransportError } from './transport.port.ts';
import { bench, bucket, identityId, key, provisioning } from './test-support.ts';

describe('the connection', () => {
  it('goes from idle over connecting and subscribing to live', async () => {
    const { client, runtime, states } = bench();
    expect(client.connection.status).toBe('idle');
    client.connect();
    await runtime.settle();
    expect(states).toEqual(['connecting:starting', 'subscribing:connected', 'live:connected']);
  });

  it('falls back to MQTT 3.1.1 at once where the broker has no MQTT 5, and keeps to it', async () => {
    const { client, runtime, transport, states } = bench();
    transport.speaks = 4;
    client.connect();
    await runtime.settle();
    expect(states).toContain('connecting:protocolFallback');
    expect(client.connection.status).toBe('live');
    transport.drop();
    await runtime.advance(10_000);
    expect(transport.attempts.map(({ protocol }) => protocol)).toEqual([5, 4, 4]);

    const strict = bench({ protocol: 5 });
    strict.transport.speaks = 4;
    strict.client.connect();
    await strict.runtime.settle();
    expect(strict.client.connection).toMatchObject({ status: 'failed', reasonCode: 306 });
  });

  it('surfaces a refused subscription to its own replies as its own error, after one renewal', async () => {
    const { client, runtime, transport } = bench();
    transport.refuseFilter = (filter) => (filter.includes('/replies/') ? 0x87 : 1);
    client.connect();
    await runtime.advance(60_000);
    expect(client.connection).toMatchObject({ status: 'failed', reasonCode: 301 });
    expect(client.connection.error).toBeInstanceOf(SubscribeRefusedError);
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
    expect(client.connection.status).toBe('live');
  });

  it('waits for the network when there is none, and comes back soon after it', async () => {
    const { client, runtime, transport, environment } = bench();
    client.connect();
    await runtime.settle();
    environment.online = false;
    transport.drop();
    expect(client.connection).toMatchObject({ status: 'disconnected', reasonCode: 110 });
    await runtime.advance(3_600_000);
    expect(transport.attempts).toHaveLength(1);
    environment.tell('online');
    await runtime.advance(1_000);
    expect(client.connection.status).toBe('live');
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
    expect(client.connection.status).toBe('live');
  });

  it('disconnects a page hidden for long, if configured to, and comes back when it is shown', async () => {
    const { client, runtime, environment, transport } = bench({ hiddenDisconnectMs: 60_000 });
    client.connect();
    await runtime.settle();
    environment.tell('hidden');
    await runtime.advance(59_000);
    expect(client.connection.status).toBe('live');
    await runtime.advance(2_000);
    expect(client.connection).toMatchObject({ status: 'disconnected', reasonCode: 112 });
    expect(transport.connections).toHaveLength(0);
    environment.tell('online');
    await runtime.advance(3_600_000);
    expect(client.connection.status).toBe('disconnected');
    environment.tell('visible');
    await runtime.advance(1_000);
    expect(client.connection.status).toBe('live');
  });

  it('comes back from a forced takeover without evicting in turn', async () => {
    const { client, runtime, transport, states } = bench();
    client.connect();
    await runtime.settle();
    const [first] = transport.attempts;
    transport.drop(new TransportError('closed', 'taken over', { mqttCode: 0x8e }));
    expect(states.at(-1)).toBe('disconnected:takenOver');
    await runtime.advance(10_000);
    expect(client.connection.status).toBe('live');
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
      expect(client.connection.status).toBe('closed');
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
