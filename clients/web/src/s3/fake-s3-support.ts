import { crc32 } from 'node:zlib';
import { asError } from '../errors.ts';
import { onAbort } from '../abort.ts';
import { steadyEnvironment } from '../environment.port.ts';
import type { PositionStorage } from '../position-store.ts';
import type { Runtime } from '../runtime.ts';
import { repeatable } from '../testing/index.ts';
import { crc32Text } from './crc32.ts';
import type { Http, HttpAnswer, HttpRequest } from './http.port.ts';
import type { S3UploaderOptions } from './uploader.ts';
import { elementsOf, textOf } from './xml.ts';

/** Shared by the unit tests of the uploader; no part of what this package exports. */

interface FakePart {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly crc: string | null;
}

interface FakeUpload {
  readonly key: string;
  readonly parts: Map<number, FakePart>;
}

type Refuse = (request: HttpRequest, what: string) => HttpAnswer | Error | undefined | Promise<undefined>;

/** S3 in memory: whole objects and multipart uploads of one bucket, checksums compared. */
export class FakeS3 {
  readonly objects = new Map<string, Uint8Array>();
  readonly uploads = new Map<string, FakeUpload>();
  /** `PUT`, `POST uploads`, `PUT part 2`, …, in order. */
  readonly requests: string[] = [];
  /** Consulted before a request is done: an answer in its place, or an error; or a promise to wait for. */
  before: Refuse = () => undefined;
  /** Consulted after a request was done: its answer is lost. */
  after: (what: string) => Error | undefined = () => undefined;
  #count = 0;

  readonly http: Http = async (request) => {
    const url = new URL(request.url);
    const what = nameOf(request.method, url.searchParams);
    this.requests.push(what);
    throwIfAborted(request.signal);
    const early = await orAborted(this.before(request, what), request.signal);
    if (early instanceof Error) throw early;
    throwIfAborted(request.signal);
    if (early !== undefined) return early;
    const bytes = await bytesOf(request.body);
    if (bytes.length > 0) request.onSent(Math.floor(bytes.length / 2));
    const answer = this.#do(request, url, bytes);
    request.onSent(bytes.length);
    const lost = this.after(what);
    if (lost !== undefined) throw lost;
    return answer;
  };

  /** Options of an uploader on this S3, with timers that do not wait. */
  options(more: Partial<S3UploaderOptions> = {}): S3UploaderOptions {
    return {
      sign: ({ bucket, key, query }) =>
        Promise.resolve(
          `https://s3.test/${bucket}/${encodeURIComponent(key)}?${new URLSearchParams(query).toString()}`,
        ),
      http: this.http,
      runtime: eagerRuntime(),
      environment: steadyEnvironment,
      ...more,
    };
  }

  #do({ method, headers }: HttpRequest, url: URL, bytes: Uint8Array): HttpAnswer {
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const uploadId = url.searchParams.get('uploadId');
    const sent = headers['x-amz-checksum-crc32'] ?? null;
    if (sent !== null && sent !== crc32Text(crc32(bytes))) return refused(400, 'BadDigest');
    if (url.searchParams.has('uploads')) {
      this.#count += 1;
      const id = `upload-${this.#count}`;
      this.uploads.set(id, { key, parts: new Map() });
      return answered(
        200,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (uploadId !== null) return this.#onUpload(method, key, uploadId, url, bytes, sent);
    if (url.searchParams.has('list-type')) return this.#list(url.searchParams);
    const object = this.objects.get(key);
    if (method === 'HEAD')
      return object === undefined
        ? answered(404, '')
        : answered(200, '', {
            etag: `"${crc32Text(crc32(object))}-2"`,
            'content-length': String(object.length),
          });
    this.objects.set(key, bytes);
    return answered(200, '', { etag: `"${crc32Text(crc32(bytes))}"`, 'x-amz-version-id': 'v1' });
  }

  /** Three keys a page, a second between objects in the order in which they came. */
  #list(query: URLSearchParams): HttpAnswer {
    const after = query.get('continuation-token') ?? '';
    const times = [...this.objects.keys()];
    const keys = times
      .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
      .sort((one, other) => (one < other ? -1 : 1));
    const page = keys.slice(0, 3);
    const lines = page.map((key) => {
      const at = new Date(Date.UTC(2026, 10, 3) + times.indexOf(key) * 1_000).toISOString();
      const name = encodeURIComponent(key).replaceAll('%20', '+');
      return `<Contents><Key>${name}</Key><LastModified>${at}</LastModified><Size>${this.objects.get(key)?.length ?? 0}</Size></Contents>`;
    });
    const isTruncated = keys.length > page.length;
    const next = isTruncated ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : '';
    return answered(
      200,
      `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${lines.join('')}</ListBucketResult>`,
    );
  }

  #onUpload(
    method: string,
    key: string,
    uploadId: string,
    url: URL,
    bytes: Uint8Array,
    crc: string | null,
  ): HttpAnswer {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) return refused(404, 'NoSuchUpload');
    if (method === 'DELETE') {
      this.uploads.delete(uploadId);
      return answered(204, '');
    }
    if (method === 'GET') return listing(upload, Number(url.searchParams.get('part-number-marker') ?? '0'));
    if (method === 'PUT') {
      const etag = `"${crc32Text(crc32(bytes))}"`;
      upload.parts.set(Number(url.searchParams.get('partNumber')), { bytes, etag, crc });
      return answered(200, '', { etag });
    }
    return this.#complete(upload, uploadId, new TextDecoder().decode(bytes));
  }

  #complete(upload: FakeUpload, uploadId: string, body: string): HttpAnswer {
    const chosen = elementsOf(body, 'Part').map((part) => {
      const stored = upload.parts.get(Number(textOf(part, 'PartNumber')));
      return stored?.etag === textOf(part, 'ETag') ? stored : undefined;
    });
    const found = chosen.filter((part) => part !== undefined);
    if (found.length < chosen.length) return refused(400, 'InvalidPart');
    this.objects.set(upload.key, Buffer.concat(found.map(({ bytes: content }) => content)));
    this.uploads.delete(uploadId);
    return answered(
      200,
      `<CompleteMultipartUploadResult><ETag>&quot;all-${chosen.length}&quot;</ETag></CompleteMultipartUploadResult>`,
      { 'x-amz-version-id': 'v1' },
    );
  }
}

/** Two parts a page, so that listings have several. */
function listing(upload: FakeUpload, after: number): HttpAnswer {
  const numbers = [...upload.parts.keys()]
    .filter((number) => number > after)
    .sort((one, other) => one - other);
  const page = numbers.slice(0, 2);
  const lines = page.map((number) => {
    const part = upload.parts.get(number);
    const crc = typeof part?.crc === 'string' ? `<ChecksumCRC32>${part.crc}</ChecksumCRC32>` : '';
    const etag = (part?.etag ?? '').replaceAll('"', '&quot;');
    return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><Size>${part?.bytes.length ?? 0}</Size>${crc}</Part>`;
  });
  const more = numbers.length > page.length;
  const next = more ? `<NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker>` : '';
  return answered(
    200,
    `<ListPartsResult><IsTruncated>${more}</IsTruncated>${next}${lines.join('')}</ListPartsResult>`,
  );
}

export function answered(status: number, body: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, body, header: (name) => headers[name] };
}

export function refused(status: number, code: string): HttpAnswer {
  return answered(status, `<Error><Code>${code}</Code><Message>as the test says</Message></Error>`);
}

function nameOf(method: string, query: URLSearchParams): string {
  if (query.has('uploads')) return 'POST uploads';
  const part = query.get('partNumber');
  if (part !== null) return `PUT part ${part}`;
  return query.has('uploadId') ? `${method} upload` : method;
}

async function bytesOf(body: HttpRequest['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  return body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : body;
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw asError(signal.reason);
}

async function orAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, (reason) => reject(asError(reason)));
  });
  return Promise.race([work, aborted]).finally(() => stop());
}

/** A clock that jumps: a timer fires in the next turn, and it is then as late as it should be. */
function eagerRuntime(): Runtime {
  let nowMs = Date.UTC(2026, 10, 3, 10);
  return {
    now: () => nowMs,
    random: repeatable(7),
    setTimer(callback, delayMs) {
      const timer = setImmediate(() => {
        nowMs += delayMs;
        callback();
      });
      return () => clearImmediate(timer);
    },
  };
}

export function memoryStorage(): PositionStorage & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
}

/** A prime, so that no two parts of a file are the same. */
const PERIOD = 65_521;

/** A file whose bytes repeat with a long period. */
export function fileOf(size: number, name = 'film.mp4', seed = 1, lastModified = 1_700_000_000_000): File {
  const pattern = new Uint8Array(PERIOD);
  let state = seed;
  for (let at = 0; at < PERIOD; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pattern[at] = state >>> 24;
  }
  return new File([Buffer.alloc(size, pattern)], name, { type: 'video/mp4', lastModified });
}
