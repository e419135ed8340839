import {
  CreateBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { REGION } from '../testing/endpoint-harness.ts';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;

beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('listings', () => {
  it('go page by page, folded at the delimiter, in the order of UTF-8 bytes', async () => {
    const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/\ud83c\udf89', 'list/\uffee'];
    for (const key of keys) await world.put(key, key);
    const pages: string[][] = [];
    let token: string | undefined;
    do {
      const page: {
        Contents?: { Key?: string }[];
        CommonPrefixes?: { Prefix?: string }[];
        NextContinuationToken?: string;
      } = await world.s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: 'list/',
          Delimiter: '/',
          MaxKeys: 2,
          ContinuationToken: token,
        }),
      );
      pages.push([
        ...(page.Contents ?? []).map((one) => one.Key ?? ''),
        ...(page.CommonPrefixes ?? []).map((one) => one.Prefix ?? ''),
      ]);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(pages).toEqual([['list/a', 'list/b/'], ['list/c', 'list/\uffee'], ['list/\ud83c\udf89']]);
  });

  it('are authorized with the prefix as condition key, or with none', async () => {
    await world.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'users/x/' }));
    await world.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(world.endpoints.authorizer.asked).toMatchObject([
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: { 's3:prefix': 'users/x/' } },
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} },
    ]);
    expect(world.endpoints.authorizer.asked[1]?.context).not.toHaveProperty('s3:prefix');
  });
});

describe('buckets', () => {
  it('can be made, found and located', async () => {
    await world.s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' }));
    await world.s3.send(new HeadBucketCommand({ Bucket: 'another-bucket' }));
    expect(
      (await world.s3.send(new GetBucketLocationCommand({ Bucket: 'another-bucket' }))).LocationConstraint,
    ).toBe(REGION);
    expect(await codeOf(world.s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' })))).toBe(
      'BucketAlreadyOwnedByYou',
    );
    expect(await codeOf(world.s3.send(new ListObjectsV2Command({ Bucket: 'missing-bucket' })))).toBe(
      'NoSuchBucket',
    );
  });
});
