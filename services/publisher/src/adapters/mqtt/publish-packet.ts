import { TRACEPARENT, type MqttMessage } from '../../ports/mqtt-publisher.port.ts';
import type { Outgoing } from './outgoing.ts';

/** The longest text that a packet can hold. */
export const MAX_TEXT_BYTES = 0xffff;
/** PUBLISH at QoS 1, and its flag of a retained message. */
const [PUBLISH_QOS_1, RETAIN] = [0x32, 0x01];
/** MQTT 5.0, section 3.3.2.3. */
const [PAYLOAD_FORMAT, CONTENT_TYPE, USER_PROPERTY] = [0x01, 0x03, 0x26];
const UTF_8 = 1;

/** How many bytes a variable byte integer takes. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x40_00) return 2;
  return value < 0x20_00_00 ? 3 : 4;
}

/** Writes a variable byte integer: seven bits a byte, the lowest first. @returns where it ends */
export function writeVarint(into: Buffer, start: number, value: number): number {
  let [at, rest] = [start, value];
  for (; rest > 0x7f; at += 1) {
    into[at] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[at] = rest;
  return at + 1;
}

function writeUint16(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 8;
  into[at + 1] = value & 0xff;
  return at + 2;
}

const NO_PROPERTIES = Buffer.alloc(0);

/** The properties of a message in MQTT 5, with their length. */
function propertiesOf(contentType: string, traceparent: string | undefined): Buffer {
  const userProperty = traceparent === undefined ? NO_PROPERTIES : userPropertyOf(TRACEPARENT, traceparent);
  const typeBytes = Buffer.byteLength(contentType);
  const length = 2 + 3 + typeBytes + userProperty.length;
  const properties = Buffer.alloc(varintBytes(length) + length);
  let at = writeVarint(properties, 0, length);
  properties[at] = PAYLOAD_FORMAT;
  properties[at + 1] = UTF_8;
  properties[at + 2] = CONTENT_TYPE;
  at = writeUint16(properties, at + 3, typeBytes);
  at += properties.write(contentType, at, 'utf8');
  properties.set(userProperty, at);
  return properties;
}

function userPropertyOf(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.byteLength(name), Buffer.byteLength(value)];
  const property = Buffer.alloc(1 + 2 + nameBytes + 2 + valueBytes);
  property[0] = USER_PROPERTY;
  let at = writeUint16(property, 1, nameBytes);
  at += property.write(name, at, 'utf8');
  property.write(value, writeUint16(property, at, valueBytes), 'utf8');
  return property;
}

/** A message measured, and ready to be written. */
export interface MeasuredMessage {
  readonly message: MqttMessage;
  readonly properties: Buffer;
  readonly topicBytes: number;
  /** Of what follows the fixed header. */
  readonly bodyBytes: number;
  /** Of the whole packet. */
  readonly bytes: number;
}

/**
 * Writes PUBLISH packets of QoS 1. Written by hand because it is most of what a publisher does; every other packet is
 * `mqtt-packet`'s.
 */
export class PublishPackets {
  readonly #withProperties: boolean;
  /** Of the last message: there is one content type, or few. */
  #contentType: string | undefined;
  #properties: Buffer = NO_PROPERTIES;

  constructor(protocolVersion: 4 | 5) {
    this.#withProperties = protocolVersion === 5;
  }

  measure(message: MqttMessage): MeasuredMessage {
    const properties = this.#propertiesFor(message);
    const topicBytes = Buffer.byteLength(message.topic);
    const bodyBytes = 2 + topicBytes + 2 + properties.length + message.payload.length;
    const bytes = 1 + varintBytes(bodyBytes) + bodyBytes;
    return { message, properties, topicBytes, bodyBytes, bytes };
  }

  #propertiesFor({ contentType, traceparent }: MqttMessage): Buffer {
    if (!this.#withProperties) return NO_PROPERTIES;
    if (traceparent !== undefined) return propertiesOf(contentType, traceparent);
    if (contentType !== this.#contentType) {
      this.#properties = propertiesOf(contentType, undefined);
      this.#contentType = contentType;
    }
    return this.#properties;
  }

  write(outgoing: Outgoing, packetId: number, measured: MeasuredMessage): void {
    const { message, properties, topicBytes, bodyBytes, bytes } = measured;
    let at = outgoing.reserve(bytes);
    const { slab } = outgoing;
    slab[at] = message.retain ? PUBLISH_QOS_1 | RETAIN : PUBLISH_QOS_1;
    at = writeVarint(slab, at + 1, bodyBytes);
    at = writeUint16(slab, at, topicBytes);
    at += slab.write(message.topic, at, 'utf8');
    at = writeUint16(slab, at, packetId);
    slab.set(properties, at);
    slab.set(message.payload, at + properties.length);
  }
}
