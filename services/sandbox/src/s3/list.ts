import { invalidArgument } from './errors.ts';
import { type Bucket, compareKeys, type StoredObject } from './store.ts';
import { xmlDocument, type XmlNode } from './xml.ts';
import { uriEncode } from '../core/index.ts';

const MAX_KEYS = 1000;

/** Opaque to clients: the last key or common prefix that a page ended with. */
function encodeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function decodeToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (last === '' || encodeToken(last) !== token)
    throw invalidArgument('The continuation token provided is incorrect');
  return last;
}

export function maxKeysOf(text: string | undefined, name: string): number {
  if (text === undefined) return MAX_KEYS;
  if (!/^\d{1,9}$/.test(text))
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`);
  return Math.min(Number(text), MAX_KEYS);
}

interface Page {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  readonly next: string | undefined;
}

function pageOf(
  bucket: Bucket,
  query: { prefix: string; delimiter: string; after: string; maxKeys: number },
): Page {
  const { prefix, delimiter, after, maxKeys } = query;
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  const objects: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  for (const key of keys) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = at < 0 ? key : key.slice(0, at + delimiter.length);
    // A common prefix stands for its keys: after it, all of them have been listed.
    if (entry === last || compareKeys(entry, last) <= 0) continue;
    if (objects.length + commonPrefixes.length >= maxKeys)
      return { objects, commonPrefixes, next: maxKeys === 0 ? undefined : last };
    last = entry;
    if (at >= 0) commonPrefixes.push(entry);
    else {
      const object = bucket.objects.get(key);
      if (object !== undefined) objects.push(object);
    }
  }
  return { objects, commonPrefixes, next: undefined };
}

/** What every kind of listing is asked with. */
function listingOf(query: ReadonlyMap<string, string>) {
  const encodingType = query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request');
  const shown = (text: string) => (encodingType === 'url' ? uriEncode(text).replaceAll('%2F', '/') : text);
  return {
    encodingType,
    shown,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: maxKeysOf(query.get('max-keys'), 'max-keys'),
  };
}

/** One page of `ListObjects`, the first version of it, as XML. */
export function listObjectsV1(bucket: Bucket, query: ReadonlyMap<string, string>, ownerId: string): string {
  const { encodingType, shown, prefix, delimiter, maxKeys } = listingOf(query);
  const marker = query.get('marker') ?? '';
  const page = pageOf(bucket, { prefix, delimiter, after: marker, maxKeys });
  return xmlDocument('ListBucketResult', [
    ['Name', bucket.name],
    ['Prefix', shown(prefix)],
    ['Marker', shown(marker)],
    // Without a delimiter clients go on from the last key.
    ['NextMarker', page.next === undefined || delimiter === '' ? undefined : shown(page.next)],
    ['MaxKeys', maxKeys],
    ['Delimiter', delimiter === '' ? undefined : shown(delimiter)],
    ['EncodingType', encodingType],
    ['IsTruncated', page.next !== undefined],
    ...page.objects.map((object): XmlNode => [
      'Contents',
      [['Key', shown(object.key)], ...factsOf(object, ownerId)],
    ]),
    ...page.commonPrefixes.map((common): XmlNode => ['CommonPrefixes', [['Prefix', shown(common)]]]),
  ]);
}

/** What the older listings say of an object besides its key and version. */
function factsOf(object: StoredObject, ownerId: string): readonly XmlNode[] {
  return [
    ['LastModified', new Date(object.lastModifiedMs).toISOString()],
    ['ETag', `"${object.etag}"`],
    ['Size', object.size],
    ['Owner', [['ID', ownerId]]],
    ['StorageClass', 'STANDARD'],
  ];
}

/** One page of `ListObjectVersions`: of each object the one version there is, which S3 calls "null" in such a bucket. */
export function listVersions(bucket: Bucket, query: ReadonlyMap<string, string>, ownerId: string): string {
  const { encodingType, shown, prefix, delimiter, maxKeys } = listingOf(query);
  const keyMarker = query.get('key-marker') ?? '';
  const page = pageOf(bucket, { prefix, delimiter, after: keyMarker, maxKeys });
  return xmlDocument('ListVersionsResult', [
    ['Name', bucket.name],
    ['Prefix', shown(prefix)],
    ['KeyMarker', shown(keyMarker)],
    ['VersionIdMarker', query.get('version-id-marker') ?? ''],
    ['NextKeyMarker', page.next === undefined ? undefined : shown(page.next)],
    ['NextVersionIdMarker', page.next === undefined ? undefined : 'null'],
    ['MaxKeys', maxKeys],
    ['Delimiter', delimiter === '' ? undefined : shown(delimiter)],
    ['EncodingType', encodingType],
    ['IsTruncated', page.next !== undefined],
    ...page.objects.map((object): XmlNode => [
      'Version',
      [['Key', shown(object.key)], ['VersionId', 'null'], ['IsLatest', true], ...factsOf(object, ownerId)],
    ]),
    ...page.commonPrefixes.map((common): XmlNode => ['CommonPrefixes', [['Prefix', shown(common)]]]),
  ]);
}

/** One page of `ListObjectsV2` as XML. */
export function listObjectsV2(bucket: Bucket, query: ReadonlyMap<string, string>, ownerId: string): string {
  const { encodingType, shown, prefix, delimiter, maxKeys } = listingOf(query);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const after = token === undefined ? (startAfter ?? '') : decodeToken(token);
  const page = pageOf(bucket, { prefix, delimiter, after, maxKeys });

  const contents = page.objects.map((object): XmlNode => {
    const owner: readonly XmlNode[] = [['ID', ownerId]];
    return [
      'Contents',
      [
        ['Key', shown(object.key)],
        ['LastModified', new Date(object.lastModifiedMs).toISOString()],
        ['ETag', `"${object.etag}"`],
        ['ChecksumAlgorithm', object.checksum?.algorithm.toUpperCase()],
        ['ChecksumType', object.checksum?.type],
        ['Size', object.size],
        ['StorageClass', 'STANDARD'],
        ['Owner', query.get('fetch-owner') === 'true' ? owner : undefined],
      ],
    ];
  });
  return xmlDocument('ListBucketResult', [
    ['Name', bucket.name],
    ['Prefix', shown(prefix)],
    ['Delimiter', delimiter === '' ? undefined : shown(delimiter)],
    ['MaxKeys', maxKeys],
    ['EncodingType', encodingType],
    ['KeyCount', page.objects.length + page.commonPrefixes.length],
    ['IsTruncated', page.next !== undefined],
    ['ContinuationToken', token],
    ['NextContinuationToken', page.next === undefined ? undefined : encodeToken(page.next)],
    ['StartAfter', startAfter === undefined ? undefined : shown(startAfter)],
    ...contents,
    ...page.commonPrefixes.map((common): XmlNode => ['CommonPrefixes', [['Prefix', shown(common)]]]),
  ]);
}
