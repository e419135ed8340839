import { basename, join } from 'node:path';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';
import { CHECKSUM_ALGORITHMS } from './checksums.ts';
import type { StoredObject } from './store.ts';

const Texts = z.record(z.string(), z.string());
const ObjectText = z.object({
  key: z.string(),
  blobs: z.array(z.object({ file: z.string(), size: z.number() })),
  size: z.number(),
  etag: z.string(),
  lastModifiedMs: z.number(),
  headers: z.object({ standard: Texts, user: Texts }),
  tags: z.array(z.tuple([z.string(), z.string()])),
  checksum: z
    .object({
      algorithm: z.enum(CHECKSUM_ALGORITHMS),
      value: z.string(),
      type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
    })
    .optional(),
  partCount: z.number().optional(),
  sequencer: z.string(),
});

/** Where a store keeps its buckets, and what it knows of each object. */
export interface S3Keepers {
  readonly buckets: Keeper;
  readonly objects: Keeper;
}

/** A key of an object may hold anything, also a slash; a bucket's name may not. */
const keyOf = (bucket: string, key: string) => `${bucket}/${key}`;

export function keepObject(keeper: Keeper, bucket: string, object: StoredObject): void {
  const { blobs, tags, ...rest } = object;
  const toStore = {
    ...rest,
    blobs: blobs.map(({ path, size }) => ({ file: basename(path), size })),
    tags: [...tags],
  };
  keeper.put(keyOf(bucket, object.key), JSON.stringify(toStore));
}

export function forgetObject(keeper: Keeper, bucket: string, key: string): void {
  keeper.delete(keyOf(bucket, key));
}

/** The objects that were stored, with the content in a folder. Copies may share a file: each file is one blob. */
export function storedObjects(
  keeper: Keeper,
  directory: string,
): readonly { readonly bucket: string; readonly object: StoredObject }[] {
  const known = new Map<string, StoredObject['blobs'][number]>();
  return keeper.entries().flatMap(([key, text]) => {
    const parsed = parseJson(ObjectText, text);
    if (!parsed.ok) return [];
    const { blobs, tags, ...rest } = parsed.value;
    const held = blobs.map(({ file, size }) => {
      const path = join(directory, basename(file));
      const blob = known.get(path) ?? { path, size, holders: 0 };
      known.set(path, blob);
      blob.holders += 1;
      return blob;
    });
    const object: StoredObject = {
      ...rest,
      checksum: rest.checksum,
      partCount: rest.partCount,
      blobs: held,
      tags: new Map(tags),
    };
    return [{ bucket: key.slice(0, key.indexOf('/')), object }];
  });
}
