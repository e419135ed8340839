import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import mqtt from 'mqtt';
import {
  accountId,
  alice,
  bob,
  closed,
  disconnected,
  openWorld,
  presign,
  region,
  type World,
} from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const arn = (resource: string) => `arn:aws:iot:${region}:${accountId}:${resource}`;

it('takes MQTT 3.1 as Amplify’s PubSub speaks it, with a client ID of more than 23 bytes', async () => {
  const spoken = { protocolId: 'MQIsdp', protocolVersion: 3 } as const;
  const { client } = await world.person(alice, spoken);
  expect(Buffer.byteLength(client.options.clientId ?? '')).toBeGreaterThan(23);
  expect(await client.subscribeAsync(`t/${alice}/#`, { qos: 0 })).toMatchObject([{ qos: 0 }]);
  expect(await world.refusal(world.person(alice, { ...spoken, clientId: `${bob}-tab` }))).toMatchObject({
    code: 5,
  });
});

describe.each([
  { name: 'MQTT 5', protocolVersion: 5 as const },
  { name: 'MQTT 3.1.1', protocolVersion: 4 as const },
])('$name', ({ protocolVersion }) => {
  const v5 = protocolVersion === 5;

  it('lets an identity connect, subscribe and receive what is its own', async () => {
    const { client, receives } = await world.person(alice, { protocolVersion });
    const granted = await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    expect(granted[0]?.qos).toBe(1);
    const service = await world.service({ protocolVersion });
    await service.client.publishAsync(`t/${alice}/news`, 'hello', { qos: 1 });
    expect(await receives(1)).toEqual([`t/${alice}/news hello`]);
    expect(world.authorizer.asked.map(({ action, resource }) => [action, resource])).toEqual(
      expect.arrayContaining([
        ['iot:Connect', arn(`client/${client.options.clientId ?? ''}`)],
        ['iot:Subscribe', arn(`topicfilter/t/${alice}/#`)],
        ['iot:Receive', arn(`topic/t/${alice}/news`)],
        ['iot:Publish', arn(`topic/t/${alice}/news`)],
      ]),
    );
    expect(world.authorizer.asked.every(({ context }) => 'iot:ClientId' in context)).toBe(true);
  });

  it('refuses the client id of another, and an identity without an attached policy', async () => {
    const code = v5 ? 0x87 : 5;
    expect(
      await world.refusal(world.person(alice, { protocolVersion, clientId: `${bob}-tab` })),
    ).toMatchObject({ code });
    world.authorizer.attached.delete(alice);
    expect(await world.refusal(world.person(alice, { protocolVersion }))).toMatchObject({ code });
    expect(world.broker.stats().refusedConnects).toBe(2);
    await expect(world.person(bob, { protocolVersion })).resolves.toBeDefined();
  });

  it("refuses another's topics, delivers none of their messages, and keeps the connection", async () => {
    const mallory = await world.person(bob, { protocolVersion });
    const victim = await world.person(alice, { protocolVersion });
    const code = v5 ? 0x87 : 0x80;
    const granted: number[] = [];
    mallory.client.on('packetreceive', (packet) => {
      if (packet.cmd === 'suback') granted.push(...packet.granted.map(Number));
    });
    for (const filter of [`t/${alice}/news`, `t/${alice}/#`, 't/+/news', '#', '$aws/events/#', '$SYS/#'])
      await mallory.client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    await mallory.client.subscribeAsync(`t/${bob}/news`, { qos: 1 });
    expect(granted).toEqual([code, code, code, code, code, code, 1]);
    await victim.client.subscribeAsync(`t/${alice}/news`, { qos: 1 });
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}/news`, 'private', { qos: 1 });
    await service.client.publishAsync(`t/${bob}/news`, 'yours', { qos: 1 });
    expect(await victim.receives(1)).toEqual([`t/${alice}/news private`]);
    expect(await mallory.receives(1)).toEqual([`t/${bob}/news yours`]);
  });

  it('asks for iot:Receive on every delivery, so that an open subscription can be cut off', async () => {
    const { client, received, receives } = await world.person(alice, { protocolVersion });
    await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}/x`, '1', { qos: 1 });
    await receives(1);
    world.authorizer.deny = ({ action, resource }) => action === 'iot:Receive' && resource.endsWith('/x');
    await service.client.publishAsync(`t/${alice}/x`, '2', { qos: 1 });
    await service.client.publishAsync(`t/${alice}/y`, '3', { qos: 1 });
    await receives(2);
    expect(received).toEqual([`t/${alice}/x 1`, `t/${alice}/y 3`]);
    expect(world.broker.stats().withheld).toBe(1);
  });

  it('answers a publish that is not allowed as IoT Core does', async () => {
    const watcher = await world.service();
    await watcher.client.subscribeAsync(['t/#', 'u/#'], { qos: 1 });
    const { client } = await world.person(alice, { protocolVersion });
    await client.publishAsync(`t/${alice}/requests/1`, 'mine', { qos: 1 });
    const gone = closed(client);
    const publishing = client.publishAsync(`t/${bob}/requests/1`, 'not mine', { qos: 1 });
    if (v5) {
      await expect(publishing).rejects.toMatchObject({ code: 0x87 });
      await client.publishAsync(`t/${alice}/requests/1`, 'still here', { qos: 1 });
      expect(await watcher.receives(2)).toEqual([
        `t/${alice}/requests/1 mine`,
        `t/${alice}/requests/1 still here`,
      ]);
    } else {
      publishing.catch(() => undefined);
      await gone;
      await watcher.client.publishAsync('u/end', 'end', { qos: 1 });
      expect(await watcher.receives(2)).toEqual([`t/${alice}/requests/1 mine`, 'u/end end']);
    }
    expect(world.broker.stats().refusedPublishes).toBe(1);
  });

  it('asks for iot:RetainPublish when a message is retained', async () => {
    world.authorizer.deny = ({ action }) => action === 'iot:RetainPublish';
    const { client } = await world.person(alice, { protocolVersion });
    await client.publishAsync(`t/${alice}/state`, 'plain', { qos: 1 });
    const gone = closed(client);
    const publishing = client.publishAsync(`t/${alice}/state`, 'retained', { qos: 1, retain: true });
    publishing.catch(() => undefined);
    if (v5) await expect(publishing).rejects.toMatchObject({ code: 0x87 });
    else await gone;
    world.authorizer.deny = () => false;
    const service = await world.service();
    await expect(
      service.client.publishAsync(`t/${alice}/state`, 'retained', { qos: 1, retain: true }),
    ).resolves.toBeDefined();
  });

  it('tells the authorizer of persistent sessions and last wills', async () => {
    const persistent = v5 ? { properties: { sessionExpiryInterval: 60 } } : { clean: false };
    await world.person(alice, {
      protocolVersion,
      ...persistent,
      will: { topic: `t/${alice}/gone`, payload: Buffer.from('x'), qos: 1, retain: false },
    });
    const asked = world.authorizer.asked.find(({ action }) => action === 'iot:Connect');
    expect(asked?.context['iot:ConnectAttributes']).toEqual(['PersistentConnect', 'LastWill']);
    await world.person(alice, { protocolVersion });
    const plain = world.authorizer.asked.findLast(({ action }) => action === 'iot:Connect');
    expect(plain?.context).not.toHaveProperty('iot:ConnectAttributes');
  });

  it('publishes a will only where its owner may publish', async () => {
    const watcher = await world.service();
    await watcher.client.subscribeAsync('t/#', { qos: 1 });
    for (const topic of [`t/${bob}/gone`, `t/${alice}/gone`]) {
      const { client } = await world.person(alice, {
        protocolVersion,
        will: { topic, payload: Buffer.from('will'), qos: 1, retain: false },
      });
      client.stream.destroy();
      await closed(client);
    }
    expect(await watcher.receives(1)).toEqual([`t/${alice}/gone will`]);
    expect(world.broker.stats().refusedPublishes).toBe(1);
  });
});

describe('TCP', () => {
  it('takes services with their password and nobody else', async () => {
    await expect(world.service()).resolves.toBeDefined();
    expect(await world.refusal(world.service({ password: 'wrong' }))).toMatchObject({ code: 0x86 });
    expect(await world.refusal(world.service({ username: '', password: '' }))).toMatchObject({ code: 0x86 });
    expect(await world.refusal(world.service({ protocolVersion: 4, password: 'wrong' }))).toMatchObject({
      code: 4,
    });
  });
});

describe('sessions', () => {
  it('gives a client id to the newest connection and tells the older one', async () => {
    const clientId = `${alice}-tab`;
    const first = await world.person(alice, { clientId });
    const packet = disconnected(first.client);
    const second = await world.person(alice, { clientId });
    expect(await packet).toMatchObject({ reasonCode: 0x8e });
    await second.client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    expect(world.broker.clients().map((client) => client.clientId)).toEqual([clientId]);
  });

  it('keeps a connection open when its credentials expire, as IoT Core does', async () => {
    const { client, receives } = await world.person(alice);
    await client.subscribeAsync(`t/${alice}/#`, { qos: 1 });
    world.passMs(3_600_001);
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}/x`, 'late', { qos: 1 });
    expect(await receives(1)).toEqual([`t/${alice}/x late`]);
  });

  it('closes a connection with its credentials when configured to', async () => {
    const strict = await openWorld({ closeWhenCredentialsExpire: true });
    try {
      // Long enough to connect with them on a slow machine; afterwards they only have to run out.
      const query = await presign(strict.issue(alice, 2_000), { host: '127.0.0.1', nowMs: strict.now() });
      const client = mqtt.connect(`${strict.wsUrl}${query}`, {
        clientId: `${alice}-1`,
        protocolVersion: 5,
        reconnectPeriod: 0,
      });
      expect(await disconnected(client)).toMatchObject({ reasonCode: 0xa0 });
    } finally {
      await strict.close();
    }
  });

  it('restores the subscriptions of a persistent session and delivers what was queued, by the policy of now', async () => {
    const options = { clientId: `${alice}-tab`, properties: { sessionExpiryInterval: 60 } };
    const first = await world.person(alice, { ...options, clean: true });
    await first.client.subscribeAsync([`t/${alice}/a`, `t/${alice}/b`], { qos: 1 });
    await first.client.endAsync();
    const service = await world.service();
    await service.client.publishAsync(`t/${alice}/a`, '1', { qos: 1 });
    await service.client.publishAsync(`t/${alice}/b`, '2', { qos: 1 });
    world.authorizer.deny = ({ action, resource }) => action !== 'iot:Publish' && resource.endsWith('/b');
    const second = await world.person(alice, { ...options, clean: false });
    await second.receives(1);
    await service.client.publishAsync(`t/${alice}/b`, '3', { qos: 1 });
    await service.client.publishAsync(`t/${alice}/a`, '4', { qos: 1 });
    expect(await second.receives(2)).toEqual([`t/${alice}/a 1`, `t/${alice}/a 4`]);
  });
});
