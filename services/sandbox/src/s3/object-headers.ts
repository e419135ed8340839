import { AwsError, notImplemented, type ServiceRequest } from '../core/index.ts';
import { invalidArgument, invalidRequest, s3Error } from './errors.ts';
import { type ObjectHeaders, type StoredObject } from './store.ts';

type Headers = ServiceRequest['headers'];

const STANDARD = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;
const MAX_USER_METADATA_BYTES = 2048;

/** Headers that would change what is stored or who may read it, with the values that change nothing. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-server-side-encryption': ['AES256'],
};

const refusedPrefixes = [
  'x-amz-tagging',
  'x-amz-object-lock-',
  'x-amz-bucket-object-lock-',
  'x-amz-grant-',
  'x-amz-server-side-encryption-',
  'x-amz-copy-source-server-side-encryption-',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
  'x-amz-rename-source',
];

/**
 * Refuses headers that ask for something this store does not do, instead of storing an object without it.
 * @param taken headers that this operation does something with, of those that others refuse
 * @throws AwsError `NotImplemented`, or `AccessDenied` for another account's bucket
 */
export function refuseUnsupportedHeaders(
  headers: Headers,
  accountId: string,
  ...taken: readonly string[]
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!taken.includes(name) && refusedPrefixes.some((prefix) => name.startsWith(prefix)))
      throw notImplemented(`S3 header ${name}`);
    const values = Object.hasOwn(harmless, name) ? harmless[name] : undefined;
    if (values !== undefined && !values.includes(value)) throw notImplemented(`S3 ${name}: ${value}`);
  }
  const owner = headers['x-amz-expected-bucket-owner'];
  if (owner !== undefined && owner !== accountId) throw s3Error('AccessDenied');
}

export function objectHeadersOf(headers: Headers): ObjectHeaders {
  const standard: Record<string, string> = {};
  for (const name of STANDARD) {
    const value = headers[name];
    if (value !== undefined && value !== '') standard[name] = value;
  }
  const encoding = standard['content-encoding']
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked' && one !== '');
  delete standard['content-encoding'];
  if (encoding !== undefined && encoding.length > 0) standard['content-encoding'] = encoding.join(',');
  const user: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-')) continue;
    user[name] = value;
    bytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value);
  }
  if (bytes > MAX_USER_METADATA_BYTES)
    throw new AwsError(
      'MetadataTooLarge',
      400,
      `Your metadata headers exceed the maximum of ${MAX_USER_METADATA_BYTES} bytes.`,
    );
  return { standard: { 'content-type': 'binary/octet-stream', ...standard }, user };
}

function matchesEtag(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((one) =>
      one
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1'),
    )
    .some((one) => one === '*' || one === etag);
}

/** `If-Match` and `If-None-Match` on a write. S3 takes `If-None-Match: *` only. */
export function checkWriteConditions(headers: Headers, current: StoredObject | undefined): void {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw notImplemented('S3 If-None-Match with an ETag on a write');
    if (current !== undefined) throw s3Error('PreconditionFailed');
  }
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) return;
  if (current === undefined) throw s3Error('NoSuchKey');
  if (!matchesEtag(ifMatch, current.etag)) throw s3Error('PreconditionFailed');
}

/** The four conditions on a read; an ETag condition goes before the date of the same direction. */
export function checkReadConditions(headers: Headers, object: StoredObject): void {
  const seconds = Math.floor(object.lastModifiedMs / 1000) * 1000;
  const dateOf = (name: string): number | undefined => {
    const parsed = Date.parse(headers[name] ?? '');
    return Number.isNaN(parsed) ? undefined : parsed;
  };
  const ifMatch = headers['if-match'];
  const unmodifiedSince = dateOf('if-unmodified-since');
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) throw s3Error('PreconditionFailed');
  } else if (unmodifiedSince !== undefined && seconds > unmodifiedSince) throw s3Error('PreconditionFailed');
  const ifNoneMatch = headers['if-none-match'];
  const modifiedSince = dateOf('if-modified-since');
  if (ifNoneMatch !== undefined) {
    if (matchesEtag(ifNoneMatch, object.etag)) throw s3Error('NotModified');
  } else if (modifiedSince !== undefined && seconds <= modifiedSince) throw s3Error('NotModified');
}

/**
 * The bytes that a `Range` header asks for, both ends inclusive. What is no single byte range is read over, as RFC 9110
 * says; one that begins behind the end is `InvalidRange`.
 */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start >= size || (from === '' && Number(to) === 0)) throw s3Error('InvalidRange');
  return { start, end };
}

/** The source of a copy: `/bucket/key`, percent-encoded. Versions are not there. */
export function copySourceOf(header: string): { readonly bucket: string; readonly key: string } {
  const [encoded = '', query] = header.replace(/^\//, '').split('?', 2);
  if (query !== undefined) throw notImplemented('S3 x-amz-copy-source with a version');
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    throw invalidArgument('Copy Source must be percent-encoded UTF-8');
  }
  const at = decoded.indexOf('/');
  if (at <= 0 || at === decoded.length - 1)
    throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  return { bucket: decoded.slice(0, at), key: decoded.slice(at + 1) };
}

/** Whether a copy keeps the source's metadata. */
export function keepsMetadata(headers: Headers): boolean {
  const directive = headers['x-amz-metadata-directive'] ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw invalidArgument('Unknown metadata directive; it is COPY or REPLACE.');
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-copy-source-if-')))
    throw notImplemented('S3 conditional copies (x-amz-copy-source-if-…)');
  return directive === 'COPY';
}

export function refuseSelfCopy(): Error {
  return invalidRequest(
    'This copy request is illegal because it is trying to copy an object to itself without changing the metadata.',
  );
}
