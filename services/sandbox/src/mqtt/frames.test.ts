import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { createFrameSplitter, FrameError } from './frames.ts';

const publish = (payload: Buffer) =>
  generate({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain: false });

describe('frame splitter', () => {
  it('finds the same packets however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }).map((bytes) => publish(Buffer.from(bytes))),
            fc.constant(generate({ cmd: 'pingreq' })),
          ),
        ),
        fc.array(fc.integer({ min: 1, max: 200 })),
        (packets, cuts) => {
          const splitter = createFrameSplitter(0);
          const found: Buffer[] = [];
          let rest = Buffer.concat(packets);
          for (const cut of [...cuts, rest.length]) {
            found.push(...splitter.push(rest.subarray(0, cut)).map(({ bytes }) => bytes));
            rest = rest.subarray(cut);
          }
          found.push(...splitter.push(rest).map(({ bytes }) => bytes));
          expect(found.map((bytes) => bytes.toString('hex'))).toEqual(
            packets.map((bytes) => bytes.toString('hex')),
          );
        },
      ),
    );
  });

  it('names the type of each packet', () => {
    const splitter = createFrameSplitter(0);
    expect(splitter.push(publish(Buffer.from('x'))).map(({ type }) => type)).toEqual([3]);
    expect(splitter.push(generate({ cmd: 'pingreq' })).map(({ type }) => type)).toEqual([12]);
  });

  it('refuses a packet over the limit by its header alone', () => {
    const whole = publish(Buffer.alloc(1_000));
    expect(createFrameSplitter(whole.length).push(whole)).toHaveLength(1);
    expect(() => createFrameSplitter(whole.length - 1).push(whole.subarray(0, 4))).toThrow(FrameError);
  });

  it('refuses a length of more than four bytes', () => {
    expect(() => createFrameSplitter(0).push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toThrow(
      /four bytes/,
    );
  });
});
