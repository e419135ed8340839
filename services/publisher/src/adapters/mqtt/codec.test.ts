import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { generate, parser, type Packet } from 'mqtt-packet';
import { Incoming, MAX_INCOMING_BYTES } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { PublishPackets } from './publish-packet.ts';

const version = fc.constantFrom<(4 | 5)[]>(4, 5);
const packetId = fc.integer({ min: 1, max: 0xffff });
const topic = fc
  .string({ minLength: 1, maxLength: 300, unit: 'grapheme' })
  .filter((text) => text.isWellFormed() && !/[+#\0]/.test(text));
const message = fc.record({
  topic,
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.uint8Array({ minLength: 15_000, maxLength: 40_000 }),
    // Larger than what is gathered for one write.
    fc.integer({ min: 65_000, max: 140_000 }).map((bytes) => new Uint8Array(bytes).fill(7)),
  ),
  retain: fc.boolean(),
  contentType: fc.constantFrom('application/cloudevents+json', 'text/plain', 'é'),
});

/** What `mqtt-packet` reads. */
function referenceRead(protocolVersion: 4 | 5, bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error: unknown) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

/** A stream that notes what is written, and whose writes last until `release` where it is slow. */
function sink(slow: boolean) {
  const written: Buffer[] = [];
  const open: (() => void)[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      const note = () => {
        written.push(Buffer.from(chunk));
        done();
      };
      if (slow) open.push(note);
      else note();
    },
  });
  return {
    stream,
    writes: () => written.length,
    bytes: () => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) next();
      return Buffer.concat(written);
    },
  };
}

function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  return promise;
}

/** What we read of bytes that come cut into chunks. */
function ourRead(protocolVersion: 4 | 5, bytes: Buffer, cuts: readonly number[]) {
  const read: (Packet | { readonly cmd: 'taken'; readonly messageId: number })[] = [];
  const errors: Error[] = [];
  const incoming = new Incoming(protocolVersion, {
    onTaken: (messageId) => read.push({ cmd: 'taken', messageId }),
    onPacket: (packet) => read.push(packet),
    onError: (error) => errors.push(error),
  });
  const edges = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  let at = 0;
  for (const edge of edges.toSorted((a, b) => a - b)) {
    if (edge > at) incoming.push(bytes.subarray(at, edge));
    at = edge;
  }
  return { read, errors };
}

describe('PUBLISH packets', () => {
  it('are what mqtt-packet reads, whether the stream takes them at once or is slow', async () => {
    await fc.assert(
      fc.asyncProperty(
        version,
        fc.array(fc.tuple(packetId, message), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        async (protocol, sent, slow, inTurns) => {
          const { stream, bytes } = sink(slow);
          const outgoing = new Outgoing(stream);
          const packets = new PublishPackets(protocol);
          for (const [id, one] of sent) {
            const measured = packets.measure(one);
            packets.write(outgoing, id, measured);
            if (inTurns) await turn();
          }
          await turn();
          const read = referenceRead(protocol, bytes());
          expect(read).toHaveLength(sent.length);
          for (const [index, [messageId, { topic: name, retain, payload, contentType }]] of sent.entries()) {
            const packet = read[index];
            expect(packet).toMatchObject({
              cmd: 'publish',
              qos: 1,
              dup: false,
              topic: name,
              messageId,
              retain,
            });
            expect(packet?.cmd === 'publish' && Buffer.from(packet.payload).equals(payload)).toBe(true);
            if (protocol === 5)
              expect(packet).toMatchObject({ properties: { contentType, payloadFormatIndicator: true } });
          }
        },
      ),
    );
  });

  it('measure as many bytes as they take', () => {
    fc.assert(
      fc.property(version, packetId, message, (protocol, messageId, one) => {
        const { bytes } = new PublishPackets(protocol).measure(one);
        const { topic: name, payload, retain, contentType } = one;
        const properties = protocol === 5 ? { contentType, payloadFormatIndicator: true } : {};
        const reference: Packet = {
          cmd: 'publish',
          qos: 1,
          dup: false,
          topic: name,
          payload: Buffer.from(payload),
          retain,
          messageId,
          properties,
        };
        expect(bytes).toBe(generate(reference, { protocolVersion: protocol }).length);
      }),
    );
  });

  it('of one turn go out in one write', async () => {
    const { stream, writes } = sink(false);
    const outgoing = new Outgoing(stream);
    const packets = new PublishPackets(5);
    const one = { topic: 'a', payload: Buffer.from('b'), retain: false, contentType: 'text/plain' };
    for (let id = 1; id <= 50; id += 1) packets.write(outgoing, id, packets.measure(one));
    expect(writes()).toBe(0);
    await turn();
    expect(writes()).toBe(1);
  });
});

/** Packets of a broker, and what we are to make of them. */
const fromBroker = (protocol: 4 | 5): fc.Arbitrary<Packet> =>
  fc.oneof(
    packetId.map((messageId): Packet => ({ cmd: 'puback', messageId, reasonCode: 0 })),
    fc
      .tuple(packetId, fc.constantFrom(0x00, 0x10, 0x80, 0x87, 0x97))
      .map(([messageId, reasonCode]): Packet => ({
        cmd: 'puback',
        messageId,
        reasonCode: protocol === 5 ? reasonCode : 0,
        ...(protocol === 5 && reasonCode > 0x10 ? { properties: { reasonString: 'why' } } : {}),
      })),
    fc
      .tuple(packetId, topic, fc.uint8Array({ maxLength: 20_000 }), fc.constantFrom<(0 | 1)[]>(0, 1))
      .map(([messageId, name, payload, qos]): Packet => ({
        cmd: 'publish',
        topic: name,
        payload: Buffer.from(payload),
        qos,
        dup: false,
        retain: false,
        ...(qos === 1 ? { messageId } : {}),
      })),
    fc.constant<Packet>({ cmd: 'pingresp' }),
    packetId.map((messageId): Packet => ({ cmd: 'suback', messageId, granted: [1] })),
  );

describe('what comes from a broker', () => {
  it('is read as mqtt-packet has written it, however the bytes are cut', () => {
    const some = version.chain((protocol) =>
      fc.tuple(
        fc.constant(protocol),
        fc.array(fromBroker(protocol), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 20 }),
      ),
    );
    fc.assert(
      fc.property(some, ([protocol, packets, cuts]) => {
        const bytes = Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: protocol })));
        const { read, errors } = ourRead(protocol, bytes, cuts);
        expect(errors).toEqual([]);
        const reference = referenceRead(protocol, bytes);
        expect(read).toHaveLength(reference.length);
        for (const [index, packet] of reference.entries()) {
          const ours = read[index];
          if (ours?.cmd !== 'taken') expect(ours).toEqual(packet);
          else {
            expect(packet).toMatchObject({ cmd: 'puback', messageId: ours.messageId });
            expect('reasonCode' in packet ? (packet.reasonCode ?? 0) : 0).toBeLessThan(0x80);
          }
        }
      }),
    );
  });

  it('is packets or one error, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        version,
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (protocol, bytes, cuts) => {
          expect(ourRead(protocol, Buffer.from(bytes), cuts).errors.length).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('is refused when a packet is announced as larger than a megabyte, before it comes', () => {
    const announced = Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f);
    expect(ourRead(5, announced, []).errors[0]?.message).toContain('announced');
    const edge = Buffer.from([0x30, ...varint(MAX_INCOMING_BYTES)]);
    expect(ourRead(5, edge, []).errors).toEqual([]);
  });

  it('is refused when its length has more than four bytes', () => {
    expect(ourRead(4, Buffer.of(0x40, 0x80, 0x80, 0x80, 0x80, 0x01), []).errors[0]?.message).toContain(
      'length',
    );
  });
});

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
