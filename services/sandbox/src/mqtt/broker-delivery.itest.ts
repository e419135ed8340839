import { InMemoryKeeper } from '../core/testing/in-memory-keeper.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import net from 'node:net';
import { once } from 'node:events';
import mqtt from 'mqtt';
import { generate } from 'mqtt-packet';
import { alice, bob, closed, disconnected, openWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

describe.each([
  { name: 'MQTT 5', protocolVersion: 5 as const },
  { name: 'MQTT 3.1.1', protocolVersion: 4 as const },
])('delivery on $name', ({ protocolVersion }) => {
  it('gives retained messages to exact subscriptions and not to wildcards', async () => {
    const service = await world.service();
    for (const topic of ['a/state', 'b/state'])
      await service.client.publishAsync(`t/${alice}/${topic}`, 'retained', { qos: 1, retain: true });
    const { client, received, receives } = await world.person(alice, { protocolVersion });
    await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    await client.subscribeAsync(`t/${alice}/a/+`, { qos: 1 });
    await client.subscribeAsync(`t/${alice}/a/state`, { qos: 1 });
    await receives(1);
    await service.client.publishAsync(`t/${alice}/end`, 'end', { qos: 1 });
    await receives(2);
    expect(received).toEqual([`t/${alice}/a/state retained`, `t/${alice}/end end`]);
  });

  it('has its retained messages again after a restart, but for those that were deleted', async () => {
    const keeper = new InMemoryKeeper();
    const before = await openWorld({ keeper });
    const service = await before.service();
    for (const topic of ['stays', 'goes'])
      await service.client.publishAsync(`t/${alice}/${topic}`, topic, {
        qos: 1,
        retain: true,
        properties: { contentType: 'text/x', userProperties: { k: 'v' } },
      });
    await service.client.publishAsync(`t/${alice}/goes`, '', { qos: 1, retain: true });
    await before.close();
    const after = await openWorld({ keeper });
    const { client, receives } = await after.person(alice);
    const packet = new Promise((resolve) => client.once('message', (_topic, _payload, one) => resolve(one)));
    await client.subscribeAsync([`t/${alice}/goes`, `t/${alice}/stays`], { qos: 1 });
    expect(await receives(1)).toEqual([`t/${alice}/stays stays`]);
    expect(await packet).toMatchObject({ properties: { contentType: 'text/x', userProperties: { k: 'v' } } });
    await after.close();
  });

  it('deletes a retained message by an empty one', async () => {
    const service = await world.service();
    const topic = `t/${alice}/state`;
    await service.client.publishAsync(topic, 'retained', { qos: 1, retain: true });
    await service.client.publishAsync(topic, '', { qos: 1, retain: true });
    const { client, receives } = await world.person(alice, { protocolVersion });
    await client.subscribeAsync(topic, { qos: 1 });
    await service.client.publishAsync(topic, 'live', { qos: 1 });
    expect(await receives(1)).toEqual([`${topic} live`]);
  });

  it('does not take a/# to match a', async () => {
    const { client, receives } = await world.person(alice, { protocolVersion });
    await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}`, 'parent', { qos: 1 });
    await service.client.publishAsync(`t/${alice}/child`, 'child', { qos: 1 });
    expect(await receives(1)).toEqual([`t/${alice}/child child`]);
    await client.subscribeAsync(`t/${alice}`, { qos: 1 });
    await service.client.publishAsync(`t/${alice}`, 'parent', { qos: 1 });
    expect(await receives(2)).toContain(`t/${alice} parent`);
  });

  it('keeps the order of many messages to one client, each once', async () => {
    const { client, receives } = await world.person(alice, { protocolVersion });
    await client.subscribeAsync([`t/${alice}/#`, `t/${alice}/x`], { qos: 1 });
    const service = await world.service();
    const count = 2_000;
    for (let i = 0; i < count; i++) service.client.publish(`t/${alice}/x`, String(i), { qos: 1 });
    const received = await receives(count);
    expect(received).toEqual(Array.from({ length: count }, (_, i) => `t/${alice}/x ${i}`));
  });

  it('shares messages among the members of a group, each to one', async () => {
    const filter = `$share/workers/t/${alice}/+/jobs`;
    const [one, two, plain] = await Promise.all([
      world.service({ protocolVersion }),
      world.service({ protocolVersion }),
      world.service({ protocolVersion }),
    ]);
    await one.client.subscribeAsync(filter, { qos: 1 });
    await two.client.subscribeAsync(filter, { qos: 1 });
    await plain.client.subscribeAsync(`t/${alice}/+/jobs`, { qos: 1 });
    const publisher = await world.person(alice);
    const count = 60;
    const texts = Array.from({ length: count }, (_, i) => `t/${alice}/${i}/jobs ${i}`);
    for (let i = 0; i < count; i++)
      await publisher.client.publishAsync(`t/${alice}/${i}/jobs`, String(i), { qos: 1 });
    await plain.receives(count);
    await Promise.all([one.receives(1), two.receives(1)]);
    await one.client.unsubscribeAsync(filter);
    await two.client.unsubscribeAsync(filter);
    const shared = [...one.received, ...two.received];
    expect(shared.toSorted()).toEqual(texts.toSorted());
    await publisher.client.publishAsync(`t/${alice}/x/jobs`, 'after', { qos: 1 });
    await plain.receives(count + 1);
    expect(one.received.length + two.received.length).toBe(count);
  });

  it('gives a group only to those who may, and moves on when a member goes', async () => {
    const topic = `t/${alice}/jobs`;
    const filter = `$share/workers/${topic}`;
    const own = await world.person(alice, { protocolVersion });
    await own.client.subscribeAsync(filter, { qos: 1 });
    const mallory = await world.person(bob, { protocolVersion });
    await mallory.client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    expect(world.broker.stats().refusedSubscriptions).toBe(1);
    const other = await world.person(alice, { protocolVersion });
    await other.client.subscribeAsync(filter, { qos: 1 });
    await other.client.endAsync();
    const service = await world.service();
    await service.client.publishAsync(topic, 'retained', { qos: 1, retain: true });
    for (let i = 0; i < 5; i++) await service.client.publishAsync(topic, String(i), { qos: 1 });
    expect(await own.receives(6)).toHaveLength(6);
    expect(mallory.received).toEqual([]);
  });
});

describe('between versions', () => {
  it('passes content type and user properties on', async () => {
    const { client } = await world.person(alice);
    await client.subscribeAsync(`t/${alice}/x`, { qos: 1 });
    const packet = new Promise((resolve) => client.once('message', (_topic, _payload, one) => resolve(one)));
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}/x`, '{}', {
      qos: 1,
      properties: { contentType: 'application/cloudevents+json', userProperties: { k: 'v' } },
    });
    expect(await packet).toMatchObject({
      properties: { contentType: 'application/cloudevents+json', userProperties: { k: 'v' } },
    });
  });
});

describe('operating the broker', () => {
  it('lists clients and disconnects all tabs of an identity, telling MQTT 5', async () => {
    const one = await world.person(alice);
    const two = await world.person(alice);
    await world.person(bob, { protocolVersion: 4 });
    expect(world.broker.clients()).toHaveLength(3);
    expect(world.broker.clients()[0]).toMatchObject({
      transport: 'webSocket',
      protocolVersion: 5,
      principal: { kind: 'identity', identityId: alice },
    });
    const packets = Promise.all([disconnected(one.client), disconnected(two.client)]);
    expect(world.broker.disconnect(alice)).toBe(2);
    expect(await packets).toEqual([
      expect.objectContaining({ reasonCode: 0x98 }),
      expect.objectContaining({ reasonCode: 0x98 }),
    ]);
    expect(world.broker.clients().map(({ protocolVersion }) => protocolVersion)).toEqual([4]);
  });

  it('cuts all connections at once', async () => {
    const one = await world.person(alice);
    const two = await world.service();
    const gone = Promise.all([closed(one.client), closed(two.client)]);
    world.broker.cutConnections();
    await gone;
    await expect(world.person(alice)).resolves.toBeDefined();
  });

  it('refuses new connections and keeps the old ones', async () => {
    const { client, receives } = await world.person(alice);
    const service = await world.service();
    world.broker.refuseConnects(true);
    await world.refusal(world.person(bob));
    await world.refusal(world.service());
    await client.subscribeAsync(`t/${alice}/x`, { qos: 1 });
    await service.client.publishAsync(`t/${alice}/x`, 'x', { qos: 1 });
    await receives(1);
    world.broker.refuseConnects(false);
    await expect(world.person(bob)).resolves.toBeDefined();
  });

  it('stalls: reads nothing, answers nothing, and goes on where it was', async () => {
    const { client, received, receives } = await world.person(alice);
    await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    const service = await world.service();
    world.broker.stall(true);
    let acknowledged = 0;
    const sent = Array.from({ length: 20 }, (_, i) =>
      service.client.publishAsync(`t/${alice}/x`, String(i), { qos: 1 }).then(() => acknowledged++),
    );
    // A connection that is made meanwhile hangs as well; that it could be made shows that time has passed.
    const socket = net.connect(world.tcpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    expect([acknowledged, received.length, world.broker.stats().published]).toEqual([0, 0, 0]);
    world.broker.stall(false);
    await Promise.all(sent);
    expect(await receives(20)).toEqual(Array.from({ length: 20 }, (_, i) => `t/${alice}/x ${i}`));
  });

  it('cuts a client that does not read, and holds up nobody else', async () => {
    const socket = net.connect(world.tcpPort, '127.0.0.1');
    socket.on('error', () => undefined);
    const connect = {
      cmd: 'connect',
      clientId: 'slow',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 60,
      username: 'publisher',
      password: Buffer.from('secret'),
    } as const;
    socket.write(generate(connect));
    await once(socket, 'data');
    socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't/#', qos: 0 }] }));
    await once(socket, 'data');
    socket.pause();
    const [service, watcher] = await Promise.all([world.service(), world.service()]);
    await watcher.client.subscribeAsync('t/#', { qos: 1 });
    const payload = Buffer.alloc(100_000);
    for (let i = 0; i < 300; i++) await service.client.publishAsync('t/x', payload, { qos: 1 });
    await watcher.receives(300);
    expect(world.broker.clients().map(({ clientId }) => clientId)).not.toContain('slow');
    socket.destroy();
  });

  it('survives rubbish, half packets and silence, and serves others meanwhile', async () => {
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(100, 0xff),
      Buffer.from([0x10]),
      Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x30, 0x02, 0x00, 0x01]),
      Buffer.alloc(0),
    ]) {
      const socket = net.connect(world.tcpPort, '127.0.0.1');
      socket.on('error', () => undefined);
      // Not `once` of node:events, which rejects when the connection is reset.
      const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      await once(socket, 'connect');
      socket.end(bytes);
      socket.resume();
      await gone;
    }
    await expect(world.person(alice)).resolves.toBeDefined();
  });

  it('cuts off after ten seconds those that never say CONNECT, however many, and lets others in meanwhile', async () => {
    const connected = Array.from({ length: 300 }, async (_, index) => {
      const socket = net.connect(world.tcpPort, '127.0.0.1');
      socket.on('error', () => undefined);
      const gone = new Promise<number>((resolve) => {
        const sinceMs = performance.now();
        socket.once('close', () => resolve(performance.now() - sinceMs));
      });
      await once(socket, 'connect');
      // The beginning of a CONNECT, of every other.
      if (index % 2 === 0) socket.write(Buffer.from([0x10, 0x7f, 0x00, 0x04]));
      socket.resume();
      return gone;
    });
    await expect(world.person(alice)).resolves.toBeDefined();
    const livedMs = await Promise.all(connected);
    expect(Math.min(...livedMs)).toBeGreaterThan(9_000);
    // By default of the broker it was half a minute.
    expect(Math.max(...livedMs)).toBeLessThan(25_000);
  });

  it('ends with clients open, and waits for none of them, also such as never said CONNECT', async () => {
    const { client } = await world.person(alice);
    await world.person(bob, { protocolVersion: 4 });
    await world.service();
    const silent = net.connect(world.tcpPort, '127.0.0.1');
    await once(silent, 'connect');
    silent.on('error', () => undefined);
    const packets = disconnected(client);
    const gone = once(silent, 'close');
    silent.resume();
    const before = performance.now();
    await world.broker.close();
    // These are cut off after ten.
    expect(performance.now() - before).toBeLessThan(9_000);
    expect(await packets).toMatchObject({ reasonCode: 0x8b });
    await gone;
    const refused = mqtt.connect(`mqtt://127.0.0.1:${world.tcpPort}`, { reconnectPeriod: 0 });
    refused.on('error', () => undefined);
    await closed(refused);
  });
});
