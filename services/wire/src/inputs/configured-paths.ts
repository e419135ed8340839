import { readJson } from '@stepcast/contracts';
import type { InputPath } from '../records/input-path.ts';
import { searchJmespath } from '../records/jmespath.ts';
import * as z from 'zod';
import type { UploadedObject } from './evidence.ts';
import { decodeNotificationKey } from './schemas.ts';

/** An object that a configured path has found. */
export interface ConfiguredObject {
  readonly object: UploadedObject;
  /** The key as it stands in the input, which may be encoded. */
  readonly writtenKey: string;
}

/** Finds the one object that an input names in a place of its own; undefined when there is none, or more than one. */
export type FindConfigured = (input: unknown) => ConfiguredObject | undefined;

/** Reads the object out of what is known as a whole; undefined when it is none. */
export type ReadKnown = (value: unknown) => UploadedObject | undefined;

/** What one path found: nothing, or objects, of which `undefined` is one that cannot be read. */
type Found = readonly (ConfiguredObject | undefined)[];

const Texts = z.array(z.string().min(1));
const s3Uri = /^s3:\/\/([a-z0-9.-]+)\/(.+)$/s;

/**
 * Reads inputs by configured paths. All that they find must be the same object, whether by one path or by several: an execution
 * about several objects would belong to several uploads, and what cannot be read might be another.
 */
export function findConfiguredBy(paths: readonly InputPath[], readKnown: ReadKnown): FindConfigured {
  return (input) => {
    let known: ConfiguredObject | undefined;
    for (const path of paths)
      for (const found of foundBy(path, input, readKnown)) {
        if (found === undefined || (known !== undefined && !isSameObject(known.object, found.object)))
          return undefined;
        if (known?.object.versionId === undefined) known = found;
      }
    return known;
  };
}

function isSameObject(one: UploadedObject, other: UploadedObject): boolean {
  return (
    one.bucket === other.bucket &&
    one.key === other.key &&
    (one.versionId === other.versionId || one.versionId === undefined || other.versionId === undefined)
  );
}

function foundBy(path: InputPath, input: unknown, readKnown: ReadKnown): Found {
  if (path.event !== undefined)
    return listOf(searchJmespath(input, path.event)).map((value) => knownIn(value, readKnown));
  const [versionId] = textsAt(path.versionId, input);
  const objectOf = (bucket: string, writtenKey: string): ConfiguredObject | undefined => {
    const key = path.encoding === 'url' ? decodeNotificationKey(writtenKey) : writtenKey;
    return key === undefined
      ? undefined
      : { object: { bucket, key, versionId, createdMs: null }, writtenKey };
  };
  if (path.uri !== undefined)
    return textsAt(path.uri, input).map((uri) => {
      const [, bucket, key] = s3Uri.exec(uri) ?? [];
      return bucket === undefined || key === undefined ? undefined : objectOf(bucket, key);
    });
  const buckets = textsAt(path.bucket, input);
  const keys = textsAt(path.key, input);
  // One bucket may go with many keys; otherwise each key has its own.
  if (buckets.length !== 1 && buckets.length !== keys.length) return [];
  return keys.map((key, index) => objectOf(buckets[buckets.length === 1 ? 0 : index] ?? '', key));
}

function knownIn(value: unknown, readKnown: ReadKnown): ConfiguredObject | undefined {
  const parsed = typeof value === 'string' ? readJson(value) : { ok: true as const, value };
  const object = parsed.ok ? readKnown(parsed.value) : undefined;
  return object === undefined ? undefined : { object, writtenKey: object.key };
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** Texts that an expression finds, alone or in a list; anything else there is nothing. */
function textsAt(expression: string | undefined, input: unknown): readonly string[] {
  if (expression === undefined) return [];
  return Texts.safeParse(listOf(searchJmespath(input, expression))).data ?? [];
}
