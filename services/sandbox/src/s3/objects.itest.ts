import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { someBytes, streamOf } from '../testing/endpoint-harness.ts';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;

beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('objects', () => {
  it('come back as they were put, with their metadata, and are announced once', async () => {
    const body = someBytes(100_000);
    const reply = await world.put('users/a b/photo.png', body, {
      ContentType: 'image/png',
      CacheControl: 'no-cache',
      Metadata: { Camera: 'pinhole' },
    });
    const read = await world.get('users/a b/photo.png');
    expect(read.bytes.equals(body)).toBe(true);
    expect(read).toMatchObject({
      ContentType: 'image/png',
      CacheControl: 'no-cache',
      Metadata: { camera: 'pinhole' },
      ContentLength: 100_000,
      ETag: `"${createHash('md5').update(body).digest('hex')}"`,
    });
    expect(reply.ETag).toBe(read.ETag);
    expect(reply.ChecksumCRC32).toBeDefined();
    expect(world.created).toEqual([
      expect.objectContaining({
        bucket,
        key: 'users/a b/photo.png',
        size: 100_000,
        etag: read.ETag?.replaceAll('"', ''),
        reason: 'PutObject',
        requestId: reply.$metadata.requestId,
        sourceIp: '127.0.0.1',
      }),
    ]);
  });

  it.each([
    'a//b',
    '/leading',
    'trailing/',
    'per%cent',
    'per%20cent',
    'plus+plus',
    'ques?tion',
    'ha#sh',
    'emoji 🎉',
    'quotes \'"!()*',
    'amp&<>;=',
    'colon:us-east-1:1f0e2d3c',
    'back\\slash',
    'ünïcödé/é',
    'tab\there',
    'x'.repeat(1024),
  ])('keep the key %j', async (key) => {
    await world.put(key, key);
    expect((await world.get(key)).bytes.toString()).toBe(key);
    expect(world.created.map((event) => event.key)).toEqual([key]);
    const listed = await world.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, EncodingType: 'url' }),
    );
    expect(listed.Contents?.map((one) => decodeURIComponent(one.Key ?? ''))).toEqual([key]);
    await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    expect(await codeOf(world.get(key))).toBe('NoSuchKey');
  });

  it('may be empty', async () => {
    await world.put('empty', Buffer.alloc(0));
    expect((await world.get('empty')).bytes).toHaveLength(0);
    expect(world.created).toMatchObject([{ size: 0 }]);
    expect((await world.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'empty' }))).ContentLength).toBe(
      0,
    );
  });

  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
  ])('give the range %s', async (range, expected, contentRange) => {
    await world.put('digits', '0123456789');
    const read = await world.get('digits', { Range: range });
    expect(read.bytes.toString()).toBe(expected);
    expect(read.ContentRange).toBe(contentRange);
    expect(read.$metadata.httpStatusCode).toBe(206);
  });

  it('refuse a range behind their end', async () => {
    await world.put('digits', '0123456789');
    expect(await codeOf(world.get('digits', { Range: 'bytes=10-' }))).toBe('InvalidRange');
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'are checked against a %s checksum in the trailer of a stream',
    async (algorithm) => {
      const body = someBytes(300_000);
      const reply = await world.s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: 'streamed',
          Body: streamOf(body),
          ContentLength: body.length,
          ChecksumAlgorithm: algorithm,
        }),
      );
      expect(reply[`Checksum${algorithm}`]).toBeDefined();
      const read = await world.get('streamed');
      expect(read.bytes.equals(body)).toBe(true);
      expect(read[`Checksum${algorithm}`]).toBe(reply[`Checksum${algorithm}`]);
      expect(read.ContentEncoding).toBeUndefined();
    },
  );

  it('are refused with a wrong checksum, and nothing is stored', async () => {
    const before = await readdir(world.directory);
    const zero = Buffer.alloc(32).toString('base64');
    expect(await codeOf(world.put('broken', 'text', { ChecksumSHA256: zero }))).toBe('BadDigest');
    expect(
      await codeOf(world.put('broken', 'text', { ContentMD5: Buffer.alloc(16).toString('base64') })),
    ).toBe('BadDigest');
    expect(await codeOf(world.get('broken'))).toBe('NoSuchKey');
    expect(await readdir(world.directory)).toEqual(before);
    expect(world.created).toEqual([]);
  });

  it('are written only once with If-None-Match, however many try', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => world.put('once', `body ${index}`, { IfNoneMatch: '*' })),
    );
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(world.created).toHaveLength(1);
  });

  it('get a greater sequencer with each write to the same key', async () => {
    for (let index = 0; index < 5; index++) await world.put('again', `body ${index}`);
    const sequencers = world.created.map((event) => event.sequencer);
    expect([...new Set(sequencers)].sort()).toEqual(sequencers);
    expect(sequencers).toHaveLength(5);
  });

  it('are copied with their metadata, or with new metadata', async () => {
    await world.put('from +?%', 'copied', { Metadata: { who: 'alice' } });
    const source = `${bucket}/${encodeURIComponent('from +?%')}`;
    await world.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'to', CopySource: source }));
    expect(await world.get('to')).toMatchObject({ Metadata: { who: 'alice' }, bytes: Buffer.from('copied') });
    await world.s3.send(
      new CopyObjectCommand({
        Bucket: bucket,
        Key: 'to',
        CopySource: source,
        MetadataDirective: 'REPLACE',
        Metadata: { who: 'bob' },
      }),
    );
    await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'from +?%' }));
    expect(await world.get('to')).toMatchObject({ Metadata: { who: 'bob' }, bytes: Buffer.from('copied') });
    expect(world.created.map((event) => event.reason)).toEqual(['PutObject', 'CopyObject', 'CopyObject']);
  });

  it('can be read to the end while they are overwritten', async () => {
    const body = someBytes(4_000_000);
    await world.put('busy', body);
    const reading = await world.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'busy' }));
    await world.put('busy', 'new');
    const bytes = await reading.Body?.transformToByteArray();
    expect(Buffer.from(bytes ?? []).equals(body)).toBe(true);
    expect((await world.get('busy')).bytes.toString()).toBe('new');
  });

  it('of 100 MB pass through to the disk while they arrive, and come back the same', async () => {
    const [chunk, count] = [someBytes(65_536), 1600];
    const hash = createHash('sha256');
    const before = new Set(await readdir(world.directory));
    const onDisk = () =>
      readdirSync(world.directory)
        .filter((name) => !before.has(name))
        .reduce((sum, name) => sum + statSync(join(world.directory, name)).size, 0);
    let sent = 0;
    let furthestAhead = 0;
    const body = new Readable({
      read() {
        furthestAhead = Math.max(furthestAhead, sent - onDisk());
        if (sent === count * chunk.length) {
          this.push(null);
          return;
        }
        chunk.writeUInt32BE(sent, 0);
        const bytes = Buffer.from(chunk);
        hash.update(bytes);
        sent += bytes.length;
        this.push(bytes);
      },
    });
    const ContentLength = count * chunk.length;
    await world.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'big', Body: body, ContentLength }));
    // Whatever is sent and not on disk is in somebody's memory: buffers of streams and sockets, not the file.
    expect(furthestAhead).toBeLessThan(32 * 1024 * 1024);
    expect(world.created).toMatchObject([{ size: ContentLength }]);
    const read = await world.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'big' }));
    const digest = createHash('sha256');
    for await (const part of read.Body?.transformToWebStream() ?? []) digest.update(part as Uint8Array);
    expect(digest.digest('hex')).toBe(hash.digest('hex'));
    await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'big' }));
  });
});
