import { AwsError, type ServiceReply } from '../core/index.ts';
import { objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { s3Error } from './errors.ts';
import { readCheckedXmlBody } from './read-xml-body.ts';
import { childText, type XmlElement, xmlDocument, type XmlNode } from './xml.ts';

const MAX_OBJECTS = 1_000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

function keysOf(
  root: XmlElement,
): readonly { readonly key: string; readonly versionId: string | undefined }[] {
  if (root.name !== 'Delete') throw s3Error('MalformedXML');
  const objects = root.children.filter(({ name }) => name === 'Object');
  if (objects.length === 0 || objects.length > MAX_OBJECTS) throw s3Error('MalformedXML');
  return objects.map((object) => {
    const key = childText(object, 'Key');
    if (key === undefined || key === '') throw s3Error('MalformedXML');
    return { key, versionId: childText(object, 'VersionId') };
  });
}

/** `DeleteObjects`: `s3:DeleteObject` on each object by itself. What is refused is listed, the rest is deleted. */
export async function deleteObjects(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  onlyQuery(s3, 'delete');
  const bucket = context.store.bucket(s3.bucketName);
  const root = await readCheckedXmlBody(s3.request, MAX_BODY_BYTES);
  const isQuiet = childText(root, 'Quiet') === 'true';
  const nodes: XmlNode[] = [];
  for (const { key, versionId } of keysOf(root)) {
    const failed = (code: string, message: string): XmlNode => [
      'Error',
      [
        ['Key', key],
        ['VersionId', versionId],
        ['Code', code],
        ['Message', message],
      ],
    ];
    try {
      s3.call.authorize('s3:DeleteObject', objectArn(context, s3.bucketName, key));
      // There is one version of each object, and S3 calls it "null".
      if (versionId !== undefined && versionId !== 'null') {
        nodes.push(failed('NoSuchVersion', 'The specified version does not exist.'));
        continue;
      }
      await context.store.remove(bucket, key);
      if (!isQuiet)
        nodes.push([
          'Deleted',
          [
            ['Key', key],
            ['VersionId', versionId],
          ],
        ]);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      nodes.push(failed(error.code, error.message));
    }
  }
  return xmlReply(xmlDocument('DeleteResult', nodes));
}
