import { describe, expect, it } from 'vitest';
import { noAnswer } from './errors.ts';
import { FakeS3, fileOf, refused } from './fake-s3-support.ts';
import { s3Uploader } from './uploader.ts';

const object = { bucket: 'uploads', key: 'users/me/1/film.mp4' };

async function bytesOf(file: Blob): Promise<Buffer> {
  return Buffer.from(await file.arrayBuffer());
}

/** Whether S3 has exactly the bytes of the file under the key. */
async function expectStored(s3: FakeS3, file: Blob, key = object.key): Promise<void> {
  const stored = s3.objects.get(key);
  expect(stored !== undefined && Buffer.from(stored).equals(await bytesOf(file))).toBe(true);
}

describe('a file below 8 MiB', () => {
  it.each([0, 1, 70_000])(
    'of %d bytes goes in one request, with its checksum, and tells its bytes',
    async (size) => {
      const s3 = new FakeS3();
      const file = fileOf(size);
      const emitted: number[] = [];
      const answer = await s3Uploader(s3.options()).upload(file, {
        ...object,
        onProgress: (loaded, total) => {
          expect(total).toBe(size);
          emitted.push(loaded);
        },
      });
      await expectStored(s3, file);
      expect(s3.requests).toEqual(['PUT']);
      expect(answer).toMatchObject({ VersionId: 'v1' });
      expect(emitted[0]).toBe(0);
      expect(emitted.at(-1)).toBe(size);
      expect(emitted).toEqual(emitted.toSorted((one, other) => one - other));
    },
  );

  it('is sent again when it was damaged on its way', async () => {
    const s3 = new FakeS3();
    let damaged = false;
    s3.before = ({ body }) => {
      if (damaged || !(body instanceof Blob)) return undefined;
      damaged = true;
      return refused(400, 'BadDigest');
    };
    const file = fileOf(1_000);
    await s3Uploader(s3.options()).upload(file, object);
    expect(s3.requests).toEqual(['PUT', 'PUT']);
    await expectStored(s3, file);
  });

  it('fails at once with the name and the request of a refusal that does not pass', async () => {
    const s3 = new FakeS3();
    s3.before = () => ({
      ...refused(403, 'AccessDenied'),
      header: (name) => (name === 'x-amz-request-id' ? 'R1' : undefined),
    });
    await expect(s3Uploader(s3.options()).upload(fileOf(10), object)).rejects.toMatchObject({
      code: 'S3_ACCESS_DENIED',
      status: 403,
      requestId: 'R1',
      retryable: false,
    });
    expect(s3.requests).toEqual(['PUT']);
  });

  it('gives up when nothing got through for as long as it was configured to try', async () => {
    const s3 = new FakeS3();
    s3.before = () => noAnswer('no network');
    const uploading = s3Uploader(s3.options({ retryForMs: 60_000 })).upload(fileOf(10), object);
    await expect(uploading).rejects.toMatchObject({ code: 'S3_NETWORK', retryable: true });
    expect(s3.requests.length).toBeGreaterThan(3);
  });

  it('asks again for a signature that could not be had, and ends when it never will be', async () => {
    const s3 = new FakeS3();
    const { sign } = s3.options();
    let asked = 0;
    const flaky: typeof sign = (request) => {
      asked += 1;
      return asked === 1 ? Promise.reject(new TypeError('Failed to fetch')) : sign(request);
    };
    await s3Uploader(s3.options({ sign: flaky })).upload(fileOf(10), object);
    expect(asked).toBe(2);
    const denied: typeof sign = () =>
      Promise.reject(Object.assign(new Error('signed out'), { retryable: false }));
    await expect(s3Uploader(s3.options({ sign: denied })).upload(fileOf(10), object)).rejects.toThrow(
      'signed out',
    );
    const lost: typeof sign = () => Promise.reject(new Error('no network'));
    const uploading = s3Uploader(s3.options({ sign: lost })).upload(fileOf(10), object);
    await expect(uploading).rejects.toMatchObject({ code: 'S3_SIGNING', retryable: true });
  });

  it('is tried again at once when the network comes back', async () => {
    const s3 = new FakeS3();
    let listener: ((event: 'online') => void) | undefined;
    const environment = {
      online: false,
      observe: (tell: (event: 'online') => void) => {
        listener = tell;
        return () => undefined;
      },
    };
    let isDown = true;
    s3.before = () => {
      if (!isDown) return undefined;
      isDown = false;
      setImmediate(() => listener?.('online'));
      return noAnswer('no network');
    };
    const runtime = { now: () => 0, random: () => 0.5, setTimer: () => () => undefined };
    await s3Uploader(s3.options({ environment, runtime })).upload(fileOf(10), object);
    expect(s3.requests).toEqual(['PUT', 'PUT']);
  });
});

describe('the key of a file', () => {
  it('is another one each time, below the prefix and with the name', async () => {
    const uploader = s3Uploader(new FakeS3().options());
    const file = { name: 'a/b ü.png', size: 1 };
    const keys = await Promise.all(
      [1, 2, 3].map(() => uploader.keyFor(file, { bucket: 'uploads', prefix: 'users/me/' })),
    );
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^users\/me\/[a-z2-7]{10}\/a_b ü\.png$/);
  });
});

describe('what S3 has below a prefix', () => {
  const all = async (s3: FakeS3, pageSize: number) => {
    const pages: string[][] = [];
    const where = { bucket: 'uploads', prefix: 'users/me/', pageSize };
    for await (const page of s3Uploader(s3.options()).stored(where)) pages.push(page.map(({ key }) => key));
    return pages;
  };

  it('comes with the newest first, in pages, without folders and without what others have', async () => {
    const s3 = new FakeS3();
    const keys = ['b/1 & 2.png', 'a/é+.txt', 'folder/', 'd/3', 'c/%20'].map((key) => `users/me/${key}`);
    for (const key of keys) s3.objects.set(key, new Uint8Array(key.endsWith('/') ? 0 : 4));
    s3.objects.set('users/you/secret', new Uint8Array(1));
    expect(await all(s3, 3)).toEqual([
      ['users/me/c/%20', 'users/me/d/3', 'users/me/a/é+.txt'],
      ['users/me/b/1 & 2.png'],
    ]);
    expect(s3.requests).toEqual(['GET', 'GET']);
    expect(await all(new FakeS3(), 3)).toEqual([]);
  });

  it('is asked for again after a lost answer, and not after a refusal', async () => {
    const s3 = new FakeS3();
    s3.objects.set('users/me/1', new Uint8Array(1));
    let lost = false;
    s3.after = () => {
      if (lost) return undefined;
      lost = true;
      return noAnswer('no network');
    };
    expect(await all(s3, 50)).toEqual([['users/me/1']]);
    s3.before = () => refused(403, 'AccessDenied');
    await expect(all(s3, 50)).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  });
});

describe('options that cannot work', () => {
  it('are refused at once', () => {
    const s3 = new FakeS3();
    expect(() => s3Uploader(s3.options({ partBytes: 1024 }))).toThrow('partBytes must be at least');
    expect(() => s3Uploader(s3.options({ concurrency: 0 }))).toThrow('concurrency must be 1 or more');
  });
});
