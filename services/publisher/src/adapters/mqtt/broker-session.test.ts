import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { generate, parser, type IConnackPacket, type Packet } from 'mqtt-packet';
import type { IncomingMqttMessage } from '../../ports/mqtt-publisher.port.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { BrokerSession } from './broker-session.ts';
import { PacketStream } from './packet-stream.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A session of MQTT 5, and the broker's end of its stream. */
function setUp(properties: IConnackPacket['properties'] = {}, protocolVersion: 4 | 5 = 5) {
  const [ours, theirs] = duplexPair();
  const time = createVirtualTime();
  const stream = new PacketStream(ours, protocolVersion, {
    onTaken: () => undefined,
    onPacket: () => undefined,
    onEnd: () => undefined,
  });
  const connack: IConnackPacket = { cmd: 'connack', sessionPresent: false, properties };
  const { timers } = time;
  const session = new BrokerSession({ stream, connack, protocolVersion, keepAliveSeconds: 30, timers });
  stream.listener = session;
  const came: Packet[] = [];
  let expected = { count: 0, resolve: () => undefined as void };
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet) => {
    came.push(packet);
    if (came.length >= expected.count) expected.resolve();
  });
  theirs.on('data', (chunk: Buffer) => reader.parse(chunk));
  ends.push(() => {
    ours.destroy();
    theirs.destroy();
  });
  return {
    session,
    time,
    came,
    /** Resolves when so many packets have come. */
    until: async (count: number) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      expected = { count, resolve };
      if (came.length < count) await promise;
    },
    say: (packet: Packet) => {
      theirs.write(generate(packet, { protocolVersion }));
    },
    hangUp: () => {
      theirs.end();
    },
  };
}

const message = (text: string) => ({
  topic: 'a',
  payload: Buffer.from(text),
  retain: false,
  contentType: 'text/plain',
});
const textOf = (packet: Packet | undefined) =>
  packet?.cmd === 'publish' ? Buffer.from(packet.payload).toString() : packet?.cmd;

describe('a session with a broker', () => {
  it('never has more without PUBACK than the broker takes, and sends the rest in order', async () => {
    const { session, came, until, say } = setUp({ receiveMaximum: 2 });
    const sent = Promise.all(['1', '2', '3', '4'].map((text) => session.publish(message(text))));
    await until(2);
    expect(came.map(textOf)).toEqual(['1', '2']);
    say({ cmd: 'puback', messageId: 1, reasonCode: 0 });
    await until(3);
    expect(came.map(textOf)).toEqual(['1', '2', '3']);
    say({ cmd: 'puback', messageId: 2, reasonCode: 0x10 });
    await until(4);
    say({ cmd: 'puback', messageId: 3, reasonCode: 0 });
    say({ cmd: 'puback', messageId: 4, reasonCode: 0 });
    await sent;
    expect(came.map(textOf)).toEqual(['1', '2', '3', '4']);
  });

  it('gives no packet id away that still waits for its answer', async () => {
    const { session, came, until, say } = setUp({ receiveMaximum: 2 });
    const slow = session.publish(message('slow'));
    await until(1);
    const given = new Set<number>();
    for (let index = 0; index < 0xffff; index += 1) {
      const answered = session.publish(message('quick'));
      const { length } = came;
      await until(length + 1);
      const packet = came.at(-1);
      const messageId = packet?.messageId ?? 0;
      given.add(messageId);
      say({ cmd: 'puback', messageId, reasonCode: 0 });
      await answered;
    }
    expect(given.size).toBe(0xfffe);
    expect(given.has(0) || given.has(1)).toBe(false);
    say({ cmd: 'puback', messageId: 1, reasonCode: 0 });
    await slow;
  });

  it('knows a refusal that may pass from one that does not', async () => {
    const { session, until, say } = setUp();
    const answers = Promise.allSettled([session.publish(message('1')), session.publish(message('2'))]);
    await until(2);
    say({ cmd: 'puback', messageId: 1, reasonCode: 0x97, properties: { reasonString: 'quota' } });
    say({ cmd: 'puback', messageId: 2, reasonCode: 0x87 });
    expect(await answers).toMatchObject([
      { reason: { code: 'PUBLISHER_PUBLISH_REFUSED', reasonCode: 0x97, retryable: true } },
      { reason: { code: 'PUBLISHER_PUBLISH_REFUSED', reasonCode: 0x87, retryable: false } },
    ]);
  });

  it('refuses a message that is larger than the broker takes, and sends the next', async () => {
    const { session, came, until } = setUp({ maximumPacketSize: 100 });
    await expect(session.publish(message('x'.repeat(100)))).rejects.toMatchObject({ reasonCode: 0x95 });
    const topic = 'x'.repeat(70_000);
    const unlimited = setUp();
    await expect(unlimited.session.publish({ ...message('y'), topic })).rejects.toMatchObject({
      reasonCode: 0x90,
    });
    session.publish(message('small')).catch(() => undefined);
    await until(1);
    expect(came.map(textOf)).toEqual(['small']);
  });

  it('acknowledges what comes at QoS 1, and gives it to every subscriber', async () => {
    const { session, came, until, say } = setUp();
    const got: IncomingMqttMessage[] = [];
    const subscribed = session.subscribe('requests/+', (one) => got.push(one));
    await until(1);
    say({ cmd: 'suback', messageId: 1, granted: [1] });
    await subscribed;
    const publish = { cmd: 'publish', topic: 'requests/1', retain: false, dup: false } as const;
    say({ ...publish, payload: 'no answer', qos: 0 });
    say({ ...publish, payload: 'answer', qos: 1, messageId: 77 });
    await until(2);
    expect(came[1]).toMatchObject({ cmd: 'puback', messageId: 77 });
    expect(got.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['no answer', 'answer']);
  });

  it.each([4, 5] as const)('notes a refused subscription, protocol level %i', async (protocol) => {
    const { session, until, say } = setUp({}, protocol);
    const refused = session.subscribe('$share/a/b', () => undefined);
    await until(1);
    say({ cmd: 'suback', messageId: 1, granted: [protocol === 5 ? 0x9e : 0x80] });
    await expect(refused).rejects.toMatchObject({
      code: 'PUBLISHER_SUBSCRIBE_REFUSED',
      reasonCode: protocol === 5 ? 0x9e : 0x80,
    });
  });

  it('says with which reason the broker disconnected, and rejects all that waits', async () => {
    const { session, until, say } = setUp({ receiveMaximum: 1 });
    const waiting = Promise.allSettled([
      session.publish(message('sent')),
      session.publish(message('waits')),
      session.subscribe('a', () => undefined),
    ]);
    await until(2);
    say({ cmd: 'disconnect', reasonCode: 0x8e });
    expect((await session.closed).message).toContain(String(0x8e));
    const lost = { status: 'rejected', reason: { code: 'PUBLISHER_CONNECTION_LOST' } };
    expect(await waiting).toMatchObject([lost, lost, lost]);
  });

  it('ends when the broker sends what no client is sent', async () => {
    const { session, say } = setUp();
    say({ cmd: 'publish', topic: 'a', payload: 'b', qos: 2, messageId: 1, dup: false, retain: false });
    expect((await session.closed).message).toContain('QoS 2');
    const other = setUp();
    other.say({ cmd: 'pingreq' });
    expect((await other.session.closed).message).toContain('pingreq');
  });

  it('sends everything, then DISCONNECT, when it is closed in good order', async () => {
    const { session, came, until, hangUp } = setUp();
    session.publish(message('last')).catch(() => undefined);
    const closed = session.close({ force: false });
    await expect(session.publish(message('late'))).rejects.toMatchObject({
      code: 'PUBLISHER_CONNECTION_LOST',
    });
    await until(2);
    hangUp();
    await closed;
    expect(came.map(textOf)).toEqual(['last', 'disconnect']);
  });

  it('pings as often as the broker wants, and gives it up when it does not answer', async () => {
    const { session, time, came, until } = setUp({ serverKeepAlive: 4 });
    await time.advance(4_000);
    await until(1);
    expect(came.map(textOf)).toEqual(['pingreq']);
    await time.advance(8_000);
    expect((await session.closed).message).toContain('ping');
  });
});
