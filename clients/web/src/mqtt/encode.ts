import type { ProtocolLevel, Subscription } from '../transport.port.ts';
import { concat, text, uint16, varint } from './bytes.ts';

/**
 * The packets that a client of ours sends: MQTT 3.1.1 (OASIS, October 2014) and 5.0 (OASIS, March 2019), cut to clean sessions
 * and QoS 0 and 1. Checked against `mqtt-packet` in both directions by tests.
 */

const none = Uint8Array.of();

function packet(firstByte: number, ...fields: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concat(fields);
  return concat([Uint8Array.of(firstByte), varint(body.length), body]);
}

/** The property section of MQTT 5; nothing at all in 3.1.1. */
function properties(level: ProtocolLevel, ...encoded: Uint8Array[]): Uint8Array {
  if (level === 4) return none;
  const all = concat(encoded);
  return concat([varint(all.length), all]);
}

export function encodeConnect(level: ProtocolLevel, clientId: string, keepAliveSeconds: number) {
  const cleanSession = 0x02;
  return packet(
    0x10,
    text('MQTT'),
    Uint8Array.of(level, cleanSession),
    uint16(keepAliveSeconds),
    properties(level),
    text(clientId),
  );
}

export function encodeSubscribe(
  level: ProtocolLevel,
  packetId: number,
  subscriptions: readonly Subscription[],
) {
  const topics = subscriptions.map(({ filter, qos }) => concat([text(filter), Uint8Array.of(qos)]));
  return packet(0x82, uint16(packetId), properties(level), ...topics);
}

export function encodeUnsubscribe(level: ProtocolLevel, packetId: number, filters: readonly string[]) {
  return packet(0xa2, uint16(packetId), properties(level), ...filters.map(text));
}

/** QoS 1. In MQTT 5 the payload is marked as UTF-8 of the given content type. */
export function encodePublish(
  level: ProtocolLevel,
  packetId: number,
  topic: string,
  payload: Uint8Array,
  contentType: string,
) {
  const utf8Payload = Uint8Array.of(0x01, 1);
  const type = concat([Uint8Array.of(0x03), text(contentType)]);
  return packet(0x32, text(topic), uint16(packetId), properties(level, utf8Payload, type), payload);
}

export const encodePuback = (packetId: number) => packet(0x40, uint16(packetId));
export const encodePingreq = () => packet(0xc0);
export const encodeDisconnect = () => packet(0xe0);
