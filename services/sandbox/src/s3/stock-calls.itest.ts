import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;
beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('ListObjects in its first version', () => {
  it('lists in pages, by marker, and with a delimiter from the marker that it was given', async () => {
    for (const key of ['v1/a/1', 'v1/b', 'v1/c', 'v1/d d&']) await world.put(key, key);
    const list = (more: object) =>
      world.s3.send(new ListObjectsCommand({ Bucket: bucket, Prefix: 'v1/', MaxKeys: 2, ...more }));
    const first = await list({});
    expect(first).toMatchObject({ IsTruncated: true, MaxKeys: 2, Name: bucket });
    expect(first.NextMarker).toBeUndefined();
    expect(first.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['v1/a/1', 6],
      ['v1/b', 4],
    ]);
    const next = await list({ Marker: 'v1/b' });
    expect(next.Contents?.map(({ Key }) => Key)).toEqual(['v1/c', 'v1/d d&']);
    const folders = await list({ Delimiter: '/' });
    expect(folders).toMatchObject({ CommonPrefixes: [{ Prefix: 'v1/a/' }], NextMarker: 'v1/b' });
    expect(world.endpoints.authorizer.asked.at(-1)).toMatchObject({
      action: 's3:ListBucket',
      context: { 's3:prefix': 'v1/', 's3:delimiter': '/' },
    });
  });
});

describe('ListObjectVersions', () => {
  it('lists one version of each object, which is the latest', async () => {
    await world.put('versions/a', 'x');
    const { Versions } = await world.s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'versions/' }),
    );
    expect(Versions).toMatchObject([{ Key: 'versions/a', VersionId: 'null', IsLatest: true, Size: 1 }]);
    expect(world.endpoints.authorizer.asked.at(-1)).toMatchObject({ action: 's3:ListBucketVersions' });
  });
});

describe('DeleteObjects', () => {
  const remove = (keys: readonly string[], more: object = {}) =>
    world.s3.send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })), ...more },
      }),
    );

  it('deletes what may be deleted, and lists by key what may not', async () => {
    await world.put('many/mine', 'x');
    await world.put('many/theirs & theirs', 'x');
    world.endpoints.authorizer.denies = ({ resource }) => resource.includes('theirs');
    const { Deleted, Errors } = await remove(['many/mine', 'many/theirs & theirs', 'many/nothing']);
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['many/mine', 'many/nothing']);
    expect(Errors).toMatchObject([{ Key: 'many/theirs & theirs', Code: 'AccessDenied' }]);
    world.endpoints.authorizer.denies = () => false;
    expect(await codeOf(world.get('many/mine'))).toBe('NoSuchKey');
    expect((await world.get('many/theirs & theirs')).bytes.toString()).toBe('x');
  });

  it('says nothing of what it deleted when asked to be quiet, and knows no other version', async () => {
    await world.put('quiet', 'x');
    expect((await remove(['quiet'], { Quiet: true })).Deleted).toBeUndefined();
    const versions = { Objects: [{ Key: 'quiet', VersionId: 'v1' }] };
    const { Errors } = await world.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: versions }));
    expect(Errors).toMatchObject([{ Code: 'NoSuchVersion' }]);
  });

  it('refuses an empty list and more than a thousand', async () => {
    expect(await codeOf(remove([]))).toBe('MalformedXML');
    expect(await codeOf(remove(Array.from({ length: 1_001 }, (_, index) => `k${index}`)))).toBe(
      'MalformedXML',
    );
  });
});

describe('UploadPartCopy', () => {
  it('makes a part of an object, or of a range of it', async () => {
    await world.put('source', 'abcdefghij');
    const target = { Bucket: bucket, Key: 'copied' };
    const { UploadId } = await world.s3.send(new CreateMultipartUploadCommand(target));
    const copy = (PartNumber: number, more: object = {}) =>
      world.s3.send(
        new UploadPartCopyCommand({
          ...target,
          UploadId,
          PartNumber,
          CopySource: `${bucket}/source`,
          ...more,
        }),
      );
    const part = await copy(1, { CopySourceRange: 'bytes=2-4' });
    expect(part.CopyPartResult?.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(world.endpoints.authorizer.asked.slice(-2).map(({ action }) => action)).toEqual([
      's3:GetObject',
      's3:PutObject',
    ]);
    expect(await codeOf(copy(2, { CopySourceRange: 'bytes=5-10' }))).toBe('InvalidArgument');
    expect(await codeOf(copy(2, { CopySourceRange: 'bytes=4-2' }))).toBe('InvalidArgument');
    expect(await codeOf(copy(2, { CopySource: `${bucket}/nothing` }))).toBe('NoSuchKey');
    await world.s3.send(
      new CompleteMultipartUploadCommand({
        ...target,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.CopyPartResult?.ETag }] },
      }),
    );
    expect((await world.get('copied')).bytes.toString()).toBe('cde');
  });
});

it('what is not there is answered NotImplemented and not with something else', async () => {
  await world.put('there', 'x');
  expect(await codeOf(world.s3.send(new GetBucketAclCommand({ Bucket: bucket })))).toBe('NotImplemented');
  expect(await codeOf(world.s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'there' })))).toBe(
    'NotImplemented',
  );
});
