import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { PauseController } from '../pause.ts';
import { noAnswer } from './errors.ts';
import { FakeS3, fileOf, memoryStorage, refused } from './fake-s3-support.ts';
import { s3Uploader } from './uploader.ts';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const object = { bucket: 'uploads', key: 'users/me/1/film.mp4' };
const inParts = { multipartFromBytes: PART, partBytes: PART };

async function bytesOf(file: Blob): Promise<Buffer> {
  return Buffer.from(await file.arrayBuffer());
}

/** Whether S3 has exactly the bytes of the file under the key. */
async function expectStored(s3: FakeS3, file: Blob, key = object.key): Promise<void> {
  const stored = s3.objects.get(key);
  expect(stored !== undefined && Buffer.from(stored).equals(await bytesOf(file))).toBe(true);
}

describe('a file in parts', () => {
  const file = fileOf(2 * PART + 12_345);

  it('is begun, sent, and completed, whatever order its parts end in', async () => {
    const s3 = new FakeS3();
    const emitted: number[] = [];
    const answer = await s3Uploader(s3.options(inParts)).upload(file, {
      ...object,
      onProgress: (loaded) => emitted.push(loaded),
    });
    await expectStored(s3, file);
    expect(s3.requests.toSorted()).toEqual(
      ['POST uploads', 'PUT part 1', 'PUT part 2', 'PUT part 3', 'POST upload'].toSorted(),
    );
    expect(answer).toEqual({ ETag: '"all-3"', VersionId: 'v1' });
    expect(emitted.at(-1)).toBe(file.size);
  });

  it('is resumed by another page: parts that S3 has are not sent again', async () => {
    const s3 = new FakeS3();
    const storage = memoryStorage();
    const options = s3.options({ ...inParts, storage, concurrency: 1 });
    const gone = new AbortController();
    s3.before = (_request, what) => {
      if (what === 'PUT part 3') gone.abort(new Error('the page is gone'));
      return undefined;
    };
    const first = s3Uploader(options);
    const where = { bucket: object.bucket, prefix: 'users/me/' };
    const key = await first.keyFor(file, where);
    const began = first.upload(file, { bucket: object.bucket, key, signal: gone.signal, keepOnAbort: true });
    await expect(began).rejects.toThrow('the page is gone');
    expect(await first.unfinished()).toMatchObject([{ key, size: file.size }]);

    s3.before = () => undefined;
    s3.requests.length = 0;
    const second = s3Uploader(options);
    expect(await second.keyFor(file, where)).toBe(key);
    const emitted: number[] = [];
    await second.upload(file, { bucket: object.bucket, key, onProgress: (loaded) => emitted.push(loaded) });
    expect(s3.requests).toEqual(['GET upload', 'PUT part 3', 'POST upload']);
    expect(emitted[0]).toBe(PART);
    await expectStored(s3, file, key);
    expect(await second.unfinished()).toEqual([]);
  });

  it('never takes a part of another file of the same name, size and date', async () => {
    const s3 = new FakeS3();
    const options = s3.options({ ...inParts, storage: memoryStorage() });
    s3.before = (_request, what) => (what === 'POST upload' ? refused(403, 'AccessDenied') : undefined);
    await expect(s3Uploader(options).upload(file, object)).rejects.toThrow('AccessDenied');
    s3.before = () => undefined;
    const other = fileOf(file.size, file.name, 2);
    await s3Uploader(options).upload(other, object);
    await expectStored(s3, other);
  });

  it('is resumed by the same page without a storage', async () => {
    const s3 = new FakeS3();
    const uploader = s3Uploader(s3.options(inParts));
    s3.before = (_request, what) => (what === 'POST upload' ? refused(403, 'AccessDenied') : undefined);
    await expect(uploader.upload(file, object)).rejects.toThrow('AccessDenied');
    s3.before = () => undefined;
    s3.requests.length = 0;
    await uploader.upload(file, object);
    expect(s3.requests.filter((what) => what.startsWith('PUT'))).toEqual([]);
    await expectStored(s3, file);
  });

  it('begins anew when S3 has forgotten what a page had begun', async () => {
    const s3 = new FakeS3();
    const options = s3.options({ ...inParts, storage: memoryStorage() });
    s3.before = (_request, what) => (what === 'POST upload' ? refused(403, 'AccessDenied') : undefined);
    await expect(s3Uploader(options).upload(file, object)).rejects.toThrow('AccessDenied');
    s3.uploads.clear();
    s3.before = () => undefined;
    await s3Uploader(options).upload(file, object);
    await expectStored(s3, file);
    expect(s3.requests.filter((what) => what === 'POST uploads')).toHaveLength(2);
  });

  it('is done when only the answer to its completion was lost', async () => {
    const s3 = new FakeS3();
    const two = fileOf(PART + 10);
    let lost = false;
    s3.after = (what) => {
      if (what !== 'POST upload' || lost) return undefined;
      lost = true;
      return noAnswer('cut');
    };
    await s3Uploader(s3.options(inParts)).upload(two, object);
    expect(s3.requests.slice(-3)).toEqual(['POST upload', 'POST upload', 'HEAD']);
    await expectStored(s3, two);
  });

  it('is removed from S3 when it is aborted', async () => {
    const s3 = new FakeS3();
    const storage = memoryStorage();
    const control = new AbortController();
    s3.before = (_request, what) => {
      if (what === 'PUT part 2') control.abort(new Error('cancelled'));
      return undefined;
    };
    const uploader = s3Uploader(s3.options({ ...inParts, storage }));
    await expect(uploader.upload(file, { ...object, signal: control.signal })).rejects.toThrow('cancelled');
    await new Promise((resolve) => setImmediate(resolve));
    expect(s3.uploads.size).toBe(0);
    expect(await uploader.unfinished()).toEqual([]);
  });

  it('rests while it is paused, without a request, and goes on', async () => {
    const s3 = new FakeS3();
    const pause = new PauseController();
    s3.before = (_request, what) => {
      if (what !== 'PUT part 2' || pause.signal.paused) return undefined;
      if (s3.requests.filter((one) => one === what).length > 1) return undefined;
      pause.pause();
      return new Promise(() => undefined);
    };
    const uploader = s3Uploader(s3.options({ ...inParts, concurrency: 1 }));
    const uploading = uploader.upload(file, { ...object, pause: pause.signal });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const made = s3.requests.length;
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(pause.signal.paused).toBe(true);
    expect(s3.requests).toHaveLength(made);
    pause.resume();
    await uploading;
    await expectStored(s3, file);
  });

  it('reads the tags of its parts from S3 where the CORS of the bucket hides them', async () => {
    const s3 = new FakeS3();
    const http: typeof s3.http = async (request) => {
      const answer = await s3.http(request);
      return { ...answer, header: (name) => (name === 'etag' ? undefined : answer.header(name)) };
    };
    await s3Uploader(s3.options({ ...inParts, http })).upload(file, object);
    await expectStored(s3, file);
    expect(s3.requests).toContain('GET upload');
  });

  it('arrives whole, whatever fails on the way and however often the page is loaded again', async () => {
    const small = fileOf(PART + 1_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ok', 'lost', 'refused', 'answerLost', 'reload'), { maxLength: 12 }),
        async (faults) => {
          const s3 = new FakeS3();
          const options = s3.options({ ...inParts, storage: memoryStorage(), concurrency: 2 });
          let control = new AbortController();
          const left = [...faults];
          s3.before = () => {
            if (left[0] === 'lost' || left[0] === 'refused')
              return left.shift() === 'lost' ? noAnswer('cut') : refused(503, 'SlowDown');
            if (left[0] === 'reload') {
              left.shift();
              control.abort(new Error('reload'));
            }
            return undefined;
          };
          s3.after = () => (left.shift() === 'answerLost' ? noAnswer('cut') : undefined);
          for (let page = 0; page <= faults.length; page += 1) {
            control = new AbortController();
            const resumable = { ...object, signal: control.signal, keepOnAbort: true };
            const error = await s3Uploader(options)
              .upload(small, resumable)
              .then(
                () => undefined,
                (thrown: unknown) => thrown,
              );
            if (error === undefined) break;
            expect(error).toMatchObject({ message: 'reload' });
          }
          await expectStored(s3, small);
        },
      ),
      { numRuns: 15 },
    );
  });
});
