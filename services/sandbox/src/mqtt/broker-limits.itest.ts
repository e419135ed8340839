import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closed, disconnected, alice, openWorld, type Connected, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

/** Codes of the SUBACK packets, in order, packet by packet. */
function subacks({ client }: Connected): number[][] {
  const seen: number[][] = [];
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'suback') seen.push(packet.granted.map(Number));
  });
  return seen;
}
const subscribe = ({ client }: Connected, filters: string[], qos: 0 | 1 | 2 = 1) =>
  client.subscribeAsync(filters, { qos }).catch(() => undefined);
const versions = [
  { name: 'MQTT 5', protocolVersion: 5 as const },
  { name: 'MQTT 3.1.1', protocolVersion: 4 as const },
];

describe('CONNACK', () => {
  it('tells an MQTT 5 client what IoT Core would tell', async () => {
    const { connack } = await world.person(alice, { keepalive: 5_000 });
    expect(connack).toMatchObject({
      reasonCode: 0,
      properties: {
        maximumQoS: 1,
        maximumPacketSize: 149_504,
        receiveMaximum: 100,
        topicAliasMaximum: 8,
        sharedSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        serverKeepAlive: 1_200,
      },
    });
    const usual = await world.person(alice, { keepalive: 60 });
    expect(usual.connack).not.toHaveProperty('properties.serverKeepAlive');
  });
});

describe.each(versions)('limits on $name', ({ protocolVersion }) => {
  const v5 = protocolVersion === 5;
  const person = (options = {}) => world.person(alice, { protocolVersion, ...options });

  /** Does it, and expects the connection to end, on MQTT 5 with the reason. */
  async function expectCut({ client }: Connected, act: () => unknown, reasonCode: number): Promise<void> {
    const end = v5 ? disconnected(client) : undefined;
    const gone = closed(client);
    act();
    if (end !== undefined) expect(await end).toMatchObject({ reasonCode });
    await gone;
    expect(world.broker.stats().limitBreaches).toBe(1);
  }
  const send = ({ client }: Connected, topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 1) =>
    client.publishAsync(topic, payload, { qos });
  const quietly = (promise: Promise<unknown>) => void promise.catch(() => undefined);

  it('takes a payload of 128 KB and closes over a byte more', async () => {
    const me = await person();
    const topic = `t/${alice}/x`;
    await send(me, topic, Buffer.alloc(128 * 1024));
    await expectCut(me, () => quietly(send(me, topic, Buffer.alloc(128 * 1024 + 1))), 0x95);
    expect(world.broker.stats().published).toBe(1);
  });

  it('closes over a packet of 146 KB by its header, before the body has come', async () => {
    const me = await person();
    await expectCut(me, () => quietly(send(me, `t/${alice}/x`, Buffer.alloc(4 * 1024 * 1024))), 0x95);
  });

  it('takes topics of 7 slashes and 256 bytes, and none beyond', async () => {
    const me = await person();
    const base = `t/${alice}`;
    await send(me, `${base}/3/4/5/6/7/8`, 'x');
    await send(me, `${base}/${'x'.repeat(256 - base.length - 1)}`, 'x');
    const long = `${base}/${'x'.repeat(256 - base.length)}`;
    if (v5) {
      await expect(send(me, `${base}/3/4/5/6/7/8/9`, 'x')).rejects.toMatchObject({ code: 0x90 });
      await expect(send(me, long, 'x')).rejects.toMatchObject({ code: 0x90 });
      await expectCut(me, () => quietly(send(me, long, 'x', 0)), 0x90);
    } else await expectCut(me, () => quietly(send(me, long, 'x')), 0x90);
    expect(world.broker.stats().published).toBe(2);
  });

  it('refuses filters over these limits, or malformed, one by one', async () => {
    const me = await person();
    const codes = subacks(me);
    const base = `t/${alice}`;
    await subscribe(me, [
      `${base}/3/4/5/6/7/8`,
      `${base}/3/4/5/6/7/8/9`,
      `${base}/${'x'.repeat(256 - base.length)}`,
      `${base}/x`,
      '$share/group/nowhere/near',
      'toString',
    ]);
    expect(codes).toEqual([v5 ? [1, 0x8f, 0x8f, 1, 0x87, 0x8f] : [1, 0x80, 0x80, 1, 0x80, 0x80]]);
  });

  it('takes 8 filters in one SUBSCRIBE and closes over 9', async () => {
    const me = await person();
    const codes = subacks(me);
    const filters = Array.from({ length: 9 }, (_, i) => `t/${alice}/${i}`);
    await subscribe(me, filters.slice(0, 8));
    expect(codes).toEqual([[1, 1, 1, 1, 1, 1, 1, 1]]);
    await expectCut(me, () => void subscribe(me, filters), 0x97);
  });

  it('lets a connection have 50 subscriptions; unsubscribing makes room', async () => {
    const me = await person();
    const codes = subacks(me);
    const filters = Array.from({ length: 52 }, (_, i) => `t/${alice}/${i}`);
    for (let i = 0; i < 48; i += 8) await subscribe(me, filters.slice(i, i + 8));
    await subscribe(me, filters.slice(48));
    const refused = v5 ? 0x97 : 0x80;
    expect(codes.at(-1)).toEqual([1, 1, refused, refused]);
    await subscribe(me, filters.slice(0, 2));
    expect(codes.at(-1)).toEqual([1, 1]);
    await me.client.unsubscribeAsync(filters[0] ?? '');
    await subscribe(me, filters.slice(50, 51));
    expect(codes.at(-1)).toEqual([1]);
  });

  it('refuses QoS 2, both ways', async () => {
    const publisher = await person();
    await expectCut(publisher, () => quietly(send(publisher, `t/${alice}/x`, 'x', 2)), 0x9b);
    const subscriber = await person();
    const gone = closed(subscriber.client);
    void subscribe(subscriber, [`t/${alice}/x`], 2);
    await gone;
    expect(world.broker.stats()).toMatchObject({ published: 0, limitBreaches: 2 });
  });

  it('takes client ids of 128 bytes and none longer', async () => {
    const longest = alice + 'x'.repeat(128 - alice.length);
    await expect(person({ clientId: longest })).resolves.toBeDefined();
    expect(await world.refusal(person({ clientId: `${longest}x` }))).toMatchObject({ code: v5 ? 0x85 : 2 });
    expect(await world.refusal(person({ clientId: 'constructor' }))).toMatchObject({ code: v5 ? 0x85 : 2 });
  });

  it.each(['\0', `${alice}\0`, `${alice}-\0other`])(
    'takes no client id with U+0000, behind which a reader may not read on: %j',
    async (clientId) => {
      expect(await world.refusal(person({ clientId }))).toMatchObject({ code: v5 ? 0x85 : 2 });
      expect(world.broker.stats()).toMatchObject({ refusedConnects: 1 });
    },
  );

  it('discards what a WebSocket sends over 100 messages a second, and tells MQTT 5', async () => {
    const me = await person();
    const watcher = await world.service();
    await watcher.client.subscribeAsync('t/#', { qos: 1 });
    const sent = Array.from({ length: 100 }, (_, i) => send(me, `t/${alice}/x`, String(i)));
    await Promise.all(sent);
    const extra = send(me, `t/${alice}/x`, 'over');
    if (v5) await expect(extra).rejects.toMatchObject({ code: 0x97 });
    else quietly(extra);
    // Answered in order: once this is, the message above was dealt with.
    await subscribe(me, [`t/${alice}/z`]);
    world.passMs(10);
    await send(me, `t/${alice}/x`, 'again');
    const received = await watcher.receives(101);
    expect(received.at(-1)).toBe(`t/${alice}/x again`);
    expect(world.broker.stats()).toMatchObject({ published: 101, throttled: 1 });
  });

  it('has no such rate for services over TCP', async () => {
    const service = await world.service({ protocolVersion });
    const sent = Array.from({ length: 300 }, (_, i) => send(service, 't/x', String(i)));
    await Promise.all(sent);
    expect(world.broker.stats()).toMatchObject({ published: 300, throttled: 0 });
  });

  it('answers one code per filter when one is named twice', async () => {
    const me = await person();
    const codes = subacks(me);
    const topic = `t/${alice}/x`;
    me.client.subscribe([topic, `t/${alice}/y`, topic], { qos: 1 });
    await subscribe(me, [`t/${alice}/z`]);
    expect(codes.flat().every((code) => code === 1)).toBe(true);
  });
});

describe('what MQTT 5 offers and IoT Core does not', () => {
  it('closes over subscription identifiers', async () => {
    const { client } = await world.person(alice);
    const end = disconnected(client);
    client.subscribe(`t/${alice}/x`, { qos: 1, properties: { subscriptionIdentifier: 7 } });
    expect(await end).toMatchObject({ reasonCode: 0xa1 });
  });
});
