import { createHash } from 'node:crypto';
import { type ServiceReply } from '../core/index.ts';
import {
  announceCreated,
  bucketArn,
  may,
  objectArn,
  onlyQuery,
  type S3Call,
  type S3Context,
  xmlReply,
} from './context.ts';
import { s3Error } from './errors.ts';
import {
  checkReadConditions,
  checkWriteConditions,
  copySourceOf,
  keepsMetadata,
  objectHeadersOf,
  rangeOf,
  refuseSelfCopy,
  refuseUnsupportedHeaders,
} from './object-headers.ts';
import { receive } from './receive.ts';
import { type StoredChecksum, type StoredObject } from './store.ts';
import { copiesTags, existingTags, NO_TAGS, requestedTags, type Tags, tagsOfHeader } from './tags.ts';
import { xmlDocument, type XmlNode } from './xml.ts';

export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  return checksum === undefined
    ? {}
    : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export function checksumNodes(checksum: StoredChecksum | undefined): readonly XmlNode[] {
  return checksum === undefined
    ? []
    : [
        [`Checksum${checksum.algorithm.toUpperCase()}`, checksum.value],
        ['ChecksumType', checksum.type],
      ];
}

/** Asks for everything that a write needs: `s3:PutObject`, and `s3:PutObjectTagging` where there are tags. */
export function authorizeWrite(context: S3Context, s3: S3Call, tags: Tags): void {
  const arn = objectArn(context, s3.bucketName, s3.key);
  s3.call.authorize('s3:PutObject', arn, requestedTags(tags));
  if (tags.size > 0) s3.call.authorize('s3:PutObjectTagging', arn, requestedTags(tags));
}

/** `PutObject`: `s3:PutObject` on the object, and `s3:PutObjectTagging` for one with tags. */
export async function putObject(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3);
  const { request } = s3;
  const tags = tagsOfHeader(request.headers);
  authorizeWrite(context, s3, tags);
  refuseUnsupportedHeaders(request.headers, context.accountId, 'x-amz-tagging');
  const bucket = context.store.bucket(s3.bucketName);
  const check = (current: StoredObject | undefined) => checkWriteConditions(request.headers, current);
  // Once before the upload, to spare it, and once at the end, when it counts.
  check(bucket.objects.get(s3.key));
  const headers = objectHeadersOf(request.headers);
  const received = await receive(request, context.store.blobs, context.limits.maxObjectBytes);
  const checksum =
    received.checksum === undefined ? undefined : { ...received.checksum, type: 'FULL_OBJECT' as const };
  let object: StoredObject;
  try {
    object = await context.store.commit(
      bucket,
      {
        key: s3.key,
        blobs: [received.blob],
        size: received.blob.size,
        etag: received.md5,
        headers,
        tags,
        checksum,
        partCount: undefined,
      },
      check,
    );
  } catch (error) {
    await context.store.blobs.release([received.blob]);
    throw error;
  }
  announceCreated(context, s3, bucket, object, 'PutObject');
  return {
    status: 200,
    headers: {
      etag: `"${object.etag}"`,
      'x-amz-server-side-encryption': 'AES256',
      ...checksumHeaders(checksum),
    },
    body: undefined,
  };
}

async function md5Of(context: S3Context, object: StoredObject): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of context.store.blobs.read(object.blobs, 0, object.size - 1))
    if (Buffer.isBuffer(chunk)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * `CopyObject`: `s3:GetObject` on the source and `s3:PutObject` on the target; with the source's tags `s3:GetObjectTagging` and
 * `s3:PutObjectTagging` too. The content is shared, not copied.
 */
export async function copyObject(
  context: S3Context,
  s3: S3Call,
  sourceHeader: string,
): Promise<ServiceReply> {
  onlyQuery(s3);
  const { request, call } = s3;
  const source = copySourceOf(sourceHeader);
  const found = context.store.find(source.bucket, source.key);
  const sourceArn = objectArn(context, source.bucket, source.key);
  call.authorize('s3:GetObject', sourceArn, existingTags(found));
  const copied = copiesTags(request.headers) ? (found?.tags ?? NO_TAGS) : undefined;
  if (copied !== undefined && copied.size > 0)
    call.authorize('s3:GetObjectTagging', sourceArn, existingTags(found));
  const tags = copied ?? tagsOfHeader(request.headers);
  authorizeWrite(context, s3, tags);
  refuseUnsupportedHeaders(request.headers, context.accountId, 'x-amz-tagging', 'x-amz-tagging-directive');
  const keep = keepsMetadata(request.headers);
  const bucket = context.store.bucket(s3.bucketName);
  context.store.bucket(source.bucket);
  if (found === undefined) throw s3Error('NoSuchKey');
  if (keep && source.bucket === s3.bucketName && source.key === s3.key) throw refuseSelfCopy();
  context.store.blobs.hold(found.blobs);
  let object: StoredObject;
  try {
    object = await context.store.commit(
      bucket,
      {
        key: s3.key,
        blobs: found.blobs,
        size: found.size,
        etag: found.partCount === undefined ? found.etag : await md5Of(context, found),
        headers: keep ? found.headers : objectHeadersOf(request.headers),
        tags,
        checksum: found.checksum?.type === 'FULL_OBJECT' ? found.checksum : undefined,
        partCount: undefined,
      },
      (current) => checkWriteConditions(request.headers, current),
    );
  } catch (error) {
    await context.store.blobs.release(found.blobs);
    throw error;
  }
  announceCreated(context, s3, bucket, object, 'CopyObject');
  return xmlReply(
    xmlDocument('CopyObjectResult', [
      ['LastModified', new Date(object.lastModifiedMs).toISOString()],
      ['ETag', `"${object.etag}"`],
      ...checksumNodes(object.checksum),
    ]),
  );
}

/** A missing key is 404 only for who may list the bucket; any other caller does not learn whether it exists. */
export function existing(context: S3Context, s3: S3Call): StoredObject {
  const object = context.store.bucket(s3.bucketName).objects.get(s3.key);
  if (object !== undefined) return object;
  if (may(s3.call, 's3:ListBucket', bucketArn(context, s3.bucketName))) throw s3Error('NoSuchKey');
  throw s3Error('AccessDenied');
}

/** `response-content-type=…` and its like override the header of that name in the answer to a signed GET. */
const OVERRIDES = [
  'response-content-type',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-expires',
] as const;

/** `GetObject` and `HeadObject`: `s3:GetObject` on the object. How many tags it has, only who may read them learns. */
export function getObject(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3, ...OVERRIDES);
  const { request } = s3;
  const arn = objectArn(context, s3.bucketName, s3.key);
  const tagKeys = existingTags(context.store.find(s3.bucketName, s3.key));
  s3.call.authorize('s3:GetObject', arn, tagKeys);
  refuseUnsupportedHeaders(request.headers, context.accountId);
  const object = existing(context, s3);
  checkReadConditions(request.headers, object);
  const range = rangeOf(request.headers['range'], object.size);
  const overrides: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = s3.query.get(name);
    if (value !== undefined) overrides[name.slice('response-'.length)] = value;
  }
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const headers: Record<string, string> = {
    ...object.headers.standard,
    ...overrides,
    ...object.headers.user,
    'accept-ranges': 'bytes',
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.lastModifiedMs).toUTCString(),
    'x-amz-server-side-encryption': 'AES256',
    'content-length': String(end - start + 1),
  };
  if (object.tags.size > 0 && may(s3.call, 's3:GetObjectTagging', arn, tagKeys))
    headers['x-amz-tagging-count'] = String(object.tags.size);
  // The checksum is that of the whole: with a range, a client would compare it with a part.
  if (range === undefined && request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED')
    Object.assign(headers, checksumHeaders(object.checksum));
  if (range !== undefined) headers['content-range'] = `bytes ${start}-${end}/${object.size}`;
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD') return { status, headers, body: undefined };
  if (object.size === 0) return { status, headers, body: Buffer.alloc(0) };
  return { status, headers, body: context.store.blobs.read(object.blobs, start, end) };
}

/** `DeleteObject`: `s3:DeleteObject` on the object; a key that is not there is no error. */
export async function deleteObject(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3);
  s3.call.authorize('s3:DeleteObject', objectArn(context, s3.bucketName, s3.key));
  await context.store.remove(context.store.bucket(s3.bucketName), s3.key);
  return { status: 204, headers: {}, body: undefined };
}
