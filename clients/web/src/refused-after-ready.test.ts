import { describe, expect, it } from 'vitest';
import { parseJson, ProvisionRequest, type ProvisionReply } from '@stepcast/contracts';
import fc from 'fast-check';
import { TransportError } from './transport.port.ts';
import { bench, bucket, identityId, key } from './test-support.ts';

const ready: ProvisionReply = { status: 'ready', identityId };
const denied = () => new TransportError('refused', 'no', { mqttCode: 0x87 });
const closed = () => new TransportError('closed', 'closed without a word');

/** A provisioning service that answers by what it is asked, and the broker behind it. */
function world(answer: (refused: boolean, asked: number) => ProvisionReply | number) {
  const asked: { readonly atMs: number; readonly refused: boolean }[] = [];
  const made = bench({
    provisioning: { url: 'https://api.example.com/v1/provision', idToken: () => Promise.resolve('id-token') },
    fetch: (_url, init) => {
      const body = parseJson(ProvisionRequest, typeof init?.body === 'string' ? init.body : '{}');
      const refused = body.ok && body.value.refused === true;
      asked.push({ atMs: made.runtime.now(), refused });
      const reply = answer(refused, asked.length);
      return Promise.resolve(
        typeof reply === 'number'
          ? new Response('{}', { status: reply })
          : new Response(JSON.stringify(reply), { status: 200 }),
      );
    },
  });
  const untilMs = (ms: number) => new Date(made.runtime.now() + ms).toISOString();
  const renewals = () => asked.filter(({ refused }) => refused).length;
  return { ...made, asked, untilMs, renewals };
}

/** The policy was detached; the service attaches it again when it hears that the broker refused. */
function detachable(refusal: () => TransportError) {
  let attached = true;
  const w = world((refused) => {
    if (!refused) return ready;
    attached = true;
    return { status: 'propagating', identityId, retryUntil: w.untilMs(480_000) };
  });
  const connect = w.transport.connect.bind(w.transport);
  w.transport.connect = (options) => {
    if (!attached) w.transport.refuseNext(refusal());
    return connect(options);
  };
  return {
    ...w,
    detach() {
      attached = false;
      w.transport.drop();
    },
  };
}

describe('a client that the broker refuses after the service said `ready`', () => {
  it.each([
    ['answers "not authorized" (MQTT 5)', denied],
    ['answers "not authorized" (MQTT 3.1.1)', () => new TransportError('refused', 'no', { mqttCode: 5 })],
    ['disconnects with the reason', () => new TransportError('closed', 'no', { mqttCode: 0x87 })],
    ['closes without a word', closed],
  ])(
    'is live again within seconds after its policy was detached, where the broker %s',
    async (_how, refusal) => {
      const w = detachable(refusal);
      w.client.connect();
      await w.runtime.settle();
      await w.runtime.advance(60_000);
      expect(w.client.connection.status).toBe('live');
      w.detach();
      await w.runtime.advance(30_000);
      expect(w.client.connection.status).toBe('live');
      expect(w.asked.map(({ refused }) => refused)).toEqual([false, true]);
      expect(w.states).not.toContain('failed:denied');
    },
  );

  it('is live again when its subscriptions were refused', async () => {
    const w = world((refused) => {
      if (refused) w.transport.refuseFilter = () => 0;
      return ready;
    });
    w.transport.refuseFilter = () => 0x87;
    w.client.connect();
    await w.runtime.advance(30_000);
    expect(w.client.connection.status).toBe('live');
    expect(w.renewals()).toBe(1);
  });

  it('does not lose a new watch on a connection that was live when the policy was detached', async () => {
    const w = world((refused) => {
      if (refused) w.transport.refuseFilter = () => 0;
      return ready;
    });
    w.client.connect();
    await w.runtime.advance(60_000);
    w.transport.refuseFilter = () => 0x87;
    const watch = w.client.watch({ bucket, key });
    await w.runtime.advance(30_000);
    expect(w.client.connection.status).toBe('live');
    w.service.append(bucket, key, ['uploaded']);
    expect(watch.events).toHaveLength(1);
  });

  it('has its policy checked while it stays live, when a catch-up request was refused', async () => {
    const w = world(() => ready);
    let refuse = true;
    w.transport.onPublish = ({ topic, payload }) => {
      if (refuse) throw denied();
      w.service.answer(topic, payload);
    };
    w.client.watch({ bucket, key });
    await w.runtime.advance(60_000);
    // Doubled by each, up to eight minutes.
    expect(w.renewals()).toBe(2);
    await w.runtime.advance(3_600_000);
    expect(w.renewals()).toBeLessThanOrEqual(13);
    refuse = false;
    await w.runtime.advance(60_000);
    expect(w.states.filter((state) => state.startsWith('live'))).toHaveLength(1);
  });

  it('asks again after the time it is given when the service had no room to check, and is not denied before', async () => {
    const w = world((refused, asked) => {
      if (!refused) return ready;
      return asked < 4 ? { ...ready, retryAfterMs: 10_000 } : ready;
    });
    w.transport.connect = () => Promise.reject(denied());
    w.client.connect();
    await w.runtime.advance(600_000);
    expect(w.asked.map(({ refused }) => refused)).toEqual([false, true, true, true]);
    expect(w.states).toContain('disconnected:notYetAuthorized');
    expect(w.client.connection).toMatchObject({ status: 'failed', reason: 'denied' });
  });

  it('says that it was refused again when the service could not be reached the first time', async () => {
    const w = world((refused, asked) => (refused && asked === 2 ? 503 : ready));
    w.transport.refuseNext(denied());
    w.client.connect();
    await w.runtime.advance(120_000);
    expect(w.asked.map(({ refused }) => refused)).toEqual([false, true, true]);
    expect(w.client.connection.status).toBe('live');
  });

  it('goes on connecting when a broker only closes and the service cannot be reached', async () => {
    const w = world((refused) => (refused ? 503 : ready));
    w.transport.refuseNext(closed(), closed(), closed());
    w.client.connect();
    await w.runtime.advance(60_000);
    expect(w.client.connection.status).toBe('live');
    expect(w.renewals()).toBe(1);
  });

  it(
    'asks at a bounded rate, however the broker behaves, and is never denied by a broker that only closes',
    { tags: ['few-cases'] },
    async () => {
      const fate = fc.constantFrom('live', 'closes', 'refuses', 'drops');
      await fc.assert(
        fc.asyncProperty(fc.array(fate, { maxLength: 60 }), async (fates) => {
          const w = world(() => ready);
          const connect = w.transport.connect.bind(w.transport);
          let at = 0;
          w.transport.connect = (options) => {
            const next = fates[at++ % Math.max(1, fates.length)];
            if (next === 'closes') w.transport.refuseNext(closed());
            if (next === 'refuses') w.transport.refuseNext(denied());
            if (next === 'drops') w.runtime.setTimer(() => w.transport.drop(), 1_000);
            return connect(options);
          };
          w.client.connect();
          for (let n = 0; n < 20; n += 1) {
            await w.runtime.advance(30_000);
            if (w.client.connection.status === 'failed') w.client.connect();
            else w.transport.drop();
          }
          const renewedAtMs = w.asked.filter(({ refused }) => refused).map(({ atMs }) => atMs);
          for (const [index, atMs] of renewedAtMs.entries())
            if (index > 0) expect(atMs - (renewedAtMs[index - 1] ?? 0)).toBeGreaterThanOrEqual(30_000);
          if (!fates.includes('refuses')) expect(w.states).not.toContain('failed:denied');
          await w.client.close();
          await w.runtime.advance(3_600_000);
          expect(w.runtime.pending).toBe(0);
        }),
      );
    },
  );
});
