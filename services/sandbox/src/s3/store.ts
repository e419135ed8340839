import { type Blob, type BlobStore } from './blobs.ts';
import { type ChecksumAlgorithm } from './checksums.ts';
import { s3Error } from './errors.ts';
import { forgetObject, keepObject, storedObjects, type S3Keepers } from './stored-objects.ts';
import type { Tags } from './tags.ts';

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** What an object carries besides its content. */
export interface ObjectHeaders {
  /** Standard headers by lower-case name: `content-type`, `cache-control`, … */
  readonly standard: Readonly<Record<string, string>>;
  /** `x-amz-meta-*`, by full lower-case name. */
  readonly user: Readonly<Record<string, string>>;
}

export interface StoredObject {
  readonly key: string;
  readonly blobs: readonly Blob[];
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly headers: ObjectHeaders;
  readonly tags: Tags;
  readonly checksum: StoredChecksum | undefined;
  /** Parts of a multipart upload, else undefined. */
  readonly partCount: number | undefined;
  /** Hex; of two writes to the same key, the later has the greater one. */
  readonly sequencer: string;
}

export interface StoredPart {
  readonly partNumber: number;
  readonly blob: Blob;
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
  readonly lastModifiedMs: number;
}

export interface StoredUpload {
  readonly uploadId: string;
  readonly key: string;
  readonly headers: ObjectHeaders;
  readonly tags: Tags;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: StoredChecksum['type'];
  readonly parts: Map<number, StoredPart>;
}

export interface Bucket {
  readonly name: string;
  readonly createdAtMs: number;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, StoredUpload>;
}

/** Order of keys in S3: by their UTF-8 bytes, which is not the order of JavaScript strings. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Buckets and what is in them. One version per key. Multipart uploads that are not complete do not outlive the process. */
export class S3Store {
  readonly blobs: BlobStore;
  readonly #keepers: S3Keepers | undefined;
  readonly #buckets = new Map<string, Bucket>();
  readonly #nowMs: () => number;
  #lastSequencer = 0n;

  /** @param keepers where buckets and objects are stored; what they hold is there again */
  constructor(blobs: BlobStore, nowMs: () => number, keepers?: S3Keepers) {
    this.blobs = blobs;
    this.#nowMs = nowMs;
    this.#keepers = keepers;
    if (keepers !== undefined) this.#restore(keepers);
  }

  #restore(keepers: S3Keepers): void {
    for (const [name, createdAtMs] of keepers.buckets.entries())
      this.#buckets.set(name, {
        name,
        createdAtMs: Number(createdAtMs),
        objects: new Map(),
        uploads: new Map(),
      });
    for (const { bucket, object } of storedObjects(keepers.objects, this.blobs.directory)) {
      this.#buckets.get(bucket)?.objects.set(object.key, object);
      const sequencer = BigInt(`0x${object.sequencer}`);
      if (sequencer > this.#lastSequencer) this.#lastSequencer = sequencer;
    }
    const held = [...this.#buckets.values()].flatMap(({ objects }) =>
      [...objects.values()].flatMap(({ blobs }) => blobs),
    );
    this.blobs.keepOnly(held);
  }

  /** @throws AwsError `BucketAlreadyOwnedByYou`, `InvalidBucketName` */
  createBucket(name: string): void {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw s3Error('InvalidBucketName');
    if (this.#buckets.has(name)) throw s3Error('BucketAlreadyOwnedByYou');
    const createdAtMs = this.#nowMs();
    this.#buckets.set(name, { name, createdAtMs, objects: new Map(), uploads: new Map() });
    this.#keepers?.buckets.put(name, String(createdAtMs));
  }

  buckets(): readonly Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => compareKeys(a.name, b.name));
  }

  /** @throws AwsError `NoSuchBucket` */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw s3Error('NoSuchBucket');
    return bucket;
  }

  /** The object, or undefined where bucket or object are not there. */
  find(bucketName: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucketName)?.objects.get(key);
  }

  /**
   * Puts an object in place of whatever had its key. Takes over one hold on each blob. `check` sees the object that is
   * there now and may throw: nothing can come between it and the write.
   */
  async commit(
    bucket: Bucket,
    object: Omit<StoredObject, 'lastModifiedMs' | 'sequencer'>,
    check: (current: StoredObject | undefined) => void,
  ): Promise<StoredObject> {
    const current = bucket.objects.get(object.key);
    check(current);
    const stored = { ...object, lastModifiedMs: this.#nowMs(), sequencer: this.#nextSequencer() };
    this.#set(bucket, stored);
    if (current !== undefined) await this.blobs.release(current.blobs);
    return stored;
  }

  /** Gives an object other tags. Content, ETag and time stay: it is no write. */
  retag(bucket: Bucket, object: StoredObject, tags: Tags): void {
    this.#set(bucket, { ...object, tags });
  }

  async remove(bucket: Bucket, key: string): Promise<void> {
    const current = bucket.objects.get(key);
    if (current === undefined) return;
    bucket.objects.delete(key);
    if (this.#keepers !== undefined) forgetObject(this.#keepers.objects, bucket.name, key);
    await this.blobs.release(current.blobs);
  }

  #set(bucket: Bucket, object: StoredObject): void {
    bucket.objects.set(object.key, object);
    if (this.#keepers !== undefined) keepObject(this.#keepers.objects, bucket.name, object);
  }

  /** 18 hex digits like S3's: the time and a counter, rising even when the clock goes back. */
  #nextSequencer(): string {
    const byClock = BigInt(this.#nowMs()) << 16n;
    this.#lastSequencer = byClock > this.#lastSequencer ? byClock : this.#lastSequencer + 1n;
    return this.#lastSequencer.toString(16).toUpperCase().padStart(18, '0');
  }
}
