import { readdir } from 'node:fs/promises';
import {
  CopyObjectCommand,
  GetObjectCommand,
  GetObjectAclCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, ACCOUNT, someBytes, streamOf } from '../testing/endpoint-harness.ts';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;

beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('presigned URLs', () => {
  it('put and get with plain fetch', async () => {
    const url = await getSignedUrl(world.s3, new PutObjectCommand({ Bucket: bucket, Key: 'pre/signed ü' }), {
      expiresIn: 60,
    });
    const response = await fetch(url, { method: 'PUT', body: 'presigned' });
    expect(await response.text()).toBe('');
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(world.created).toMatchObject([
      { key: 'pre/signed ü', requestId: response.headers.get('x-amz-request-id') },
    ]);
    const read = await fetch(
      await getSignedUrl(
        world.s3,
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
    } = world.endpoints.credentials.issue({
      principal: { kind: 'service', accountId: ACCOUNT, roleName: 'uploader' },
      lifetimeMs: 3_600_000,
    });
    const temporary = world.client({ accessKeyId, secretAccessKey, sessionToken });
    await world.put('short', 'lived');
    const url = await getSignedUrl(temporary, new GetObjectCommand({ Bucket: bucket, Key: 'short' }), {
      expiresIn: 7200,
    });
    expect((await fetch(url)).status).toBe(200);
    world.endpoints.skewMs = 3_600_001;
    const keyExpired = await fetch(url);
    expect([keyExpired.status, await keyExpired.text()]).toEqual([
      400,
      expect.stringContaining('ExpiredToken'),
    ]);
    world.endpoints.skewMs = 7_201_000;
    const urlExpired = await fetch(url);
    expect([urlExpired.status, await urlExpired.text()]).toEqual([
      403,
      expect.stringContaining('Request has expired'),
    ]);
    world.endpoints.skewMs = 0;
    expect((await fetch(url.replace(/X-Amz-Security-Token=[^&]*&/, ''))).status).toBe(403);
    expect((await fetch(`${url}&response-content-type=text%2Fhtml`)).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('refusals', () => {
  it('an unsigned request is denied, with CORS headers so that a browser can read it', async () => {
    const response = await fetch(`${world.endpoints.origin}/aws/s3/${bucket}/x`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('a preflight is answered with the headers it asks for', async () => {
    const response = await fetch(`${world.endpoints.origin}/aws/s3/${bucket}/x`, {
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
    await world.put('there', 'x');
    const read = (one: S3Client) => codeOf(one.send(new GetObjectCommand({ Bucket: bucket, Key: 'there' })));
    expect(await read(world.client({ ...world.endpoints.rootKeys, secretAccessKey: 'wrong' }))).toBe(
      'SignatureDoesNotMatch',
    );
    expect(await read(world.client({ ...world.endpoints.rootKeys, accessKeyId: 'AKIAUNKNOWN' }))).toBe(
      'InvalidAccessKeyId',
    );
    world.endpoints.skewMs = 16 * 60_000;
    expect(await read(world.client(world.endpoints.rootKeys))).toBe('RequestTimeTooSkewed');
    world.endpoints.skewMs = 14 * 60_000;
    expect(await read(world.client(world.endpoints.rootKeys))).toBe('nothing was thrown');
  });

  it('a large upload that is denied gets its answer and leaves the connection usable', async () => {
    world.endpoints.authorizer.denies = ({ resource }) => resource.endsWith('/users/other/file');
    const body = someBytes(20 * 1024 * 1024);
    await expect(world.put('users/other/file', body)).rejects.toMatchObject({
      name: 'AccessDenied',
      message:
        `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: s3:PutObject on resource: ` +
        `arn:aws:s3:::${bucket}/users/other/file because no identity-based policy allows the s3:PutObject action`,
    });
    await world.put('users/own/file', body);
    expect(world.created.map((event) => event.key)).toEqual(['users/own/file']);
  });

  it.each([
    ['GET of a missing key', 'AccessDenied', (key: string) => world.get(key)],
    [
      'copying from another',
      'AccessDenied',
      (key: string) =>
        world.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'mine', CopySource: `${bucket}/${key}` })),
    ],
  ])('%s is %s for who may neither list nor read', async (_name, code, act) => {
    world.endpoints.authorizer.denies = ({ action, resource }) =>
      action === 's3:ListBucket' || (action === 's3:GetObject' && resource.endsWith('users/other/secret'));
    expect(await codeOf(act('users/other/secret'))).toBe(code);
  });

  it('what is not there is NotImplemented and does not touch the object', async () => {
    await world.put('plain', 'content');
    expect(await codeOf(world.s3.send(new GetObjectAclCommand({ Bucket: bucket, Key: 'plain' })))).toBe(
      'NotImplemented',
    );
    expect(await codeOf(world.put('plain', 'other', { WebsiteRedirectLocation: '/x' }))).toBe(
      'NotImplemented',
    );
    expect(await codeOf(world.put('plain', 'other', { ACL: 'public-read' }))).toBe('NotImplemented');
    expect(await codeOf(world.get('plain', { VersionId: 'null' }))).toBe('NotImplemented');
    expect((await world.get('plain')).bytes.toString()).toBe('content');
  });

  it('a body that does not have the signed hash is refused', async () => {
    const keys = world.endpoints.rootKeys;
    const signing = world.client(keys);
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
    expect(await codeOf(world.get('tampered'))).toBe('NoSuchKey');
  });

  it('an upload that is cut off leaves nothing behind', async () => {
    const before = await readdir(world.directory);
    const abort = new AbortController();
    const slow = streamOf(someBytes(3_000_000));
    const sending = world.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'cut', Body: slow, ContentLength: 4_000_000 }),
      { abortSignal: abort.signal },
    );
    await new Promise<void>((resolve) => slow.once('end', resolve));
    abort.abort();
    expect(await codeOf(sending)).not.toBe('nothing was thrown');
    expect(await codeOf(world.get('cut'))).toBe('NoSuchKey');
    expect(world.created).toEqual([]);
    await eventually(async () => {
      expect(await readdir(world.directory)).toEqual(before);
    });
  });
});
