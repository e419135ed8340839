import { describe, expect, it } from 'vitest';
import { TestBroker } from './aedes-support.ts';
import { createProgressClient } from './create-progress-client.ts';
import { bucket, credentialsOf, identityId } from './test-support.ts';
import { FakeService, repeatable } from './testing/index.ts';

const EVENTS_PER_STREAM = 60;

/** A broker with the service behind it: everything goes over real sockets and real MQTT. */
async function serviceOnBroker() {
  const broker = await TestBroker.start();
  const encoder = new TextEncoder();
  const service = new FakeService(identityId, (topic, message, options) => {
    void broker.publish(topic, encoder.encode(JSON.stringify(message)), options);
  });
  // As on AWS IoT: retained messages are for exact topics only.
  const wildcards = new Set<string>();
  broker.aedes.on('subscribe', (subscriptions, client) => {
    for (const { topic } of subscriptions) if (topic.includes('+')) wildcards.add(client.id);
  });
  broker.aedes.authorizeForward = (client, packet) =>
    packet.retain && wildcards.has(client.id) && packet.topic.includes('/uploads/') ? null : packet;
  broker.aedes.on('publish', (packet, client) => {
    if (client !== null) service.answer(packet.topic, new Uint8Array(Buffer.from(packet.payload)));
  });
  return { broker, service };
}

const clientOn = (url: string, protocol: 'auto' | 4 | 5) =>
  createProgressClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: () => Promise.resolve(credentialsOf(Date.now() + 3_600_000)),
    protocol,
    // Short, so that hundreds of cuts do not take minutes; the distribution has its own test.
    backoff: { baseMs: 20, capMs: 40 },
  });

describe('a client that is cut off again and again', () => {
  it.each([
    ['auto', 200, 100],
    [4, 50, 25],
  ] as const)(
    'gets every offset exactly once, in order (protocol %s, %i cuts during %i streams)',
    async (protocol, mostCuts, streams) => {
      const { broker, service } = await serviceOnBroker();
      const client = clientOn(broker.url, protocol);
      const random = repeatable(42);
      const seen = new Map<string, number[]>();
      const surprises: string[] = [];
      const keys = Array.from({ length: streams }, (_, index) => `users/${identityId}/${index}.png`);
      const watches = keys.map((key) => {
        const watch = client.watch({ bucket, key });
        const offsets: number[] = [];
        seen.set(key, offsets);
        watch.on('event', ({ event }) => offsets.push(event.offset));
        watch.on('discontinuity', ({ reason }) => surprises.push(reason));
        watch.on('error', ({ code }) => surprises.push(code));
        return watch;
      });
      await client.whenLive();

      let cuts = 0;
      let lives = 1;
      client.on('connection', ({ status }) => {
        if (status === 'live') lives += 1;
      });
      const left = new Map(keys.map((key) => [key, EVENTS_PER_STREAM]));
      while (cuts < mostCuts || left.size > 0) {
        const open = [...left.keys()];
        for (let count = 0; count < 40 && open.length > 0; count += 1) {
          const key = open[Math.floor(random() * open.length)] ?? '';
          const remaining = left.get(key) ?? 0;
          // The end is held back until after the last cut, so that every cut falls into running streams.
          if (remaining > 1) {
            service.append(bucket, key, ['stepStarted']);
            left.set(key, remaining - 1);
          } else if (remaining === 1 && cuts >= mostCuts) {
            service.append(bucket, key, ['executionStarted', 'executionSucceeded']);
            left.delete(key);
          }
        }
        if (cuts < mostCuts) {
          // At a random point of whatever the client is doing: connecting, subscribing, catching up, live.
          const turns = Math.floor(random() * 12);
          for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          if (client.connection.status !== 'live' && random() < 0.7) await client.whenLive();
          broker.cut();
          cuts += 1;
        } else await new Promise((resolve) => setImmediate(resolve));
      }

      const done = await Promise.all(watches.map((watch) => watch.done));
      expect(done.every(({ status }) => status === 'succeeded')).toBe(true);
      expect(surprises).toEqual([]);
      const whole = Array.from({ length: EVENTS_PER_STREAM + 1 }, (_, index) => index + 1);
      for (const key of keys) expect(seen.get(key)).toEqual(whole);
      expect(lives).toBeGreaterThan(mostCuts / 4);
      expect(client.counters.invalidMessages).toBe(0);
      await client.close();
      await broker.stop();
    },
  );

  it('comes back when the broker is restarted, and tells an app that watched nothing meanwhile of the state', async () => {
    const { broker, service } = await serviceOnBroker();
    const key = `users/${identityId}/photo.png`;
    service.append(bucket, key, ['uploaded', 'executionStarted']);
    const client = clientOn(broker.url, 'auto');
    const watch = client.watch({ bucket, key });
    await new Promise<void>((resolve) => watch.on('synced', () => resolve()));
    expect(watch.events.map(({ offset }) => offset)).toEqual([1, 2]);
    broker.refuseUpgrade = () => true;
    broker.cut();
    service.append(bucket, key, ['executionSucceeded']);
    const attempts = broker.upgrades.length;
    while (broker.upgrades.length < attempts + 3) await new Promise((resolve) => setImmediate(resolve));
    broker.refuseUpgrade = undefined;
    await expect(watch.done).resolves.toMatchObject({ status: 'succeeded' });
    await client.close();
    await broker.stop();
  });
});
