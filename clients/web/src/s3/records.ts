import { parseJson } from '@stepcast/contracts';
import * as z from 'zod/mini';
import type { PositionStorage } from '../position-store.ts';

/** A multipart upload that has begun and may be finished by a later page. */
const UploadRecord = z.object({
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string(),
  name: z.string(),
  size: z.number(),
  lastModified: z.number(),
  partBytes: z.number(),
  /** Milliseconds since the epoch. */
  startedAtMs: z.number(),
});
export type UploadRecord = z.infer<typeof UploadRecord>;

/** What tells one file from another, as far as a page may know: `File` has it, and so has what a picker gave. */
export interface FileName {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch; 0 where nobody knows. */
  readonly lastModified?: number | undefined;
}

const ITEM = 'stepcast:s3-uploads';
/** With keys of 1,024 bytes and names as long this is below 64 KB. */
const MAX_RECORDS = 20;
/** The buckets that Stepcast deploys remove unfinished uploads after seven days. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;

/**
 * Unfinished uploads over a reload, in one item of the storage: the 20 newest, for seven days. It holds names, not content. Never
 * throws: without storage, or with a broken one, a reload begins anew, which is all.
 */
export class UploadRecords {
  readonly #storage: PositionStorage;
  readonly #now: () => number;

  constructor(storage: PositionStorage | undefined, now: () => number) {
    this.#storage = storage ?? inMemory();
    this.#now = now;
  }

  /** The newest unfinished uploads, the oldest first. */
  async all(): Promise<readonly UploadRecord[]> {
    try {
      const stored = parseJson(z.array(UploadRecord), (await this.#storage.getItem(ITEM)) ?? '');
      if (!stored.ok) return [];
      return stored.value.filter(({ startedAtMs }) => this.#now() - startedAtMs < MAX_AGE_MS);
    } catch {
      return [];
    }
  }

  async save(record: UploadRecord): Promise<void> {
    const others = (await this.all()).filter(({ uploadId }) => uploadId !== record.uploadId);
    await this.#write([...others, record].slice(-MAX_RECORDS));
  }

  async remove(uploadId: string): Promise<void> {
    const all = await this.all();
    const others = all.filter((record) => record.uploadId !== uploadId);
    if (others.length < all.length) await this.#write(others);
  }

  async #write(records: readonly UploadRecord[]): Promise<void> {
    try {
      await this.#storage.setItem(ITEM, JSON.stringify(records));
    } catch {
      // Full or forbidden: a reload begins anew.
    }
  }
}

/** For as long as the page lives: an upload that failed is resumed without storage too. */
function inMemory(): PositionStorage {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

/** Whether an unfinished upload is of this file. */
export function isOf(record: UploadRecord, file: FileName): boolean {
  return (
    record.name === file.name && record.size === file.size && record.lastModified === (file.lastModified ?? 0)
  );
}
