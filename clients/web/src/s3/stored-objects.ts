import { S3UploadError } from './errors.ts';
import { elementsOf, textOf } from './xml.ts';

/** An object that S3 has. */
export interface StoredObject {
  /** The decoded key. */
  readonly key: string;
  readonly sizeBytes: number;
  /** When S3 had all of it, ISO 8601. */
  readonly uploadedAt: string;
}

/** One request for at most so many. S3 allows no more. */
const KEYS_PER_PAGE = 1_000;
/** Some 5 MB of memory, and twenty requests. */
const MAX_OBJECTS = 20_000;

/** The query of one page of ListObjectsV2. Keys come percent-encoded: XML cannot hold all that a key can. */
export function listQuery(prefix: string, token: string | undefined): Record<string, string> {
  return {
    'list-type': '2',
    prefix,
    'encoding-type': 'url',
    'max-keys': String(KEYS_PER_PAGE),
    ...(token === undefined ? {} : { 'continuation-token': token }),
  };
}

/** One page of a listing. `next` is the token of the page after it. */
export function readObjectsPage(xml: string): {
  readonly objects: StoredObject[];
  readonly next: string | undefined;
} {
  const objects = elementsOf(xml, 'Contents').flatMap((one) => {
    const key = decoded(textOf(one, 'Key') ?? '');
    const sizeBytes = Number(textOf(one, 'Size'));
    const uploadedMs = Date.parse(textOf(one, 'LastModified') ?? '');
    if (key === undefined || !Number.isSafeInteger(sizeBytes) || Number.isNaN(uploadedMs)) return [];
    // A folder that a console made; the service takes it for no upload either.
    if (sizeBytes === 0 && key.endsWith('/')) return [];
    return [{ key, sizeBytes, uploadedAt: new Date(uploadedMs).toISOString() }];
  });
  const next = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
  return { objects, next };
}

/**
 * All objects below a prefix, the newest first. S3 lists by key, so it reads the whole list before it gives the first.
 * @param pageAfter gives the text of one page of the listing
 * @throws S3UploadError `S3_TOO_MANY_OBJECTS` above 20,000
 */
export async function newestFirst(
  pageAfter: (token: string | undefined) => Promise<string>,
): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  let token: string | undefined;
  do {
    const { objects, next } = readObjectsPage(await pageAfter(token));
    all.push(...objects);
    if (all.length > MAX_OBJECTS)
      throw new S3UploadError(
        `there are more than ${MAX_OBJECTS} objects below the prefix; a page cannot put them in order`,
        { code: 'S3_TOO_MANY_OBJECTS', retryable: false },
      );
    token = next;
  } while (token !== undefined);
  return all.sort(byTimeThenKey);
}

/** The newest first; of the same moment, by key, so that the order is the same each time. */
function byTimeThenKey(one: StoredObject, other: StoredObject): number {
  if (one.uploadedAt !== other.uploadedAt) return one.uploadedAt < other.uploadedAt ? 1 : -1;
  return one.key < other.key ? -1 : 1;
}

function decoded(text: string): string | undefined {
  try {
    const key = decodeURIComponent(text.replaceAll('+', ' '));
    return key === '' ? undefined : key;
  } catch {
    return undefined;
  }
}
