import { browserEnvironment } from '../adapters/browser-environment.adapter.ts';
import { type Environment, steadyEnvironment } from '../environment.port.ts';
import { asError, ConfigurationError } from '../errors.ts';
import type { PauseSignal } from '../pause.ts';
import type { PositionStorage } from '../position-store.ts';
import { randomName, type Runtime, systemRuntime } from '../runtime.ts';
import { onAbort } from '../abort.ts';
import { S3Calls } from './calls.ts';
import { crc32OfFile } from './crc32.ts';
import { fetchHttp } from './fetch.adapter.ts';
import type { Http } from './http.port.ts';
import { keyBelow } from './key-name.ts';
import { MultipartUpload, objectOf, type S3Object } from './multipart.ts';
import { DEFAULT_PART_BYTES, partBytesFor } from './parts.ts';
import { Patience } from './patience.ts';
import { type FileName, isOf, type UploadRecord, UploadRecords } from './records.ts';
import type { Sign } from './sign.ts';
import { listQuery, newestFirst, type StoredObject } from './stored-objects.ts';
import { xhrHttp } from './xhr.adapter.ts';

export interface S3UploaderOptions {
  /** Gives the URL of each request: `s3Signer` with credentials of the page, or a server of yours that presigns. */
  readonly sign: Sign;
  /** Where unfinished uploads are remembered, for example `localStorage`. Default: none; a reload begins anew. */
  readonly storage?: PositionStorage | undefined;
  /** Files from this size on are uploaded in parts, and resumed. Default 8 MiB; `Infinity` never does, for signers of PutObject alone. */
  readonly multipartFromBytes?: number | undefined;
  /** Size of a part, at least 5 MiB. Default 8 MiB; files above 80 GB get larger ones. */
  readonly partBytes?: number | undefined;
  /** Parts on their way at a time. Each is in memory. Default 3. */
  readonly concurrency?: number | undefined;
  /** Sends a CRC-32 that S3 compares with what arrived. Parts without one are not resumed. Default true. */
  readonly checksums?: boolean | undefined;
  /** For how long nothing may get through before an upload fails, in milliseconds. Default ten minutes. */
  readonly retryForMs?: number | undefined;
  /** Default: XMLHttpRequest, or fetch where there is none. */
  readonly http?: Http | undefined;
  readonly runtime?: Runtime | undefined;
  readonly environment?: Environment | undefined;
}

export interface S3UploadOptions {
  readonly bucket: string;
  /** The decoded key. */
  readonly key: string;
  /** Default: the type of the file, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** More headers of the object, names in lower case: `cache-control`, `x-amz-meta-…`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Called with the bytes that S3 has or that are on their way. They sink when an attempt has to be repeated. */
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  /** Ends the upload. What S3 has of it is removed, unless `keepOnAbort`. */
  readonly signal?: AbortSignal | undefined;
  readonly pause?: PauseSignal | undefined;
  /** Leaves the parts in S3, for a later upload of the same file to the same key. Default false. */
  readonly keepOnAbort?: boolean | undefined;
}

export interface StoredOptions {
  readonly bucket: string;
  /** Ends with a slash, where it is that of a person. */
  readonly prefix: string;
  /** Objects in a page. Default 50. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface S3Uploader {
  /**
   * A key below a prefix that no other upload has: `PREFIX3f8a91c2d4/name`. For a file that an earlier page has begun to upload
   * there, the key of that.
   */
  keyFor(file: FileName, where: { readonly bucket: string; readonly prefix: string }): Promise<string>;
  /**
   * Uploads a file of 0 bytes up to the 5 TB that S3 takes.
   * @throws S3UploadError when S3 refuses, or nothing got through for `retryForMs`
   * @throws the reason of `signal`
   */
  upload(file: Blob, options: S3UploadOptions): Promise<S3Object>;
  /**
   * What S3 has below a prefix, the newest first, in pages. Needs `s3:ListBucket` for that prefix, which the deployed policies give
   * everybody for their own.
   * @throws S3UploadError when S3 refuses, or there are more than 20,000
   * @throws the reason of `signal`
   */
  stored(options: StoredOptions): AsyncIterable<readonly StoredObject[]>;
  /** What was begun and not finished, by this page or an earlier one; the oldest first. */
  unfinished(): Promise<readonly UploadRecord[]>;
}

const RETRY_FOR_MS = 10 * 60_000;
const CONCURRENCY = 3;
const STORED_PAGE = 50;

/**
 * Uploads files to S3, with bytes as they go.
 * @throws ConfigurationError for a `partBytes` below 5 MiB, or a `concurrency` below 1
 */
export function s3Uploader(options: S3UploaderOptions): S3Uploader {
  return new Uploader(options);
}

class Uploader implements S3Uploader {
  readonly #options: S3UploaderOptions;
  readonly #runtime: Runtime;
  readonly #environment: Environment;
  readonly #http: Http;
  readonly #records: UploadRecords;
  readonly #partBytes: number;
  readonly #concurrency: number;
  /** Keys that this page goes on with or uploads to: the same file chosen twice is two uploads. */
  readonly #taken = new Set<string>();

  constructor(options: S3UploaderOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#environment = options.environment ?? browserEnvironment() ?? steadyEnvironment;
    this.#http =
      options.http ??
      (typeof XMLHttpRequest === 'undefined' ? fetchHttp(this.#runtime) : xhrHttp(this.#runtime));
    this.#records = new UploadRecords(options.storage, () => this.#runtime.now());
    this.#partBytes = partBytesFor(0, options.partBytes ?? DEFAULT_PART_BYTES);
    this.#concurrency = options.concurrency ?? CONCURRENCY;
    if (!Number.isInteger(this.#concurrency) || this.#concurrency < 1)
      throw new ConfigurationError('concurrency must be 1 or more');
  }

  async keyFor(
    file: FileName,
    { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  ): Promise<string> {
    const begun = (await this.#records.all()).findLast(
      (record) =>
        record.bucket === bucket &&
        record.key.startsWith(prefix) &&
        isOf(record, file) &&
        !this.#taken.has(record.key),
    );
    if (begun === undefined) return keyBelow(prefix, randomName(this.#runtime).slice(0, 10), file.name);
    this.#taken.add(begun.key);
    return begun.key;
  }

  unfinished(): Promise<readonly UploadRecord[]> {
    return this.#records.all();
  }

  async *stored({
    bucket,
    prefix,
    pageSize = STORED_PAGE,
    signal = new AbortController().signal,
  }: StoredOptions): AsyncGenerator<readonly StoredObject[]> {
    // Of the bucket itself: no object has this key.
    const calls = new S3Calls(this.#options.sign, this.#http, { bucket, key: '' });
    const patience = new Patience({
      runtime: this.#runtime,
      environment: this.#environment,
      signal,
      pause: undefined,
      retryForMs: this.#options.retryForMs ?? RETRY_FOR_MS,
    });
    const all = await newestFirst(async (token) => {
      const query = listQuery(prefix, token);
      const answer = await patience.run((attempt) => calls.send({ method: 'GET', query }, attempt));
      return answer.body;
    });
    for (let at = 0; at < all.length; at += pageSize) yield all.slice(at, at + pageSize);
  }

  async upload(file: Blob, options: S3UploadOptions): Promise<S3Object> {
    const { signal, bucket, key, onProgress } = options;
    // Of its own, so that whatever ends the upload ends all of its requests.
    const control = new AbortController();
    const stopAborting = onAbort(signal, (reason) => control.abort(reason));
    const calls = new S3Calls(this.#options.sign, this.#http, { bucket, key });
    const patience = new Patience({
      runtime: this.#runtime,
      environment: this.#environment,
      signal: control.signal,
      pause: options.pause,
      retryForMs: this.#options.retryForMs ?? RETRY_FOR_MS,
    });
    const onLoaded = (bytes: number) => onProgress?.(bytes, file.size);
    const contentType = options.contentType ?? (file.type === '' ? 'application/octet-stream' : file.type);
    const common = {
      file,
      calls,
      patience,
      onLoaded,
      headers: { ...options.headers, 'content-type': contentType },
    };
    this.#taken.add(key);
    let multipart: MultipartUpload | undefined;
    try {
      if (file.size < (this.#options.multipartFromBytes ?? DEFAULT_PART_BYTES))
        return await this.#putWhole(common, control.signal);
      multipart = new MultipartUpload({
        ...common,
        name: nameOf(file),
        bucket,
        key,
        records: this.#records,
        nowMs: () => this.#runtime.now(),
        wantedPartBytes: this.#partBytes,
        concurrency: this.#concurrency,
        checksums: this.#checksums,
      });
      return await multipart.run();
    } catch (thrown) {
      control.abort(thrown);
      if (signal?.aborted === true && options.keepOnAbort !== true)
        void this.#discard(calls, multipart?.uploadId);
      throw asError(thrown);
    } finally {
      stopAborting();
      this.#taken.delete(key);
    }
  }

  get #checksums(): boolean {
    return this.#options.checksums ?? true;
  }

  async #putWhole(
    parts: {
      readonly file: Blob;
      readonly calls: S3Calls;
      readonly patience: Patience;
      readonly headers: Readonly<Record<string, string>>;
      readonly onLoaded: (bytes: number) => void;
    },
    signal: AbortSignal,
  ): Promise<S3Object> {
    const { file, calls, patience, onLoaded } = parts;
    const sum = this.#checksums ? await crc32OfFile(file, () => throwIfAborted(signal)) : undefined;
    const headers = { ...parts.headers, ...(sum === undefined ? {} : { 'x-amz-checksum-crc32': sum }) };
    let loaded = 0;
    const onSent = (bytes: number) => {
      if (bytes > loaded) patience.progress();
      loaded = bytes;
      onLoaded(Math.min(bytes, file.size));
    };
    const answer = await patience.run((attempt) => {
      loaded = 0;
      onLoaded(0);
      return calls.send({ method: 'PUT', headers, body: file, onSent }, attempt);
    });
    onLoaded(file.size);
    return objectOf(answer, answer.header('etag') ?? '');
  }

  /** Removes what S3 has of an upload that was given up. If that fails, the bucket removes it after some days. */
  async #discard(calls: S3Calls, uploadId: string | undefined): Promise<void> {
    if (uploadId === undefined) return;
    await this.#records.remove(uploadId);
    const unstoppable = new AbortController().signal;
    await calls.send({ method: 'DELETE', query: { uploadId } }, unstoppable).catch(() => undefined);
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw asError(signal.reason);
}

/** A `File` has a name and a date; any other Blob is known by its size alone. */
function nameOf(file: Blob): FileName {
  return file instanceof File
    ? { name: file.name, size: file.size, lastModified: file.lastModified }
    : { name: '', size: file.size };
}
