import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notImplemented, type ServiceRequest } from '../core/index.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type Blob, type BlobStore } from './blobs.ts';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  createChecksum,
  isChecksumAlgorithm,
} from './checksums.ts';
import { invalidRequest, s3Error } from './errors.ts';

/** A body that is on disk and has been checked against everything that the client said of it. */
export interface Received {
  readonly blob: Blob;
  readonly md5: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
}

interface Announced {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, or undefined when it comes in the trailer or the client only asks for it to be computed. */
  readonly value: string | undefined;
  readonly inTrailer: boolean;
}

const prefix = 'x-amz-checksum-';

function announcedChecksum(
  headers: ServiceRequest['headers'],
  fallback: ChecksumAlgorithm | undefined,
): Announced | undefined {
  const named = Object.keys(headers).filter(
    (name) => name.startsWith(prefix) && !['algorithm', 'type', 'mode'].includes(name.slice(prefix.length)),
  );
  const trailer = headers['x-amz-trailer'];
  const names = trailer === undefined ? named : [...named, trailer.trim().toLowerCase()];
  if (names.length > 1) throw invalidRequest('Expecting a single x-amz-checksum- header.');
  const [name] = names;
  if (name === undefined) {
    const asked = (headers['x-amz-sdk-checksum-algorithm'] ?? fallback)?.toLowerCase();
    if (asked === undefined) return undefined;
    if (!isChecksumAlgorithm(asked)) throw unsupported(asked);
    return { algorithm: asked, value: undefined, inTrailer: false };
  }
  const algorithm = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !isChecksumAlgorithm(algorithm)) throw unsupported(name);
  return { algorithm, value: headers[name], inTrailer: trailer !== undefined };
}

function unsupported(name: string): Error {
  return notImplemented(`S3 checksum ${name} (there are ${CHECKSUM_ALGORITHMS.join(', ')})`);
}

function isAwsChunked(headers: ServiceRequest['headers']): boolean {
  return (
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true ||
    (headers['content-encoding'] ?? '').split(',').some((encoding) => encoding.trim() === 'aws-chunked')
  );
}

function announcedLength(headers: ServiceRequest['headers'], chunked: boolean): number {
  const text = chunked ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (text === undefined) {
    // A PUT without a body and without a length is an object of 0 bytes; a body without a length is refused.
    if (!chunked && headers['transfer-encoding'] === undefined) return 0;
    throw s3Error('MissingContentLength', chunked ? 'x-amz-decoded-content-length is missing.' : undefined);
  }
  const length = Number(text);
  if (!Number.isSafeInteger(length) || length < 0) throw invalidRequest(`Invalid content length: ${text}`);
  return length;
}

/**
 * Streams a body to disk and checks length, Content-MD5 and checksum (in a header or in a trailer).
 * @param maxBytes more is `EntityTooLarge`, before a byte is read
 * @param fallback algorithm to compute when the client named none, for parts of an upload that has one
 * @throws AwsError; nothing is left on disk then
 */
export async function receive(
  request: ServiceRequest,
  blobs: BlobStore,
  maxBytes: number,
  fallback?: ChecksumAlgorithm,
): Promise<Received> {
  const { headers } = request;
  const chunked = isAwsChunked(headers);
  const length = announcedLength(headers, chunked);
  if (length > maxBytes) throw s3Error('EntityTooLarge', `The limit is ${maxBytes} bytes.`);
  const announced = announcedChecksum(headers, fallback);
  const contentMd5 = headers['content-md5'];
  if (contentMd5 !== undefined && Buffer.from(contentMd5, 'base64').length !== 16)
    throw s3Error('InvalidDigest');

  const md5 = createHash('md5');
  const checksum = announced === undefined ? undefined : createChecksum(announced.algorithm);
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > length) {
        done(s3Error('IncompleteBody', `There is more than the ${length} bytes announced.`));
        return;
      }
      md5.update(chunk);
      checksum?.update(chunk);
      done(null, chunk);
    },
  });
  const path = blobs.newPath();
  const decoder = new AwsChunkedDecoder();
  try {
    const file = createWriteStream(path, { flags: 'wx' });
    if (chunked) await pipeline(request.stream, decoder, meter, file);
    else await pipeline(request.stream, meter, file);
    if (size !== length) throw s3Error('IncompleteBody', `${size} of ${length} bytes arrived.`);
    const md5Bytes = md5.digest();
    if (contentMd5 !== undefined && !md5Bytes.equals(Buffer.from(contentMd5, 'base64')))
      throw s3Error('BadDigest');
    const value = checksum?.digest();
    if (announced !== undefined) {
      const claimed = announced.inTrailer
        ? (decoder.trailers.get(`${prefix}${announced.algorithm}`) ?? '')
        : announced.value;
      if (claimed !== undefined && claimed !== value)
        throw s3Error('BadDigest', `${announced.algorithm} of what arrived is ${value ?? ''}.`);
    }
    return {
      blob: { path, size, holders: 1 },
      md5: md5Bytes.toString('hex'),
      checksum:
        announced === undefined || value === undefined
          ? undefined
          : { algorithm: announced.algorithm, value },
    };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
