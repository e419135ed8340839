import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { CHECKSUM_ALGORITHMS, compositeChecksum, createChecksum } from './checksums.ts';
import { rangeOf } from './object-headers.ts';
import { childText, escapeXml, parseXml, xmlDocument } from './xml.ts';

describe('checksums', () => {
  it.each([
    ['crc32', 'cbf43926'],
    ['crc32c', 'e3069283'],
    ['crc64nvme', 'ae8b14860a799888'],
    ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of "123456789" is the check value of its definition', (algorithm, hex) => {
    const checksum = createChecksum(algorithm);
    checksum.update(Buffer.from('1234'));
    checksum.update(Buffer.from('56789'));
    expect(Buffer.from(checksum.digest(), 'base64').toString('hex')).toBe(hex);
  });

  it('do not depend on how the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.constantFrom(...CHECKSUM_ALGORITHMS), (chunks, algorithm) => {
        const [cut, whole] = [createChecksum(algorithm), createChecksum(algorithm)];
        for (const chunk of chunks) cut.update(chunk);
        whole.update(Buffer.concat(chunks));
        expect(cut.digest()).toBe(whole.digest());
      }),
    );
  });

  it('of parts end in their number', () => {
    expect(compositeChecksum('crc32', ['y/Q5Jg==', 'y/Q5Jg=='])).toMatch(/^[A-Za-z0-9+/]{6}==-2$/);
  });
});

async function decode(chunks: readonly Buffer[]) {
  const decoder = new AwsChunkedDecoder();
  const parts: Buffer[] = [];
  for await (const part of Readable.from(chunks).pipe(decoder)) if (Buffer.isBuffer(part)) parts.push(part);
  return { body: Buffer.concat(parts), trailers: decoder.trailers };
}

function frame(chunks: readonly Uint8Array[], signed: boolean, trailers: readonly string[]): Buffer {
  const extension = signed ? `;chunk-signature=${'a'.repeat(64)}` : '';
  return Buffer.concat([
    ...chunks
      .filter((chunk) => chunk.length > 0)
      .flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
        chunk,
        Buffer.from('\r\n'),
      ]),
    Buffer.from(`0${extension}\r\n${trailers.map((one) => `${one}\r\n`).join('')}\r\n`),
  ]);
}

describe('aws-chunked bodies', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  const cutAt = (bytes: Buffer, at: readonly number[]): Buffer[] => {
    const pieces: Buffer[] = [];
    for (let from = 0, turn = 0; from < bytes.length; turn++) {
      const size = at[turn % at.length] ?? 1;
      pieces.push(bytes.subarray(from, from + size));
      from += size;
    }
    return pieces;
  };

  it('come out as they went in, however the network cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), fc.boolean(), sizes, async (chunks, signed, cuts) => {
        const framed = frame(chunks, signed, ['x-amz-checksum-crc32:AAAAAA==', 'X-Other: a:b ']);
        const { body, trailers } = await decode(cutAt(framed, cuts));
        expect(body.equals(Buffer.concat(chunks))).toBe(true);
        expect([...trailers]).toEqual([
          ['x-amz-checksum-crc32', 'AAAAAA=='],
          ['x-other', 'a:b'],
        ]);
      }),
    );
  });

  it('are incomplete wherever they are cut off before the last chunk', async () => {
    const framed = frame([Buffer.from('hello')], false, []);
    for (let length = 0; length < framed.length - 2; length++)
      await expect(decode([framed.subarray(0, length)])).rejects.toMatchObject({ code: 'IncompleteBody' });
    expect((await decode([framed])).body.toString()).toBe('hello');
  });

  it.each(['xyz\r\n', '5\r\nhello world\r\n', '0'.repeat(9000), '0\r\nno colon\r\n'])(
    'that are no chunks at all (%#) are refused',
    async (text) => {
      await expect(decode([Buffer.from(text)])).rejects.toMatchObject({ code: 'IncompleteBody' });
    },
  );
});

describe('XML', () => {
  it('reads what it writes, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const root = parseXml(xmlDocument('Root', [['List', [['Key', text]]]]));
        expect(childText(root.children[0] ?? root, 'Key')).toBe(text.toWellFormed());
      }),
    );
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '</a>',
    '<a>&nope;</a>',
    '<a>&#x110000;</a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<a'.repeat(50),
    '<a>'.repeat(50),
  ])('refuses %j', (source) => {
    expect(() => parseXml(source)).toThrow('The XML you provided was not well-formed');
  });

  it('escapes what is markup', () => {
    expect(escapeXml('a<b>&"c"\u0000')).toBe('a&lt;b&gt;&amp;&quot;c&quot;&#x0;');
  });
});

describe('ranges', () => {
  it('lie within the object, or are refused or read over', () => {
    const part = fc.oneof(fc.nat({ max: 20 }).map(String), fc.constant(''));
    fc.assert(
      fc.property(part, part, fc.nat({ max: 15 }), (from, to, size) => {
        let range;
        try {
          range = rangeOf(`bytes=${from}-${to}`, size);
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidRange' });
          return;
        }
        if (range === undefined) return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeLessThan(size);
        expect(range.start).toBeLessThanOrEqual(range.end);
      }),
    );
  });

  it.each(['bytes=1-2,4-5', 'lines=1-2', 'bytes=-', 'bytes=5-2', undefined])(
    '%s asks for the whole',
    (header) => {
      expect(rangeOf(header, 10)).toBeUndefined();
    },
  );
});
