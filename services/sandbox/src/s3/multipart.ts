import { createHash } from 'node:crypto';
import { notImplemented, type ServiceReply, type ServiceRequest } from '../core/index.ts';
import { type Blob } from './blobs.ts';
import {
  type ChecksumAlgorithm,
  compositeChecksum,
  createChecksum,
  isChecksumAlgorithm,
} from './checksums.ts';
import { announceCreated, objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { invalidArgument, invalidRequest, s3Error } from './errors.ts';
import { maxKeysOf } from './list.ts';
import { checkWriteConditions, objectHeadersOf, refuseUnsupportedHeaders } from './object-headers.ts';
import { checksumHeaders, checksumNodes } from './objects.ts';
import { readXmlBody } from './read-xml-body.ts';
import { receive } from './receive.ts';
import {
  type Bucket,
  type StoredChecksum,
  type StoredObject,
  type StoredPart,
  type StoredUpload,
} from './store.ts';
import { childText, xmlDocument, type XmlNode } from './xml.ts';

const MAX_PARTS = 10_000;
const MAX_COMPLETE_BYTES = 4 * 1024 * 1024;

/** @throws AwsError `NoSuchUpload`, also for an upload of another key */
export function uploadOf(context: S3Context, s3: S3Call): { bucket: Bucket; upload: StoredUpload } {
  const bucket = context.store.bucket(s3.bucketName);
  const upload = bucket.uploads.get(s3.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== s3.key) throw s3Error('NoSuchUpload');
  return { bucket, upload };
}

/** `CreateMultipartUpload`: `s3:PutObject` on the object. */
export function createUpload(context: S3Context, s3: S3Call): ServiceReply {
  onlyQuery(s3, 'uploads');
  const { headers } = s3.request;
  s3.call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  refuseUnsupportedHeaders(headers, context.accountId);
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

interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly checksums: ReadonlyMap<string, string>;
}

async function listedParts(request: ServiceRequest): Promise<ListedPart[]> {
  const { root } = await readXmlBody(request, MAX_COMPLETE_BYTES);
  if (root.name !== 'CompleteMultipartUpload') throw s3Error('MalformedXML');
  const parts = root.children
    .filter((child) => child.name === 'Part')
    .map((child): ListedPart => {
      const partNumber = Number(childText(child, 'PartNumber'));
      const etag = childText(child, 'ETag');
      if (!Number.isInteger(partNumber) || etag === undefined) throw s3Error('MalformedXML');
      const checksums = new Map(
        child.children
          .filter((one) => one.name.startsWith('Checksum'))
          .map((one) => [one.name.slice('Checksum'.length).toLowerCase(), one.text]),
      );
      return { partNumber, etag: etag.replaceAll('"', ''), checksums };
    });
  if (parts.length === 0) throw s3Error('MalformedXML', 'You must specify at least one part.');
  return parts;
}

function chosenParts(
  upload: StoredUpload,
  listed: readonly ListedPart[],
  minPartBytes: number,
): StoredPart[] {
  if (listed.some((one, index) => one.partNumber <= (listed[index - 1]?.partNumber ?? 0)))
    throw s3Error('InvalidPartOrder');
  return listed.map((one, index) => {
    const part = upload.parts.get(one.partNumber);
    if (part === undefined || part.etag !== one.etag)
      throw s3Error('InvalidPart', `Part number: ${one.partNumber}`);
    for (const [algorithm, value] of one.checksums)
      if (part.checksum?.algorithm === algorithm && part.checksum.value !== value)
        throw s3Error('InvalidPart', `Checksum of part number ${one.partNumber}`);
    if (index < listed.length - 1 && part.blob.size < minPartBytes)
      throw s3Error('EntityTooSmall', `Part number ${one.partNumber} has ${part.blob.size} bytes.`);
    return part;
  });
}

async function fullChecksum(
  context: S3Context,
  algorithm: ChecksumAlgorithm,
  blobs: readonly Blob[],
  size: number,
): Promise<string> {
  const checksum = createChecksum(algorithm);
  for await (const chunk of context.store.blobs.read(blobs, 0, size - 1))
    if (Buffer.isBuffer(chunk)) checksum.update(chunk);
  return checksum.digest();
}

async function completedChecksum(
  context: S3Context,
  upload: StoredUpload,
  parts: readonly StoredPart[],
): Promise<StoredChecksum | undefined> {
  const { algorithm, checksumType: type } = upload;
  if (algorithm === undefined) return undefined;
  if (type === 'FULL_OBJECT') {
    const size = parts.reduce((sum, part) => sum + part.blob.size, 0);
    const blobs = parts.map((part) => part.blob);
    return { algorithm, type, value: await fullChecksum(context, algorithm, blobs, size) };
  }
  const values = parts.map((part) => (part.checksum?.algorithm === algorithm ? part.checksum.value : ''));
  if (values.includes(''))
    throw invalidRequest(`Every part needs a ${algorithm} checksum, as the upload was created with one.`);
  return { algorithm, type, value: compositeChecksum(algorithm, values) };
}

function checkAnnounced(headers: ServiceRequest['headers'], checksum: StoredChecksum | undefined): void {
  if (checksum === undefined) return;
  const announced = headers[`x-amz-checksum-${checksum.algorithm}`];
  const expected = checksum.value.replace(/-\d+$/, '');
  if (announced !== undefined && announced.replace(/-\d+$/, '') !== expected)
    throw s3Error('BadDigest', `${checksum.algorithm} of what was stored is ${checksum.value}.`);
}

/** `CompleteMultipartUpload`: `s3:PutObject` on the object. The parts become the object; nothing is copied. */
export async function completeUpload(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3, 'uploadId');
  const { request } = s3;
  s3.call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  const listed = await listedParts(request);
  const { bucket, upload } = uploadOf(context, s3);
  const parts = chosenParts(upload, listed, context.limits.minPartBytes);
  const checksum = await completedChecksum(context, upload, parts);
  checkAnnounced(request.headers, checksum);
  // Another request may have completed or aborted it while the checksum was computed.
  if (bucket.uploads.get(upload.uploadId) !== upload) throw s3Error('NoSuchUpload');
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  const blobs = parts.map((part) => part.blob);
  const object: StoredObject = await context.store.commit(
    bucket,
    {
      key: s3.key,
      blobs,
      size: blobs.reduce((sum, blob) => sum + blob.size, 0),
      etag: `${md5.digest('hex')}-${parts.length}`,
      headers: upload.headers,
      checksum,
      partCount: parts.length,
    },
    (current) => {
      checkWriteConditions(request.headers, current);
      bucket.uploads.delete(upload.uploadId);
    },
  );
  const unused = [...upload.parts.values()].filter((part) => !parts.includes(part));
  await context.store.blobs.release(unused.map((part) => part.blob));
  announceCreated(context, s3, bucket, object, 'CompleteMultipartUpload');
  return xmlReply(
    xmlDocument('CompleteMultipartUploadResult', [
      ['Location', `${request.baseUrl}/${bucket.name}/${encodeURIComponent(s3.key)}`],
      ['Bucket', bucket.name],
      ['Key', s3.key],
      ['ETag', `"${object.etag}"`],
      ...checksumNodes(checksum),
    ]),
  );
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
