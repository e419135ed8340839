import type { ServiceRequest } from '../core/index.ts';
import { s3Error } from './errors.ts';
import { parseXml, type XmlElement } from './xml.ts';

/**
 * Reads a body that is a small document.
 * @throws AwsError `MalformedXML`, also for more than `maxBytes`
 */
export async function readXmlBody(
  request: ServiceRequest,
  maxBytes: number,
): Promise<{ readonly root: XmlElement; readonly body: Buffer }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBytes) throw s3Error('MalformedXML', 'The document is too long.');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return { root: parseXml(body.toString('utf8')), body };
}
