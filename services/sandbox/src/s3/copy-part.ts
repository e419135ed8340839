import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServiceReply } from '../core/index.ts';
import { objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { partNumberOf, uploadOf } from './multipart.ts';
import { copySourceOf, refuseUnsupportedHeaders } from './object-headers.ts';
import type { StoredObject } from './store.ts';
import { existingTags } from './tags.ts';
import { xmlDocument } from './xml.ts';

function rangeOf(header: string | undefined, { size }: StoredObject): readonly [start: number, end: number] {
  if (header === undefined) return [0, size - 1];
  const [, first = '', last = ''] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first === '' || start > end)
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  if (end >= size) throw invalidArgument(`Range specified is not valid for source object of size: ${size}`);
  return [start, end];
}

/** `UploadPartCopy`: `s3:GetObject` on the source and `s3:PutObject` on the target. */
export async function copyPart(context: S3Context, s3: S3Call, sourceHeader: string): Promise<ServiceReply> {
  onlyQuery(s3, 'partNumber', 'uploadId');
  const { headers } = s3.request;
  const source = copySourceOf(sourceHeader);
  const found = context.store.find(source.bucket, source.key);
  s3.call.authorize('s3:GetObject', objectArn(context, source.bucket, source.key), existingTags(found));
  s3.call.authorize('s3:PutObject', objectArn(context, s3.bucketName, s3.key));
  refuseUnsupportedHeaders(headers, context.accountId);
  const partNumber = partNumberOf(s3);
  const { upload } = uploadOf(context, s3);
  context.store.bucket(source.bucket);
  if (found === undefined) throw s3Error('NoSuchKey');
  const [start, end] = rangeOf(headers['x-amz-copy-source-range'], found);
  const { blobs } = context.store;
  const path = blobs.newPath();
  const md5 = createHash('md5');
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      md5.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(blobs.read(found.blobs, start, end), meter, createWriteStream(path, { flags: 'wx' }));
    // Completed or aborted meanwhile.
    if (uploadOf(context, s3).upload !== upload) throw s3Error('NoSuchUpload');
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const etag = md5.digest('hex');
  const lastModifiedMs = context.nowMs();
  const earlier = upload.parts.get(partNumber);
  const blob = { path, size: end - start + 1, holders: 1 };
  upload.parts.set(partNumber, { partNumber, blob, etag, checksum: undefined, lastModifiedMs });
  if (earlier !== undefined) await blobs.release([earlier.blob]);
  return xmlReply(
    xmlDocument('CopyPartResult', [
      ['LastModified', new Date(lastModifiedMs).toISOString()],
      ['ETag', `"${etag}"`],
    ]),
  );
}
