import { createHash } from 'node:crypto';
import { type ServiceReply, type ServiceRequest } from '../core/index.ts';
import { type Blob } from './blobs.ts';
import { type ChecksumAlgorithm, compositeChecksum, createChecksum } from './checksums.ts';
import { announceCreated, objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { invalidRequest, s3Error } from './errors.ts';
import { uploadOf } from './multipart.ts';
import { checkWriteConditions } from './object-headers.ts';
import { checksumNodes } from './objects.ts';
import { readXmlBody } from './read-xml-body.ts';
import { type StoredChecksum, type StoredObject, type StoredPart, type StoredUpload } from './store.ts';
import { childText, xmlDocument } from './xml.ts';

const MAX_COMPLETE_BYTES = 4 * 1024 * 1024;

interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly checksums: ReadonlyMap<string, string>;
}

async function listedParts(request: ServiceRequest): Promise<ListedPart[]> {
  const root = await readXmlBody(request, MAX_COMPLETE_BYTES);
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
      tags: upload.tags,
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
