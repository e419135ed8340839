import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { FrameError } from './frames.ts';
import { createPacketReader, withKeepAlive } from './packets.ts';

describe('a CONNECT with another keep-alive', () => {
  it('differs in nothing else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 5 as const),
        fc.string({ maxLength: 200 }),
        fc.integer({ min: 0, max: 65_535 }),
        (protocolVersion, text, seconds) => {
          const connect = {
            cmd: 'connect',
            clientId: `c${text.toWellFormed().replaceAll('\0', '')}`,
            protocolId: 'MQTT',
            protocolVersion,
            clean: true,
            keepalive: 0,
            username: 'u',
          } as const;
          expect(withKeepAlive(generate(connect), seconds)).toEqual(
            generate({ ...connect, keepalive: seconds }),
          );
        },
      ),
    );
  });
});

describe('packet reader', () => {
  it('reads one packet after another, by the protocol version', () => {
    const read = createPacketReader(5);
    for (const messageId of [1, 2])
      expect(
        read(generate({ cmd: 'puback', messageId, reasonCode: 0x87 }, { protocolVersion: 5 })),
      ).toMatchObject({ messageId, reasonCode: 0x87 });
  });

  it('refuses what is no packet', () => {
    expect(() => createPacketReader(4)(Buffer.from([0x30, 0x02, 0x00, 0x09]))).toThrow(FrameError);
  });
});
