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

/** `PutObject`: `s3:PutObject` on the object. */
export async function putObject(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3);
  const { request, call } = s3;
  call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  refuseUnsupportedHeaders(request.headers, context.accountId);
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

/** `CopyObject`: `s3:GetObject` on the source and `s3:PutObject` on the target. The content is shared, not copied. */
export async function copyObject(
  context: S3Context,
  s3: S3Call,
  sourceHeader: string,
): Promise<ServiceReply> {
  onlyQuery(s3);
  const { request, call } = s3;
  const source = copySourceOf(sourceHeader);
  call.authorize('s3:GetObject', objectArn(context, source.bucket, source.key));
  call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  refuseUnsupportedHeaders(request.headers, context.accountId);
  const keep = keepsMetadata(request.headers);
  const bucket = context.store.bucket(s3.bucketName);
  const found = context.store.bucket(source.bucket).objects.get(source.key);
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
function existing(context: S3Context, s3: S3Call): StoredObject {
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

/** `GetObject` and `HeadObject`: `s3:GetObject` on the object. */
export function getObject(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3, ...OVERRIDES);
  const { request } = s3;
  s3.call.authorize('s3:GetObject', objectArn(context, s3.bucketName, s3.key));
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
