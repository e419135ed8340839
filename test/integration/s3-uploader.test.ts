import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchHttp, s3Signer, s3Uploader, type S3UploaderOptions } from '@stepcast/web/s3';
import { systemRuntime } from '@stepcast/web';
import { type Person, signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const PART = 5 * 1024 * 1024;

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let person: Person;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  person = await signIn(sandbox.info, sandbox.info.users[0]?.username ?? '');
});
afterAll(() => sandbox.stop());

/** The uploader with the person's own credentials, as a page has them. */
function uploader(more: Partial<S3UploaderOptions> = {}) {
  const { region, endpoints } = sandbox.info;
  const credentials = () => Promise.resolve(person.keys);
  return s3Uploader({
    sign: s3Signer({ region, endpoint: endpoints.s3, credentials }),
    http: fetchHttp(systemRuntime),
    partBytes: PART,
    multipartFromBytes: PART,
    ...more,
  });
}

const prefix = () => `users/${person.identityId}/`;

async function stored(key: string) {
  const { Body, ...rest } = await person.s3.send(
    new GetObjectCommand({ Bucket: sandbox.info.bucket, Key: key, ChecksumMode: 'ENABLED' }),
  );
  return { ...rest, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
}

describe('the uploader with credentials of the identity pool', () => {
  it.each(['photo.png', 'Ünïcode & space (1)+%20#é.jpg', "it's *a* !~=$@,;:?.txt", '名前/🎉.bin'])(
    'puts %j where a stock SDK reads it',
    async (name) => {
      const { bucket } = sandbox.info;
      const key = `${prefix()}odd/${name}`;
      const answer = await uploader().upload(new Blob(['content'], { type: 'text/x-odd' }), { bucket, key });
      const found = await stored(key);
      expect(found).toMatchObject({ ContentType: 'text/x-odd', ETag: answer.ETag });
      expect(found.ChecksumCRC32).toBeDefined();
      expect(found.bytes.toString()).toBe('content');
    },
  );

  it('puts an empty file', async () => {
    const { bucket } = sandbox.info;
    const key = `${prefix()}empty`;
    await uploader().upload(new Blob([]), { bucket, key });
    expect((await stored(key)).bytes).toHaveLength(0);
  });

  it('puts a file in parts, with a checksum of each', async () => {
    const { bucket } = sandbox.info;
    const bytes = Buffer.alloc(PART + 1_000, 'stepcast ');
    const file = new File([bytes], 'parts.bin', { lastModified: 1 });
    const upload = uploader();
    const key = await upload.keyFor(file, { bucket, prefix: prefix() });
    const reported: number[] = [];
    await upload.upload(file, { bucket, key, onProgress: (loaded) => reported.push(loaded) });
    const found = await stored(key);
    expect(found.bytes.equals(bytes)).toBe(true);
    expect(found.ChecksumCRC32).toMatch(/-2$/);
    expect(reported.at(-1)).toBe(bytes.length);
  });

  it('lists what the person has, whatever its name, the newest first, and nothing of somebody else', async () => {
    const { bucket } = sandbox.info;
    const names = ['first ü & é.txt', 'second+%20 (1).txt'];
    for (const name of names)
      await uploader().upload(new Blob(['x']), { bucket, key: `${prefix()}listed/${name}` });
    const pages: string[][] = [];
    const where = { bucket, prefix: `${prefix()}listed/`, pageSize: 1 };
    for await (const page of uploader().stored(where)) pages.push(page.map(({ key }) => key));
    expect(pages).toEqual(names.toReversed().map((name) => [`${prefix()}listed/${name}`]));
    const others = uploader().stored({ bucket, prefix: 'users/' })[Symbol.asyncIterator]();
    await expect(others.next()).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  });

  it('is refused below the prefix of somebody else, by name and at once', async () => {
    const other = `users/${person.identityId.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}/photo.png`;
    const uploading = uploader().upload(new Blob(['x']), { bucket: sandbox.info.bucket, key: other });
    await expect(uploading).rejects.toMatchObject({
      code: 'S3_ACCESS_DENIED',
      status: 403,
      retryable: false,
      requestId: expect.any(String),
    });
  });

  it('leaves no object and no record of an upload that is aborted', async () => {
    const { bucket } = sandbox.info;
    const key = `${prefix()}aborted.bin`;
    const control = new AbortController();
    const file = new File([Buffer.alloc(3 * PART)], 'aborted.bin');
    const items = new Map<string, string>();
    const storage = {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => void items.set(name, value),
    };
    const upload = uploader({ concurrency: 1, storage });
    const uploading = upload.upload(file, {
      bucket,
      key,
      signal: control.signal,
      onProgress: (loaded) => loaded >= PART && control.abort(new Error('cancelled')),
    });
    await expect(uploading).rejects.toThrow('cancelled');
    const listing = await person.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }));
    expect(listing.KeyCount).toBe(0);
    expect(await upload.unfinished()).toEqual([]);
  });
});
