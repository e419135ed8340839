import { readdir } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { someBytes, streamOf } from '../testing/endpoint-harness.ts';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;

beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('multipart uploads', () => {
  it('by lib-storage give one object, one event and a composite checksum', async () => {
    const body = someBytes(12 * 1024 * 1024);
    const upload = new Upload({
      client: world.s3,
      params: { Bucket: bucket, Key: 'multi/part', Body: streamOf(body), ContentType: 'image/jpeg' },
    });
    const reply = await upload.done();
    expect(reply.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const read = await world.get('multi/part');
    expect(read.bytes.equals(body)).toBe(true);
    expect(read.ContentType).toBe('image/jpeg');
    expect(world.created).toMatchObject([
      { key: 'multi/part', size: body.length, reason: 'CompleteMultipartUpload' },
    ]);
    const across = await world.get('multi/part', { Range: 'bytes=5242870-5242889' });
    expect(across.bytes.equals(body.subarray(5242870, 5242890))).toBe(true);
  });

  const start = async (key: string, more: object = {}) =>
    (await world.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...more }))).UploadId ??
    '';
  const part = (key: string, uploadId: string, partNumber: number, body: Uint8Array | string) =>
    world.s3.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: partNumber,
        Body: body,
      }),
    );

  it('take a part again, list parts, and can be aborted', async () => {
    const before = await readdir(world.directory);
    const uploadId = await start('aborted');
    await part('aborted', uploadId, 2, 'two');
    await part('aborted', uploadId, 1, 'one');
    await part('aborted', uploadId, 1, 'one again');
    const listed = await world.s3.send(
      new ListPartsCommand({ Bucket: bucket, Key: 'aborted', UploadId: uploadId }),
    );
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 9],
      [2, 3],
    ]);
    await world.s3.send(
      new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'aborted', UploadId: uploadId }),
    );
    expect(await codeOf(part('aborted', uploadId, 3, 'late'))).toBe('NoSuchUpload');
    expect(await readdir(world.directory)).toEqual(before);
  });

  it('check the full checksum of the whole object', async () => {
    const body = someBytes(6 * 1024 * 1024);
    const uploadId = await start('full', { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' });
    const [first, second] = [body.subarray(0, 5 * 1024 * 1024), body.subarray(5 * 1024 * 1024)];
    const parts = [
      { PartNumber: 1, ETag: (await part('full', uploadId, 1, first)).ETag },
      { PartNumber: 2, ETag: (await part('full', uploadId, 2, second)).ETag },
    ];
    const complete = (more: object) =>
      world.s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: 'full',
          UploadId: uploadId,
          MultipartUpload: { Parts: parts },
          ...more,
        }),
      );
    expect(await codeOf(complete({ ChecksumCRC64NVME: 'AAAAAAAAAAA=' }))).toBe('BadDigest');
    const whole = await world.put('whole', body, { ChecksumAlgorithm: 'CRC64NVME' });
    const reply = await complete({ ChecksumCRC64NVME: whole.ChecksumCRC64NVME });
    expect(reply).toMatchObject({ ChecksumCRC64NVME: whole.ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' });
  });

  it('refuse parts that are too small, unknown or out of order', async () => {
    const uploadId = await start('refused');
    const etags = [
      (await part('refused', uploadId, 1, 'small')).ETag,
      (await part('refused', uploadId, 2, 'small too')).ETag,
    ];
    const complete = (numbers: readonly number[], tag?: string) =>
      codeOf(
        world.s3.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: 'refused',
            UploadId: uploadId,
            MultipartUpload: {
              Parts: numbers.map((PartNumber) => ({
                PartNumber,
                ETag: tag ?? etags[PartNumber - 1] ?? '"x"',
              })),
            },
          }),
        ),
      );
    expect(await complete([1, 2])).toBe('EntityTooSmall');
    expect(await complete([2, 1])).toBe('InvalidPartOrder');
    expect(await complete([1, 3])).toBe('EntityTooSmall');
    expect(await complete([3])).toBe('InvalidPart');
    expect(await complete([1], '"wrong"')).toBe('InvalidPart');
    expect(await complete([1])).toBe('nothing was thrown');
  });
});
