import type { ProtocolLevel } from '../transport.port.ts';
import { concat, FieldReader, MqttProtocolError } from './bytes.ts';

/** The packets that a broker sends to a client like ours. */
export type Packet =
  | { readonly type: 'connack'; readonly code: number; readonly serverKeepAliveSeconds: number | undefined }
  | {
      readonly type: 'publish';
      readonly topic: string;
      readonly payload: Uint8Array;
      readonly qos: 0 | 1;
      readonly retained: boolean;
      readonly packetId: number;
    }
  | { readonly type: 'puback'; readonly packetId: number; readonly code: number }
  | { readonly type: 'suback'; readonly packetId: number; readonly codes: readonly number[] }
  | { readonly type: 'unsuback'; readonly packetId: number }
  | { readonly type: 'pingresp' }
  | { readonly type: 'disconnect'; readonly code: number };

/** Payloads have at most 128 KB, whole packets of AWS IoT 146 KB; beyond this a broker sends nonsense. */
const maxPacketBytes = 1024 * 1024;

/** Puts packets together from chunks that may end anywhere, even inside the fixed header. */
export class PacketReader {
  readonly #level: ProtocolLevel;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(level: ProtocolLevel) {
    this.#level = level;
  }

  /** @throws MqttProtocolError */
  push(chunk: Uint8Array): Packet[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const packets: Packet[] = [];
    for (;;) {
      const size = this.#nextSize();
      if (size === undefined || size.header + size.body > this.#length) return packets;
      const bytes = this.#flatten();
      const body = bytes.subarray(size.header, size.header + size.body);
      packets.push(decode(this.#level, bytes[0] ?? 0, new FieldReader(body)));
      this.#chunks = [bytes.subarray(size.header + size.body)];
      this.#length -= size.header + size.body;
    }
  }

  #flatten(): Uint8Array {
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first !== undefined ? first : concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }

  #nextSize(): { header: number; body: number } | undefined {
    // Only the header is read here: a large packet in many chunks is joined once, at its end.
    const head: number[] = [];
    for (const chunk of this.#chunks) {
      head.push(...chunk.subarray(0, 5 - head.length));
      if (head.length === 5) break;
    }
    let body = 0;
    for (let index = 1; index < 5; index += 1) {
      const byte = head[index];
      if (byte === undefined) return undefined;
      body += (byte & 0x7f) * 128 ** (index - 1);
      if (byte < 0x80) {
        if (body > maxPacketBytes)
          throw new MqttProtocolError(`the broker announced a packet of ${body} bytes`);
        return { header: index + 1, body };
      }
    }
    throw new MqttProtocolError('the length of a packet has more than four bytes');
  }
}

function decode(level: ProtocolLevel, firstByte: number, fields: FieldReader): Packet {
  switch (firstByte >> 4) {
    case 2: {
      fields.uint8();
      const code = fields.uint8();
      // A broker without MQTT 5 answers in the form of 3.1.1: two bytes and no properties.
      const serverKeepAliveSeconds =
        level === 5 && fields.left > 0 ? readProperties(fields).serverKeepAliveSeconds : undefined;
      return { type: 'connack', code, serverKeepAliveSeconds };
    }
    case 3: {
      const qos = (firstByte >> 1) & 0x03;
      if (qos > 1) throw new MqttProtocolError(`a message came with QoS ${qos}, which was never asked for`);
      const topic = fields.text();
      const packetId = qos === 1 ? fields.uint16() : 0;
      if (level === 5) readProperties(fields);
      const retained = (firstByte & 0x01) === 1;
      return { type: 'publish', topic, payload: fields.rest(), qos: qos === 1 ? 1 : 0, retained, packetId };
    }
    case 4:
      return { type: 'puback', packetId: fields.uint16(), code: fields.left > 0 ? fields.uint8() : 0 };
    case 9: {
      const packetId = fields.uint16();
      if (level === 5) readProperties(fields);
      return { type: 'suback', packetId, codes: [...fields.rest()] };
    }
    case 11:
      return { type: 'unsuback', packetId: fields.uint16() };
    case 13:
      return { type: 'pingresp' };
    case 14:
      return { type: 'disconnect', code: fields.left > 0 ? fields.uint8() : 0 };
    default:
      throw new MqttProtocolError(`a packet of type ${firstByte >> 4} is not for clients`);
  }
}

type PropertyForm = 'byte' | 'uint16' | 'uint32' | 'varint' | 'text' | 'binary' | 'pair';

/** MQTT 5.0, section 2.2.2.2: how the value of each property is written. */
const propertyForms: Readonly<Record<number, PropertyForm>> = {
  0x01: 'byte',
  0x02: 'uint32',
  0x03: 'text',
  0x08: 'text',
  0x09: 'binary',
  0x0b: 'varint',
  0x11: 'uint32',
  0x12: 'text',
  0x13: 'uint16',
  0x15: 'text',
  0x16: 'binary',
  0x17: 'byte',
  0x18: 'uint32',
  0x19: 'byte',
  0x1a: 'text',
  0x1c: 'text',
  0x1f: 'text',
  0x21: 'uint16',
  0x22: 'uint16',
  0x23: 'uint16',
  0x24: 'byte',
  0x25: 'byte',
  0x26: 'pair',
  0x27: 'uint32',
  0x28: 'byte',
  0x29: 'byte',
  0x2a: 'byte',
};

function readProperties(fields: FieldReader): { readonly serverKeepAliveSeconds: number | undefined } {
  const section = new FieldReader(fields.take(fields.varint()));
  let serverKeepAliveSeconds: number | undefined;
  while (section.left > 0) {
    const id = section.varint();
    switch (propertyForms[id]) {
      case 'byte':
        section.uint8();
        break;
      case 'uint16': {
        const value = section.uint16();
        if (id === 0x13) serverKeepAliveSeconds = value;
        break;
      }
      case 'uint32':
        section.take(4);
        break;
      case 'varint':
        section.varint();
        break;
      case 'text':
      case 'binary':
        section.take(section.uint16());
        break;
      case 'pair':
        section.take(section.uint16());
        section.take(section.uint16());
        break;
      case undefined:
        throw new MqttProtocolError(`property ${id} is not one of MQTT 5`);
    }
  }
  return { serverKeepAliveSeconds };
}
