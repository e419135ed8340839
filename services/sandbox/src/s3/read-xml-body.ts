import { createHash } from 'node:crypto';
import { notImplemented, type ServiceRequest } from '../core/index.ts';
import { createChecksum, isChecksumAlgorithm } from './checksums.ts';
import { invalidRequest, s3Error } from './errors.ts';
import { parseXml, type XmlElement } from './xml.ts';

const CHECKSUM = 'x-amz-checksum-';

async function readSmallBody(request: ServiceRequest, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBytes) throw s3Error('MalformedXML', 'The document is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a body that is a small document.
 * @throws AwsError `MalformedXML`, also for more than `maxBytes`
 */
export async function readXmlBody(request: ServiceRequest, maxBytes: number): Promise<XmlElement> {
  return parseXml((await readSmallBody(request, maxBytes)).toString('utf8'));
}

/**
 * Reads the document of an operation that S3 does not take without a proof that it arrived unchanged.
 * @throws AwsError `InvalidRequest` without a proof, `BadDigest` for one that does not fit, and as `readXmlBody`
 */
export async function readCheckedXmlBody(request: ServiceRequest, maxBytes: number): Promise<XmlElement> {
  const body = await readSmallBody(request, maxBytes);
  requireDigest(request.headers, body);
  return parseXml(body.toString('utf8'));
}

function requireDigest(headers: ServiceRequest['headers'], body: Buffer): void {
  const md5 = headers['content-md5'];
  const checksums = Object.entries(headers)
    .filter(([name]) => name.startsWith(CHECKSUM))
    .map(([name, value]) => [name.slice(CHECKSUM.length), value] as const)
    .filter(([algorithm]) => !['algorithm', 'type', 'mode'].includes(algorithm));
  if (md5 === undefined && checksums.length === 0)
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5)
    throw s3Error('BadDigest');
  for (const [algorithm, value] of checksums) {
    if (!isChecksumAlgorithm(algorithm)) throw notImplemented(`S3 checksum ${algorithm}`);
    const checksum = createChecksum(algorithm);
    checksum.update(body);
    const actual = checksum.digest();
    if (actual !== value) throw s3Error('BadDigest', `${algorithm} of what arrived is ${actual}.`);
  }
}
