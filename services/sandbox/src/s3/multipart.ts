import { notImplemented, type ServiceReply } from '../core/index.ts';
import { isChecksumAlgorithm } from './checksums.ts';
import { objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { invalidArgument, invalidRequest, s3Error } from './errors.ts';
import { maxKeysOf } from './list.ts';
import { objectHeadersOf, refuseUnsupportedHeaders } from './object-headers.ts';
import { authorizeWrite, checksumHeaders, checksumNodes } from './objects.ts';
import { receive } from './receive.ts';
import { type Bucket, type StoredChecksum, type StoredUpload } from './store.ts';
import { tagsOfHeader } from './tags.ts';
import { xmlDocument, type XmlNode } from './xml.ts';

const MAX_PARTS = 10_000;

/** @throws AwsError `NoSuchUpload`, also for an upload of another key */
export function uploadOf(context: S3Context, s3: S3Call): { bucket: Bucket; upload: StoredUpload } {
  const bucket = context.store.bucket(s3.bucketName);
  const upload = bucket.uploads.get(s3.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== s3.key) throw s3Error('NoSuchUpload');
  return { bucket, upload };
}

/** `CreateMultipartUpload`: `s3:PutObject` on the object, and `s3:PutObjectTagging` for one that is to have tags. */
export function createUpload(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3, 'uploads');
  const { headers } = s3.request;
  const tags = tagsOfHeader(headers);
  authorizeWrite(context, s3, tags);
  refuseUnsupportedHeaders(headers, context.accountId, 'x-amz-tagging');
  const bucket = context.store.bucket(s3.bucketName);
  const algorithm = headers['x-amz-checksum-algorithm']?.toLowerCase();
  if (algorithm !== undefined && !isChecksumAlgorithm(algorithm))
    throw notImplemented(`S3 checksum ${algorithm}`);
  const isCrc64 = algorithm === 'crc64nvme';
  const checksumType = headers['x-amz-checksum-type'] ?? (isCrc64 ? 'FULL_OBJECT' : 'COMPOSITE');
  if (checksumType !== 'FULL_OBJECT' && checksumType !== 'COMPOSITE')
    throw invalidRequest('x-amz-checksum-type is FULL_OBJECT or COMPOSITE.');
  if (
    (isCrc64 && checksumType === 'COMPOSITE') ||
    (checksumType === 'FULL_OBJECT' && (algorithm === undefined || algorithm.startsWith('sha')))
  )
    throw invalidRequest(
      `The ${checksumType} checksum type cannot be used with the ${algorithm ?? 'default'} algorithm.`,
    );
  const uploadId = context.newId().replaceAll('-', '');
  bucket.uploads.set(uploadId, {
    uploadId,
    key: s3.key,
    headers: objectHeadersOf(headers),
    tags,
    algorithm,
    checksumType,
    parts: new Map(),
  });
  return xmlReply(
    xmlDocument('InitiateMultipartUploadResult', [
      ['Bucket', bucket.name],
      ['Key', s3.key],
      ['UploadId', uploadId],
    ]),
    algorithm === undefined
      ? {}
      : {
          'x-amz-checksum-algorithm': algorithm.toUpperCase(),
          'x-amz-checksum-type': checksumType,
        },
  );
}

/** @throws AwsError `InvalidArgument` */
export function partNumberOf(s3: S3Call): number {
  const text = s3.query.get('partNumber') ?? '';
  const partNumber = Number(text);
  if (!/^\d{1,5}$/.test(text) || partNumber < 1 || partNumber > MAX_PARTS)
    throw invalidArgument(`Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`);
  return partNumber;
}

/** `UploadPart`: `s3:PutObject` on the object. A part that is sent again replaces the earlier one. */
export async function uploadPart(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3, 'partNumber', 'uploadId');
  const { request } = s3;
  s3.call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  refuseUnsupportedHeaders(request.headers, context.accountId);
  const partNumber = partNumberOf(s3);
  const { upload } = uploadOf(context, s3);
  const received = await receive(
    request,
    context.store.blobs,
    context.limits.maxObjectBytes,
    upload.algorithm,
  );
  // Completed or aborted while the part was on its way.
  if (context.store.bucket(s3.bucketName).uploads.get(upload.uploadId) !== upload) {
    await context.store.blobs.release([received.blob]);
    throw s3Error('NoSuchUpload');
  }
  const earlier = upload.parts.get(partNumber);
  const checksum: StoredChecksum | undefined =
    received.checksum === undefined ? undefined : { ...received.checksum, type: 'FULL_OBJECT' };
  upload.parts.set(partNumber, {
    partNumber,
    blob: received.blob,
    etag: received.md5,
    checksum,
    lastModifiedMs: context.nowMs(),
  });
  if (earlier !== undefined) await context.store.blobs.release([earlier.blob]);
  const headers: Record<string, string> = { etag: `"${received.md5}"`, ...checksumHeaders(checksum) };
  delete headers['x-amz-checksum-type'];
  return { status: 200, headers, body: undefined };
}

/** `AbortMultipartUpload`: its own action. */
export async function abortUpload(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3, 'uploadId');
  s3.call.authorize('s3:AbortMultipartUpload', objectArn(context, s3.bucketName, s3.key));
  const { bucket, upload } = uploadOf(context, s3);
  bucket.uploads.delete(upload.uploadId);
  await context.store.blobs.release([...upload.parts.values()].map((part) => part.blob));
  return { status: 204, headers: {}, body: undefined };
}

/** `ListParts`: `s3:ListMultipartUploadParts` on the object. */
export function listParts(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3, 'uploadId', 'max-parts', 'part-number-marker');
  s3.call.authorize('s3:ListMultipartUploadParts', objectArn(context, s3.bucketName, s3.key));
  const { bucket, upload } = uploadOf(context, s3);
  const marker = Number(s3.query.get('part-number-marker') ?? '0');
  const maxParts = maxKeysOf(s3.query.get('max-parts'), 'max-parts');
  const after = [...upload.parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const page = after.slice(0, maxParts);
  const truncated = after.length > page.length && maxParts > 0;
  return xmlReply(
    xmlDocument('ListPartsResult', [
      ['Bucket', bucket.name],
      ['Key', s3.key],
      ['UploadId', upload.uploadId],
      ['PartNumberMarker', marker],
      ['NextPartNumberMarker', truncated ? page.at(-1)?.partNumber : undefined],
      ['MaxParts', maxParts],
      ['IsTruncated', truncated],
      ['StorageClass', 'STANDARD'],
      ...page.map((part): XmlNode => [
        'Part',
        [
          ['PartNumber', part.partNumber],
          ['LastModified', new Date(part.lastModifiedMs).toISOString()],
          ['ETag', `"${part.etag}"`],
          ['Size', part.blob.size],
          ...checksumNodes(part.checksum).filter(([name]) => name !== 'ChecksumType'),
        ],
      ]),
    ]),
  );
}
