import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import mqttPacket, { type Packet as ReferencePacket } from 'mqtt-packet';
import { MqttProtocolError } from './bytes.ts';
import { type Packet, PacketReader } from './decode.ts';
import {
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  encodeUnsubscribe,
} from './encode.ts';

const level = fc.constantFrom<(4 | 5)[]>(4, 5);
const packetId = fc.integer({ min: 1, max: 0xffff });
const topic = fc
  .string({ minLength: 1, maxLength: 300, unit: 'grapheme' })
  .filter((text) => text.isWellFormed() && !/[+#\0]/.test(text));
const payload = fc.uint8Array({ maxLength: 400 });

/** What MQTT.js's codec makes of our bytes. */
function referenceRead(protocolVersion: 4 | 5, bytes: Uint8Array): ReferencePacket[] {
  const packets: ReferencePacket[] = [];
  const parser = mqttPacket.parser({ protocolVersion });
  parser.on('packet', (packet: ReferencePacket) => packets.push(packet));
  parser.on('error', (error: Error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  return packets;
}

/** Our reading of the reference's bytes, cut into chunks. */
function ourRead(protocolVersion: 4 | 5, packets: ReferencePacket[], cuts: readonly number[]): Packet[] {
  const bytes = Buffer.concat(packets.map((packet) => mqttPacket.generate(packet, { protocolVersion })));
  const reader = new PacketReader(protocolVersion);
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return edges
    .slice(1)
    .flatMap((edge, index) => reader.push(new Uint8Array(bytes.subarray(edges[index], edge))));
}

describe('the encoder', () => {
  it('writes what the codec of MQTT.js reads', () => {
    fc.assert(
      fc.property(
        level,
        packetId,
        fc.array(topic, { minLength: 1, maxLength: 8 }),
        payload,
        (protocol, id, topics, bytes) => {
          const [name = 'x'] = topics;
          expect(referenceRead(protocol, encodeConnect(protocol, name, 120))).toMatchObject([
            { cmd: 'connect', protocolVersion: protocol, clean: true, clientId: name, keepalive: 120 },
          ]);
          const wanted = topics.map((filter, index) => ({ filter, qos: index % 2 === 0 ? 1 : 0 }) as const);
          expect(referenceRead(protocol, encodeSubscribe(protocol, id, wanted))).toMatchObject([
            {
              cmd: 'subscribe',
              messageId: id,
              subscriptions: wanted.map(({ filter, qos }) => ({ topic: filter, qos })),
            },
          ]);
          expect(referenceRead(protocol, encodeUnsubscribe(protocol, id, topics))).toMatchObject([
            { cmd: 'unsubscribe', messageId: id, unsubscriptions: topics },
          ]);
          const [published] = referenceRead(
            protocol,
            encodePublish(protocol, id, name, bytes, 'application/json'),
          );
          expect(published).toMatchObject({
            cmd: 'publish',
            messageId: id,
            topic: name,
            qos: 1,
            retain: false,
            dup: false,
          });
          expect(published?.cmd === 'publish' && Buffer.from(published.payload).equals(bytes)).toBe(true);
          expect(referenceRead(protocol, encodePuback(id))).toMatchObject([{ cmd: 'puback', messageId: id }]);
          expect(referenceRead(protocol, encodePingreq())).toMatchObject([{ cmd: 'pingreq' }]);
          expect(referenceRead(protocol, encodeDisconnect())).toMatchObject([{ cmd: 'disconnect' }]);
        },
      ),
    );
  });

  it('marks a publish of MQTT 5 with its content type', () => {
    const [packet] = referenceRead(
      5,
      encodePublish(5, 1, 'a', Uint8Array.of(1), 'application/cloudevents+json'),
    );
    expect(packet).toMatchObject({
      properties: { payloadFormatIndicator: true, contentType: 'application/cloudevents+json' },
    });
  });
});

describe('the decoder', () => {
  it('reads what the codec of MQTT.js writes, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        level,
        packetId,
        topic,
        fc.uint8Array({ maxLength: 40_000 }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 12 }),
        (protocol, id, name, bytes, retain, cuts) => {
          const properties =
            protocol === 5
              ? {
                  contentType: 'x',
                  userProperties: { a: ['b', 'c'] },
                  messageExpiryInterval: 5,
                  topicAlias: 3,
                }
              : {};
          const got = ourRead(
            protocol,
            [
              {
                cmd: 'connack',
                sessionPresent: false,
                returnCode: 0,
                reasonCode: 0,
                ...(protocol === 5
                  ? { properties: { serverKeepAlive: 77, receiveMaximum: 20, reasonString: 'hi' } }
                  : {}),
              },
              { cmd: 'suback', messageId: id, granted: [0, 1, 128] },
              {
                cmd: 'publish',
                messageId: id,
                topic: name,
                payload: Buffer.from(bytes),
                qos: 1,
                retain,
                dup: false,
                properties,
              },
              { cmd: 'publish', topic: name, payload: Buffer.from(bytes), qos: 0, retain, dup: false },
              { cmd: 'puback', messageId: id, ...(protocol === 5 ? { reasonCode: 0x87 } : {}) },
              { cmd: 'unsuback', messageId: id, granted: [0] },
              { cmd: 'pingresp' },
              ...(protocol === 5 ? [{ cmd: 'disconnect' as const, reasonCode: 0x8e }] : []),
            ],
            cuts,
          );
          const five = protocol === 5;
          const copies = got.map((packet) =>
            packet.type === 'publish'
              ? { ...packet, payload: Buffer.from(packet.payload).toString('hex') }
              : packet,
          );
          const hex = Buffer.from(bytes).toString('hex');
          expect(copies).toEqual([
            { type: 'connack', code: 0, serverKeepAliveSeconds: five ? 77 : undefined },
            { type: 'suback', packetId: id, codes: [0, 1, 128] },
            { type: 'publish', topic: name, payload: hex, qos: 1, retained: retain, packetId: id },
            { type: 'publish', topic: name, payload: hex, qos: 0, retained: retain, packetId: 0 },
            { type: 'puback', packetId: id, code: five ? 0x87 : 0 },
            { type: 'unsuback', packetId: id },
            { type: 'pingresp' },
            ...(five ? [{ type: 'disconnect', code: 0x8e }] : []),
          ]);
        },
      ),
    );
  });

  it('reads the CONNACK of a broker that knows 3.1.1 only', () => {
    expect(new PacketReader(5).push(Uint8Array.of(0x20, 2, 0, 1))).toEqual([
      { type: 'connack', code: 1, serverKeepAliveSeconds: undefined },
    ]);
  });

  it('answers any bytes with packets or a protocol error, never with anything else', () => {
    fc.assert(
      fc.property(level, fc.uint8Array({ minLength: 1, maxLength: 200 }), (protocol, bytes) => {
        try {
          new PacketReader(protocol).push(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MqttProtocolError);
        }
      }),
    );
  });

  it('refuses a packet that is announced as larger than a megabyte, before it comes', () => {
    expect(() => new PacketReader(5).push(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toThrow('announced');
  });
});
