import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { crc32, crc32OfFile, crc32Text, PIECE_BYTES, readSummed } from './crc32.ts';
import { safeName } from './key-name.ts';
import { completionXml, MAX_PARTS, MIN_PART_BYTES, partBytesFor, planParts, readPartsPage } from './parts.ts';
import { UploadRecords } from './records.ts';
import { memoryStorage } from './fake-s3-support.ts';
import { elementsOf, escaped, textOf } from './xml.ts';

describe('the plan of parts', () => {
  it('covers every byte once, within the limits of S3, for 0 bytes to 5 TB', { tags: ['few-cases'] }, () => {
    fc.assert(
      fc.property(
        fc.nat(5 * 1024 ** 4),
        fc.integer({ min: MIN_PART_BYTES, max: 64 * 1024 ** 2 }),
        (size, wanted) => {
          const plan = planParts(size, partBytesFor(size, wanted));
          expect(plan.length).toBeLessThanOrEqual(MAX_PARTS);
          expect([plan[0]?.start, plan.at(-1)?.end]).toEqual([0, size]);
          const wrong = plan.filter(
            ({ partNumber, start, end }, index) =>
              partNumber !== index + 1 ||
              start !== (plan[index - 1]?.end ?? 0) ||
              (index < plan.length - 1 && end - start < MIN_PART_BYTES),
          );
          expect(wrong).toEqual([]);
        },
      ),
    );
  });
});

describe('CRC-32', () => {
  it('reads a part in pieces: a page that sums 8 MiB in one go does not answer for as long', async () => {
    const bytes = new Uint8Array(3 * PIECE_BYTES + 5).map((_, index) => index * 7);
    const slices: number[] = [];
    class WatchedBlob extends Blob {
      override slice(start = 0, end = this.size): Blob {
        slices.push(end - start);
        return super.slice(start, end);
      }
    }
    const watched = new WatchedBlob([bytes]);
    for (const [start, end] of [
      [0, bytes.length],
      [PIECE_BYTES + 3, 2 * PIECE_BYTES + 3],
      [7, 7],
    ] as const) {
      const read = await readSummed(watched, { start, end });
      const own = bytes.subarray(start, end);
      expect(Buffer.compare(read.bytes, own)).toBe(0);
      expect(read.crc32).toBe(crc32Text(nodeCrc32(own)));
    }
    expect(Math.max(...slices)).toBe(PIECE_BYTES);
  });

  it('is the one of Node and of S3, in one piece or in several', async () => {
    expect(crc32Text(crc32(new TextEncoder().encode('123456789')))).toBe('y/Q5Jg==');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(300), async (bytes, cut) => {
        expect(crc32(bytes)).toBe(nodeCrc32(bytes));
        expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(nodeCrc32(bytes));
        const file = new Blob([Uint8Array.from(bytes)]);
        expect(await crc32OfFile(file, () => undefined)).toBe(crc32Text(nodeCrc32(bytes)));
      }),
    );
  });
});

describe('the XML of S3', () => {
  it('gives back what was escaped into it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(textOf(`<A><B>${escaped(text)}</B></A>`, 'B')).toBe(text);
      }),
    );
    expect(elementsOf('<a>1</a><a>2</a><a>', 'a')).toEqual(['1', '2']);
    expect(textOf('<a>1', 'a')).toBeUndefined();
  });

  it('lists parts, and the page after, and completes them in order', () => {
    const page = readPartsPage(
      '<ListPartsResult><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>true</IsTruncated>' +
        '<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag><Size>7</Size><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>' +
        '<Part><PartNumber>x</PartNumber></Part></ListPartsResult>',
    );
    expect(page).toEqual({
      parts: [{ partNumber: 2, etag: '"b"', size: 7, crc32: 'AAAAAA==' }],
      next: '2',
    });
    const xml = completionXml([...page.parts, { partNumber: 1, etag: '"a"', crc32: undefined }]);
    expect(elementsOf(xml, 'PartNumber')).toEqual(['1', '2']);
  });
});

describe('the name of a file in a key', () => {
  it('is one level, never empty or special, well-formed, and short enough', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = safeName(name);
        expect(safe.split('/')).toEqual([safe]);
        expect(['', '.', '..']).not.toContain(safe);
        expect(safe.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(801);
      }),
    );
    expect(safeName('Ünïcode & space (1).jpg')).toBe('Ünïcode & space (1).jpg');
    expect(safeName('\ud800')).toBe('\ufffd');
  });
});

describe('the records of unfinished uploads', () => {
  const record = (number: number, startedAtMs = 0) => ({
    bucket: 'uploads',
    key: `key-${number}`,
    uploadId: `upload-${number}`,
    name: 'film.mp4',
    size: 1,
    lastModified: 0,
    partBytes: MIN_PART_BYTES,
    startedAtMs,
  });

  it('are the twenty newest, for seven days', async () => {
    let nowMs = 0;
    const records = new UploadRecords(memoryStorage(), () => nowMs);
    for (let number = 0; number < 30; number += 1) await records.save(record(number, number));
    expect((await records.all()).map(({ key }) => key)).toEqual(
      Array.from({ length: 20 }, (_, index) => `key-${index + 10}`),
    );
    await records.remove('upload-29');
    expect(await records.all()).toHaveLength(19);
    nowMs = 7 * 24 * 3_600_000 + 20;
    expect((await records.all()).map(({ key }) => key)).toEqual(
      Array.from({ length: 8 }, (_, index) => `key-${index + 21}`),
    );
  });

  it('are none where the storage is broken or holds something else', async () => {
    const broken = {
      getItem: () => {
        throw new Error('forbidden');
      },
      setItem: () => {
        throw new Error('full');
      },
    };
    const records = new UploadRecords(broken, () => 0);
    await records.save(record(1));
    expect(await records.all()).toEqual([]);
    const storage = memoryStorage();
    storage.items.set('stepcast:s3-uploads', '{"not":"a list"}');
    expect(await new UploadRecords(storage, () => 0).all()).toEqual([]);
  });
});
