import { asError } from '../errors.ts';
import type { S3Calls } from './calls.ts';
import { readSummed } from './crc32.ts';
import { S3UploadError } from './errors.ts';
import type { HttpAnswer } from './http.port.ts';
import type { Patience } from './patience.ts';
import {
  completionXml,
  partBytesFor,
  type PartPlan,
  planParts,
  readPartsPage,
  type StoredPart,
} from './parts.ts';
import { isOf, type FileName, type UploadRecord, type UploadRecords } from './records.ts';
import { textOf } from './xml.ts';

export interface MultipartParts {
  readonly file: Blob;
  readonly name: FileName;
  readonly bucket: string;
  readonly key: string;
  /** Of the object: content type and what else the application wants. */
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: S3Calls;
  readonly patience: Patience;
  readonly records: UploadRecords;
  readonly nowMs: () => number;
  readonly wantedPartBytes: number;
  readonly concurrency: number;
  readonly checksums: boolean;
  /** Called with the bytes that S3 has or that are on their way. */
  readonly onLoaded: (bytes: number) => void;
}

/** What S3 made of the file. */
export interface S3Object {
  readonly ETag: string;
  /** Undefined where the bucket has no versions, or its CORS hides the header. */
  readonly VersionId: string | undefined;
}

/** Completing makes S3 join the parts, which takes minutes for large files. */
const COMPLETE_STALL_MS = 300_000;

/**
 * One file as a multipart upload: begun, or found unfinished; parts that S3 lacks are sent, a few at a time; then completed.
 *
 * A part that S3 lists counts when it has the size of the plan and the checksum of the file's own bytes, so that another file of the
 * same name and size can never be mixed in.
 */
export class MultipartUpload {
  readonly #parts: MultipartParts;
  readonly #loaded = new Map<number, number>();
  readonly #stored = new Map<number, StoredPart>();
  #record: UploadRecord | undefined;

  constructor(parts: MultipartParts) {
    this.#parts = parts;
  }

  /** Its ID, once there is one: for giving it up. */
  get uploadId(): string | undefined {
    return this.#record?.uploadId;
  }

  /** @throws S3UploadError, or the reason of the upload's signal */
  async run(): Promise<S3Object> {
    const record = (await this.#unfinished()) ?? (await this.#begin());
    this.#record = record;
    const plan = planParts(this.#parts.file.size, record.partBytes);
    await this.#sendAll(plan, record.uploadId);
    const object = await this.#complete(record.uploadId, plan.length);
    await this.#parts.records.remove(record.uploadId);
    return object;
  }

  /** What an earlier page began, with the parts that S3 has of it. */
  async #unfinished(): Promise<UploadRecord | undefined> {
    const { records, bucket, key, name } = this.#parts;
    const record = (await records.all()).findLast(
      (one) => one.bucket === bucket && one.key === key && isOf(one, name),
    );
    if (record === undefined) return undefined;
    try {
      for (const part of await this.#listed(record.uploadId)) this.#stored.set(part.partNumber, part);
      return record;
    } catch (thrown) {
      // Completed, given up, or removed by the bucket: begun anew.
      if (!(thrown instanceof S3UploadError) || thrown.s3Code !== 'NoSuchUpload') throw thrown;
      await records.remove(record.uploadId);
      return undefined;
    }
  }

  async #begin(): Promise<UploadRecord> {
    const { records, bucket, key, name, headers, checksums, wantedPartBytes } = this.#parts;
    const partBytes = partBytesFor(name.size, wantedPartBytes);
    const withChecksums: Record<string, string> = checksums ? { 'x-amz-checksum-algorithm': 'CRC32' } : {};
    const answer = await this.#send({
      method: 'POST',
      query: { uploads: '' },
      headers: { ...headers, ...withChecksums },
    });
    const uploadId = textOf(answer.body, 'UploadId');
    if (uploadId === undefined)
      throw new S3UploadError('S3 gave no upload ID', { code: 'S3_UNEXPECTED', retryable: true });
    const { size, lastModified = 0 } = name;
    const startedAtMs = this.#parts.nowMs();
    const record = { bucket, key, uploadId, name: name.name, size, lastModified, partBytes, startedAtMs };
    await records.save(record);
    return record;
  }

  async #listed(uploadId: string): Promise<StoredPart[]> {
    const found: StoredPart[] = [];
    let marker: string | undefined;
    do {
      const after: Record<string, string> = marker === undefined ? {} : { 'part-number-marker': marker };
      const answer = await this.#send({ method: 'GET', query: { uploadId, ...after } });
      const page = readPartsPage(answer.body);
      found.push(...page.parts);
      marker = page.next;
    } while (marker !== undefined);
    return found;
  }

  /** Sends what S3 lacks, a few parts at a time. The first that fails for good ends them all. */
  async #sendAll(plan: readonly PartPlan[], uploadId: string): Promise<void> {
    const left = [...plan];
    let failed = false;
    const lane = async () => {
      for (let part = left.shift(); part !== undefined && !failed; part = left.shift()) {
        try {
          await this.#sendPart(part, uploadId);
        } catch (thrown) {
          failed = true;
          throw thrown;
        }
      }
    };
    await Promise.all(Array.from({ length: this.#parts.concurrency }, lane));
  }

  async #sendPart(part: PartPlan, uploadId: string): Promise<void> {
    const { partNumber, start, end } = part;
    const { checksums, calls, patience } = this.#parts;
    const listed = this.#stored.get(partNumber);
    this.#stored.delete(partNumber);
    const { bytes, crc32 } = await this.#read(part);
    const sum = checksums ? crc32 : undefined;
    const size = end - start;
    if (listed !== undefined && listed.size === size && sum !== undefined && listed.crc32 === sum) {
      this.#stored.set(partNumber, listed);
      this.#progress(partNumber, size);
      return;
    }
    const answer = await patience.run((signal) => {
      this.#progress(partNumber, 0);
      const headers: Record<string, string> = sum === undefined ? {} : { 'x-amz-checksum-crc32': sum };
      const onSent = (sent: number) => this.#progress(partNumber, Math.min(sent, size));
      return calls.send(
        { method: 'PUT', query: { partNumber: String(partNumber), uploadId }, headers, body: bytes, onSent },
        signal,
      );
    });
    this.#progress(partNumber, size);
    const etag = answer.header('etag');
    // Hidden by the CORS of the bucket: the listing says it.
    if (etag !== undefined) this.#stored.set(partNumber, { partNumber, etag, crc32: sum, size });
  }

  async #read(part: PartPlan): ReturnType<typeof readSummed> {
    try {
      return await readSummed(this.#parts.file, part);
    } catch (thrown) {
      throw new S3UploadError(
        'the file cannot be read any more: it was changed, moved or removed',
        { code: 'S3_FILE_UNREADABLE', retryable: false },
        { cause: asError(thrown) },
      );
    }
  }

  async #complete(uploadId: string, count: number): Promise<S3Object> {
    if (this.#stored.size < count)
      for (const part of await this.#listed(uploadId)) this.#stored.set(part.partNumber, part);
    const body = new TextEncoder().encode(completionXml(this.#stored.values()));
    try {
      const answer = await this.#parts.patience.run(async (signal) => {
        const said = await this.#parts.calls.send(
          { method: 'POST', query: { uploadId }, body, stallMs: COMPLETE_STALL_MS },
          signal,
        );
        // S3 begins to answer before it knows: a failure may come with status 200.
        if (textOf(said.body, 'ETag') === undefined)
          throw new S3UploadError(
            `S3 did not complete the upload: ${textOf(said.body, 'Code') ?? 'no reason'}`,
            {
              code: 'S3_NOT_COMPLETED',
              retryable: true,
            },
          );
        return said;
      });
      return objectOf(answer, textOf(answer.body, 'ETag') ?? '');
    } catch (thrown) {
      if (!(thrown instanceof S3UploadError) || thrown.s3Code !== 'NoSuchUpload') throw thrown;
      return this.#completedBefore(count, thrown);
    }
  }

  /** An answer to an earlier attempt was lost: what S3 has now says whether that one completed it. */
  async #completedBefore(count: number, gone: S3UploadError): Promise<S3Object> {
    const answer = await this.#send({ method: 'HEAD' });
    const etag = answer.header('etag') ?? '';
    const isOurs =
      answer.header('content-length') === String(this.#parts.file.size) && etag.endsWith(`-${count}"`);
    if (!isOurs) throw gone;
    return objectOf(answer, etag);
  }

  #send(call: Parameters<S3Calls['send']>[0]): Promise<HttpAnswer> {
    return this.#parts.patience.run((signal) => this.#parts.calls.send(call, signal));
  }

  #progress(partNumber: number, bytes: number): void {
    const before = this.#loaded.get(partNumber) ?? 0;
    if (bytes > before) this.#parts.patience.progress();
    this.#loaded.set(partNumber, bytes);
    let sum = 0;
    for (const loaded of this.#loaded.values()) sum += loaded;
    this.#parts.onLoaded(sum);
  }
}

export function objectOf(answer: HttpAnswer, etag: string): S3Object {
  return { ETag: etag, VersionId: answer.header('x-amz-version-id') };
}
