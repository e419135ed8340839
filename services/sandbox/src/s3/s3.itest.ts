import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Endpoints,
  eventually,
  REGION,
  ACCOUNT,
  someBytes,
  startEndpoints,
  streamOf,
} from '../testing/endpoint-harness.ts';
import { createS3Service, type ObjectCreated } from './index.ts';

const bucket = 'stepcast-uploads';
let endpoints: Endpoints;
let s3: S3Client;
let directory: string;
const created: ObjectCreated[] = [];

function client(keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): S3Client {
  return new S3Client({
    endpoint: `${endpoints.origin}/aws/s3`,
    region: REGION,
    forcePathStyle: true,
    credentials: keys,
    maxAttempts: 1,
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-s3-'));
  const service = createS3Service({
    accountId: ACCOUNT,
    region: REGION,
    directory,
    nowMs: Date.now,
    newId: randomUUID,
    onObjectCreated: (event) => created.push(event),
  });
  service.createBucket(bucket);
  endpoints = await startEndpoints([
    { prefix: '/aws/s3', cors: true, service: { kind: 'http', service: service.service } },
  ]);
  s3 = client(endpoints.rootKeys);
});

afterEach(() => {
  endpoints.authorizer.denies = () => false;
  endpoints.authorizer.asked.length = 0;
  endpoints.skewMs = 0;
  created.length = 0;
});

afterAll(async () => {
  s3.destroy();
  await endpoints.close();
  await rm(directory, { recursive: true, force: true });
  expect(endpoints.errors).toEqual([]);
});

const put = (key: string, body: string | Uint8Array, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more }));
const get = async (key: string, more: object = {}) => {
  const reply = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
  return { ...reply, bytes: Buffer.from((await reply.Body?.transformToByteArray()) ?? []) };
};
const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    if (error !== null && typeof error === 'object' && 'name' in error) return String(error.name);
  }
  return 'nothing was thrown';
};

describe('objects', () => {
  it('come back as they were put, with their metadata, and are announced once', async () => {
    const body = someBytes(100_000);
    const reply = await put('users/a b/photo.png', body, {
      ContentType: 'image/png',
      CacheControl: 'no-cache',
      Metadata: { Camera: 'pinhole' },
    });
    const read = await get('users/a b/photo.png');
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
    expect(created).toEqual([
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
    await put(key, key);
    expect((await get(key)).bytes.toString()).toBe(key);
    expect(created.map((event) => event.key)).toEqual([key]);
    const listed = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, EncodingType: 'url' }),
    );
    expect(listed.Contents?.map((one) => decodeURIComponent(one.Key ?? ''))).toEqual([key]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    expect(await codeOf(get(key))).toBe('NoSuchKey');
  });

  it('may be empty', async () => {
    await put('empty', Buffer.alloc(0));
    expect((await get('empty')).bytes).toHaveLength(0);
    expect(created).toMatchObject([{ size: 0 }]);
    expect((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'empty' }))).ContentLength).toBe(0);
  });

  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
  ])('give the range %s', async (range, expected, contentRange) => {
    await put('digits', '0123456789');
    const read = await get('digits', { Range: range });
    expect(read.bytes.toString()).toBe(expected);
    expect(read.ContentRange).toBe(contentRange);
    expect(read.$metadata.httpStatusCode).toBe(206);
  });

  it('refuse a range behind their end', async () => {
    await put('digits', '0123456789');
    expect(await codeOf(get('digits', { Range: 'bytes=10-' }))).toBe('InvalidRange');
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'are checked against a %s checksum in the trailer of a stream',
    async (algorithm) => {
      const body = someBytes(300_000);
      const reply = await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: 'streamed',
          Body: streamOf(body),
          ContentLength: body.length,
          ChecksumAlgorithm: algorithm,
        }),
      );
      expect(reply[`Checksum${algorithm}`]).toBeDefined();
      const read = await get('streamed');
      expect(read.bytes.equals(body)).toBe(true);
      expect(read[`Checksum${algorithm}`]).toBe(reply[`Checksum${algorithm}`]);
      expect(read.ContentEncoding).toBeUndefined();
    },
  );

  it('are refused with a wrong checksum, and nothing is stored', async () => {
    const before = await readdir(directory);
    const zero = Buffer.alloc(32).toString('base64');
    expect(await codeOf(put('broken', 'text', { ChecksumSHA256: zero }))).toBe('BadDigest');
    expect(await codeOf(put('broken', 'text', { ContentMD5: Buffer.alloc(16).toString('base64') }))).toBe(
      'BadDigest',
    );
    expect(await codeOf(get('broken'))).toBe('NoSuchKey');
    expect(await readdir(directory)).toEqual(before);
    expect(created).toEqual([]);
  });

  it('are written only once with If-None-Match, however many try', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => put('once', `body ${index}`, { IfNoneMatch: '*' })),
    );
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(created).toHaveLength(1);
  });

  it('get a greater sequencer with each write to the same key', async () => {
    for (let index = 0; index < 5; index++) await put('again', `body ${index}`);
    const sequencers = created.map((event) => event.sequencer);
    expect([...new Set(sequencers)].sort()).toEqual(sequencers);
    expect(sequencers).toHaveLength(5);
  });

  it('are copied with their metadata, or with new metadata', async () => {
    await put('from +?%', 'copied', { Metadata: { who: 'alice' } });
    const source = `${bucket}/${encodeURIComponent('from +?%')}`;
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'to', CopySource: source }));
    expect(await get('to')).toMatchObject({ Metadata: { who: 'alice' }, bytes: Buffer.from('copied') });
    await s3.send(
      new CopyObjectCommand({
        Bucket: bucket,
        Key: 'to',
        CopySource: source,
        MetadataDirective: 'REPLACE',
        Metadata: { who: 'bob' },
      }),
    );
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'from +?%' }));
    expect(await get('to')).toMatchObject({ Metadata: { who: 'bob' }, bytes: Buffer.from('copied') });
    expect(created.map((event) => event.reason)).toEqual(['PutObject', 'CopyObject', 'CopyObject']);
  });

  it('can be read to the end while they are overwritten', async () => {
    const body = someBytes(4_000_000);
    await put('busy', body);
    const reading = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'busy' }));
    await put('busy', 'new');
    const bytes = await reading.Body?.transformToByteArray();
    expect(Buffer.from(bytes ?? []).equals(body)).toBe(true);
    expect((await get('busy')).bytes.toString()).toBe('new');
  });

  it('of 100 MB pass through to the disk while they arrive, and come back the same', async () => {
    const [chunk, count] = [someBytes(65_536), 1600];
    const hash = createHash('sha256');
    const before = new Set(await readdir(directory));
    const onDisk = () =>
      readdirSync(directory)
        .filter((name) => !before.has(name))
        .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
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
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'big', Body: body, ContentLength }));
    // Whatever is sent and not on disk is in somebody's memory: buffers of streams and sockets, not the file.
    expect(furthestAhead).toBeLessThan(32 * 1024 * 1024);
    expect(created).toMatchObject([{ size: ContentLength }]);
    const read = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'big' }));
    const digest = createHash('sha256');
    for await (const part of read.Body?.transformToWebStream() ?? []) digest.update(part as Uint8Array);
    expect(digest.digest('hex')).toBe(hash.digest('hex'));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'big' }));
  });
});

describe('multipart uploads', () => {
  it('by lib-storage give one object, one event and a composite checksum', async () => {
    const body = someBytes(12 * 1024 * 1024);
    const upload = new Upload({
      client: s3,
      params: { Bucket: bucket, Key: 'multi/part', Body: streamOf(body), ContentType: 'image/jpeg' },
    });
    const reply = await upload.done();
    expect(reply.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const read = await get('multi/part');
    expect(read.bytes.equals(body)).toBe(true);
    expect(read.ContentType).toBe('image/jpeg');
    expect(created).toMatchObject([
      { key: 'multi/part', size: body.length, reason: 'CompleteMultipartUpload' },
    ]);
    const across = await get('multi/part', { Range: 'bytes=5242870-5242889' });
    expect(across.bytes.equals(body.subarray(5242870, 5242890))).toBe(true);
  });

  const start = async (key: string, more: object = {}) =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...more }))).UploadId ?? '';
  const part = (key: string, uploadId: string, partNumber: number, body: Uint8Array | string) =>
    s3.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: partNumber,
        Body: body,
      }),
    );

  it('take a part again, list parts, and can be aborted', async () => {
    const before = await readdir(directory);
    const uploadId = await start('aborted');
    await part('aborted', uploadId, 2, 'two');
    await part('aborted', uploadId, 1, 'one');
    await part('aborted', uploadId, 1, 'one again');
    const listed = await s3.send(
      new ListPartsCommand({ Bucket: bucket, Key: 'aborted', UploadId: uploadId }),
    );
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 9],
      [2, 3],
    ]);
    await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'aborted', UploadId: uploadId }));
    expect(await codeOf(part('aborted', uploadId, 3, 'late'))).toBe('NoSuchUpload');
    expect(await readdir(directory)).toEqual(before);
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
      s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: 'full',
          UploadId: uploadId,
          MultipartUpload: { Parts: parts },
          ...more,
        }),
      );
    expect(await codeOf(complete({ ChecksumCRC64NVME: 'AAAAAAAAAAA=' }))).toBe('BadDigest');
    const whole = await put('whole', body, { ChecksumAlgorithm: 'CRC64NVME' });
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
        s3.send(
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

describe('listings', () => {
  it('go page by page, folded at the delimiter, in the order of UTF-8 bytes', async () => {
    const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/\ud83c\udf89', 'list/\uffee'];
    for (const key of keys) await put(key, key);
    const pages: string[][] = [];
    let token: string | undefined;
    do {
      const page: {
        Contents?: { Key?: string }[];
        CommonPrefixes?: { Prefix?: string }[];
        NextContinuationToken?: string;
      } = await s3.send(
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
    await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'users/x/' }));
    await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(endpoints.authorizer.asked).toMatchObject([
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: { 's3:prefix': 'users/x/' } },
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} },
    ]);
    expect(endpoints.authorizer.asked[1]?.context).not.toHaveProperty('s3:prefix');
  });
});

describe('buckets', () => {
  it('can be made, found and located', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' }));
    await s3.send(new HeadBucketCommand({ Bucket: 'another-bucket' }));
    expect(
      (await s3.send(new GetBucketLocationCommand({ Bucket: 'another-bucket' }))).LocationConstraint,
    ).toBe(REGION);
    expect(await codeOf(s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' })))).toBe(
      'BucketAlreadyOwnedByYou',
    );
    expect(await codeOf(s3.send(new ListObjectsV2Command({ Bucket: 'missing-bucket' })))).toBe(
      'NoSuchBucket',
    );
  });
});

describe('presigned URLs', () => {
  it('put and get with plain fetch', async () => {
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: 'pre/signed ü' }), {
      expiresIn: 60,
    });
    const response = await fetch(url, { method: 'PUT', body: 'presigned' });
    expect(await response.text()).toBe('');
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(created).toMatchObject([
      { key: 'pre/signed ü', requestId: response.headers.get('x-amz-request-id') },
    ]);
    const read = await fetch(
      await getSignedUrl(
        s3,
        new GetObjectCommand({ Bucket: bucket, Key: 'pre/signed ü', ResponseContentType: 'text/x-other' }),
      ),
    );
    expect(await read.text()).toBe('presigned');
    expect(read.headers.get('content-type')).toBe('text/x-other');
  });

  it('with the session token of temporary keys work until they or the keys expire', async () => {
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    } = endpoints.credentials.issue({
      principal: { kind: 'service', accountId: ACCOUNT, roleName: 'uploader' },
      lifetimeMs: 3_600_000,
    });
    const temporary = client({ accessKeyId, secretAccessKey, sessionToken });
    await put('short', 'lived');
    const url = await getSignedUrl(temporary, new GetObjectCommand({ Bucket: bucket, Key: 'short' }), {
      expiresIn: 7200,
    });
    expect((await fetch(url)).status).toBe(200);
    endpoints.skewMs = 3_600_001;
    const keyExpired = await fetch(url);
    expect([keyExpired.status, await keyExpired.text()]).toEqual([
      400,
      expect.stringContaining('ExpiredToken'),
    ]);
    endpoints.skewMs = 7_201_000;
    const urlExpired = await fetch(url);
    expect([urlExpired.status, await urlExpired.text()]).toEqual([
      403,
      expect.stringContaining('Request has expired'),
    ]);
    endpoints.skewMs = 0;
    expect((await fetch(url.replace(/X-Amz-Security-Token=[^&]*&/, ''))).status).toBe(403);
    expect((await fetch(`${url}&response-content-type=text%2Fhtml`)).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('refusals', () => {
  it('an unsigned request is denied, with CORS headers so that a browser can read it', async () => {
    const response = await fetch(`${endpoints.origin}/aws/s3/${bucket}/x`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('a preflight is answered with the headers it asks for', async () => {
    const response = await fetch(`${endpoints.origin}/aws/s3/${bucket}/x`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://elsewhere.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,x-amz-date',
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,x-amz-date');
    expect(response.headers.get('access-control-allow-methods')).toContain('PUT');
  });

  it('a wrong secret, an unknown key and a clock that is off have their own codes', async () => {
    await put('there', 'x');
    const read = (one: S3Client) => codeOf(one.send(new GetObjectCommand({ Bucket: bucket, Key: 'there' })));
    expect(await read(client({ ...endpoints.rootKeys, secretAccessKey: 'wrong' }))).toBe(
      'SignatureDoesNotMatch',
    );
    expect(await read(client({ ...endpoints.rootKeys, accessKeyId: 'AKIAUNKNOWN' }))).toBe(
      'InvalidAccessKeyId',
    );
    endpoints.skewMs = 16 * 60_000;
    expect(await read(client(endpoints.rootKeys))).toBe('RequestTimeTooSkewed');
    endpoints.skewMs = 14 * 60_000;
    expect(await read(client(endpoints.rootKeys))).toBe('nothing was thrown');
  });

  it('a large upload that is denied gets its answer and leaves the connection usable', async () => {
    endpoints.authorizer.denies = ({ resource }) => resource.endsWith('/users/other/file');
    const body = someBytes(20 * 1024 * 1024);
    await expect(put('users/other/file', body)).rejects.toMatchObject({
      name: 'AccessDenied',
      message:
        `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: s3:PutObject on resource: ` +
        `arn:aws:s3:::${bucket}/users/other/file because no identity-based policy allows the s3:PutObject action`,
    });
    await put('users/own/file', body);
    expect(created.map((event) => event.key)).toEqual(['users/own/file']);
  });

  it.each([
    ['GET of a missing key', 'AccessDenied', (key: string) => get(key)],
    [
      'copying from another',
      'AccessDenied',
      (key: string) =>
        s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'mine', CopySource: `${bucket}/${key}` })),
    ],
  ])('%s is %s for who may neither list nor read', async (_name, code, act) => {
    endpoints.authorizer.denies = ({ action, resource }) =>
      action === 's3:ListBucket' || (action === 's3:GetObject' && resource.endsWith('users/other/secret'));
    expect(await codeOf(act('users/other/secret'))).toBe(code);
  });

  it('what is not there is NotImplemented and does not touch the object', async () => {
    await put('tagged', 'content');
    expect(await codeOf(s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'tagged' })))).toBe(
      'NotImplemented',
    );
    expect(await codeOf(put('tagged', 'other', { Tagging: 'a=b' }))).toBe('NotImplemented');
    expect(await codeOf(put('tagged', 'other', { ACL: 'public-read' }))).toBe('NotImplemented');
    expect(await codeOf(get('tagged', { VersionId: 'null' }))).toBe('NotImplemented');
    expect((await get('tagged')).bytes.toString()).toBe('content');
  });

  it('a body that does not have the signed hash is refused', async () => {
    const keys = endpoints.rootKeys;
    const signing = client(keys);
    signing.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (request !== null && typeof request === 'object' && 'body' in request) request.body = 'tampered!';
        return next(args);
      },
      { step: 'deserialize', priority: 'low' },
    );
    const plain = { Bucket: bucket, Key: 'tampered', Body: 'original!' };
    expect(await codeOf(signing.send(new PutObjectCommand(plain)))).toMatch(
      /XAmzContentSHA256Mismatch|BadDigest/,
    );
    expect(await codeOf(get('tampered'))).toBe('NoSuchKey');
  });

  it('an upload that is cut off leaves nothing behind', async () => {
    const before = await readdir(directory);
    const abort = new AbortController();
    const slow = streamOf(someBytes(3_000_000));
    const sending = s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'cut', Body: slow, ContentLength: 4_000_000 }),
      { abortSignal: abort.signal },
    );
    await new Promise<void>((resolve) => slow.once('end', resolve));
    abort.abort();
    expect(await codeOf(sending)).not.toBe('nothing was thrown');
    expect(await codeOf(get('cut'))).toBe('NoSuchKey');
    expect(created).toEqual([]);
    await eventually(async () => {
      expect(await readdir(directory)).toEqual(before);
    });
  });
});
