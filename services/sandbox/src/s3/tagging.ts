import type { ServiceReply } from '../core/index.ts';
import { objectArn, onlyQuery, type S3Call, type S3Context, xmlReply } from './context.ts';
import { s3Error } from './errors.ts';
import { existing } from './objects.ts';
import { readCheckedXmlBody } from './read-xml-body.ts';
import type { StoredObject } from './store.ts';
import { existingTags, NO_TAGS, requestedTags, tagNodes, type Tags, tagsOfXml } from './tags.ts';
import { xmlDocument } from './xml.ts';

/** Ten tags of the greatest length, with every character written as a reference. */
const MAX_BODY_BYTES = 128 * 1024;

type Verb = 'Get' | 'Put' | 'Delete';

/**
 * Asks for the action: with a version in the request it is another one. Then finds the object.
 * @throws AwsError `NoSuchKey`, `NoSuchVersion`, or `AccessDenied`
 */
function tagged(context: S3Context, s3: S3Call, verb: Verb, sent: Tags): StoredObject {
  onlyQuery(s3, 'tagging', 'versionId');
  const versionId = s3.query.get('versionId');
  const current = context.store.find(s3.bucketName, s3.key);
  const action = `s3:${verb}Object${versionId === undefined ? '' : 'Version'}Tagging`;
  s3.call.authorize(action, objectArn(context, s3.bucketName, s3.key), {
    ...requestedTags(sent),
    ...existingTags(current),
    ...(versionId === undefined ? {} : { 's3:VersionId': versionId }),
  });
  const object = existing(context, s3);
  // There is one version of each object, and S3 calls it "null".
  if (versionId !== undefined && versionId !== 'null') throw s3Error('NoSuchVersion');
  return object;
}

/** `GetObjectTagging`: `s3:GetObjectTagging` on the object, or `s3:GetObjectVersionTagging`. */
export function getTagging(context: S3Context, s3: S3Call): ServiceReply {
  const { tags } = tagged(context, s3, 'Get', NO_TAGS);
  return xmlReply(xmlDocument('Tagging', tagNodes(tags)));
}

/** `PutObjectTagging`: `s3:PutObjectTagging` on the object, or `s3:PutObjectVersionTagging`. All earlier tags go. */
export async function putTagging(context: S3Context, s3: S3Call): Promise<ServiceReply> {
  const tags = tagsOfXml(await readCheckedXmlBody(s3.request, MAX_BODY_BYTES));
  const object = tagged(context, s3, 'Put', tags);
  context.store.retag(context.store.bucket(s3.bucketName), object, tags);
  return { status: 200, headers: {}, body: undefined };
}

/** `DeleteObjectTagging`: `s3:DeleteObjectTagging` on the object, or `s3:DeleteObjectVersionTagging`. */
export function deleteTagging(context: S3Context, s3: S3Call): ServiceReply {
  const object = tagged(context, s3, 'Delete', NO_TAGS);
  context.store.retag(context.store.bucket(s3.bucketName), object, NO_TAGS);
  return { status: 204, headers: {}, body: undefined };
}
