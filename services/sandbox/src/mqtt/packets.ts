import { parser, type Packet } from 'mqtt-packet';
import { FrameError } from './frames.ts';

/**
 * Reads whole packets one at a time.
 * @throws FrameError for bytes that are no packet of that protocol version
 */
export type PacketReader = (bytes: Buffer) => Packet;

/** @param protocolVersion undefined before CONNECT */
export function createPacketReader(protocolVersion: number | undefined): PacketReader {
  const reader = parser(protocolVersion === undefined ? {} : { protocolVersion });
  const read: Packet[] = [];
  const problems: string[] = [];
  reader.on('packet', (packet) => read.push(packet));
  reader.on('error', (error: unknown) => {
    problems.push(error instanceof Error ? error.message : 'unreadable packet');
  });
  return (bytes) => {
    reader.parse(bytes);
    const [packet] = read.splice(0);
    if (packet === undefined) throw new FrameError('MQTT_MALFORMED', problems[0] ?? 'unreadable packet');
    return packet;
  };
}

/** A CONNECT with another keep-alive: the two bytes after protocol name, version and flags. */
export function withKeepAlive(connect: Buffer, seconds: number): Buffer {
  const bytes = Buffer.from(connect);
  let at = 1;
  while ((bytes[at] ?? 0) >= 0x80) at++;
  at += 1;
  at += 2 + bytes.readUInt16BE(at) + 2;
  bytes.writeUInt16BE(seconds, at);
  return bytes;
}
