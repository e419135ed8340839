import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';

/** A file with a part of an object's content. Shared by copies; the file goes when nobody holds it any more. */
export interface Blob {
  readonly path: string;
  readonly size: number;
  holders: number;
}

/**
 * The content of objects, as files in one directory. File names are numbers: an object key never becomes a path.
 */
export class BlobStore {
  readonly directory: string;
  #next = 1;

  constructor(directory: string) {
    this.directory = directory;
  }

  newPath(): string {
    return join(this.directory, `blob-${this.#next++}`);
  }

  /** Removes what an earlier process has left and no object holds, and numbers new files after the others. */
  keepOnly(blobs: readonly Blob[]): void {
    const held = new Set(blobs.map(({ path }) => basename(path)));
    for (const name of readdirSync(this.directory)) {
      const [, number] = /^blob-(\d+)$/.exec(name) ?? [];
      if (number === undefined) continue;
      if (!held.has(name)) rmSync(join(this.directory, name), { force: true });
      this.#next = Math.max(this.#next, Number(number) + 1);
    }
  }

  hold(blobs: readonly Blob[]): void {
    for (const blob of blobs) blob.holders++;
  }

  async release(blobs: readonly Blob[]): Promise<void> {
    for (const blob of blobs) {
      blob.holders--;
      if (blob.holders === 0) await rm(blob.path, { force: true });
    }
  }

  /**
   * The bytes `start` to `end` (inclusive) of the blobs one after the other. Holds them until the stream is closed, so
   * that an object can be overwritten or deleted while somebody reads it.
   */
  read(blobs: readonly Blob[], start: number, end: number): Readable {
    this.hold(blobs);
    const stream = Readable.from(bytesOf(blobs, start, end), { objectMode: false });
    stream.once('close', () => void this.release(blobs));
    return stream;
  }
}

async function* bytesOf(blobs: readonly Blob[], start: number, end: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const blob of blobs) {
    const first = Math.max(start - offset, 0);
    const last = Math.min(end - offset, blob.size - 1);
    offset += blob.size;
    if (first > last) continue;
    for await (const chunk of createReadStream(blob.path, { start: first, end: last }))
      if (Buffer.isBuffer(chunk)) yield chunk;
  }
}
