import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AttachPolicyCommand, DetachPolicyCommand } from '@aws-sdk/client-iot';
import * as z from 'zod';
import type { LiveActor, Operator } from './actors.ts';
import type { Attempt, Deed } from './table.ts';

const Failure = z.object({ httpStatusCode: z.number().optional() });

/** Whether a call was let through; what is neither done nor refused is an error of the test. */
export async function letThrough(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (thrown) {
    // A refused HEAD has no body, and so no code.
    const { $metadata } = z.object({ $metadata: Failure }).parse(thrown);
    if ($metadata.httpStatusCode === 403) return false;
    throw thrown;
  }
}

export interface S3Ground {
  readonly bucket: string;
  readonly policyName: string;
  readonly operator: Operator;
  /** Keys that are seeded already. Each upload starts a workflow: none more often than needed. */
  readonly seeded: Map<string, Promise<unknown>>;
}

/** The content that the operator gives to what others must not change. */
export const SEED_TEXT = 'put here by the operator';

/** Puts everything in place that an attempt needs to have something to take. */
async function prepare(
  { bucket, operator, seeded }: S3Ground,
  { deed }: Attempt,
): Promise<string | undefined> {
  const { s3 } = operator;
  const seed = async (Key: string) => {
    const running =
      seeded.get(Key) ?? s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: SEED_TEXT }));
    seeded.set(Key, running);
    await running;
  };
  if (deed.kind === 'copy') await seed(deed.from);
  if (deed.kind !== 's3') return undefined;
  const { call, key } = deed;
  if (['get', 'head', 'delete', 'tags', 'tag', 'untag'].includes(call)) await seed(key);
  if (call !== 'part' && call !== 'parts' && call !== 'abort' && call !== 'complete') return undefined;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
  if (call === 'complete')
    await s3.send(
      new UploadPartCommand({ Bucket: bucket, Key: key, UploadId, PartNumber: 1, Body: SEED_TEXT }),
    );
  return UploadId;
}

function command(
  s3: S3Client,
  Bucket: string,
  actorName: string,
  deed: Extract<Deed, { kind: 's3' }>,
  UploadId: string | undefined,
): () => Promise<unknown> {
  const { call, key: Key } = deed;
  const at = { Bucket, Key };
  switch (call) {
    case 'get':
      return () => s3.send(new GetObjectCommand(at));
    case 'head':
      return () => s3.send(new HeadObjectCommand(at));
    case 'put':
      return () => s3.send(new PutObjectCommand({ ...at, Body: `put here by ${actorName}` }));
    case 'delete':
      return () => s3.send(new DeleteObjectCommand(at));
    case 'create':
      return () => s3.send(new CreateMultipartUploadCommand(at));
    case 'tags':
      return () => s3.send(new GetObjectTaggingCommand(at));
    case 'tag':
      return () =>
        s3.send(
          new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'by', Value: actorName }] } }),
        );
    case 'untag':
      return () => s3.send(new DeleteObjectTaggingCommand(at));
    case 'putTagged':
      return () => s3.send(new PutObjectCommand({ ...at, Body: actorName, Tagging: 'by=somebody' }));
    case 'createTagged':
      return () => s3.send(new CreateMultipartUploadCommand({ ...at, Tagging: 'by=somebody' }));
    case 'part':
      return () => s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: actorName }));
    case 'parts':
      return () => s3.send(new ListPartsCommand({ ...at, UploadId }));
    case 'abort':
      return () => s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    case 'complete':
      return async () => {
        // The ETag of SEED_TEXT, which the completing caller need not know.
        const ETag = `"${createHash('md5').update(SEED_TEXT).digest('hex')}"`;
        await s3.send(
          new CompleteMultipartUploadCommand({
            ...at,
            UploadId,
            MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
          }),
        );
      };
  }
}

/** Does one deed that is neither connection, subscription nor message. Undefined for other kinds. */
export async function driveCall(
  ground: S3Ground,
  actor: LiveActor,
  attempt: Attempt,
): Promise<boolean | undefined> {
  const { bucket, policyName } = ground;
  const { deed } = attempt;
  const { s3, iot } = actor;
  switch (deed.kind) {
    case 's3': {
      const uploadId = await prepare(ground, attempt);
      return letThrough(command(s3, bucket, actor.name, deed, uploadId));
    }
    case 'copy':
      await prepare(ground, attempt);
      return letThrough(() =>
        s3.send(
          new CopyObjectCommand({
            Bucket: bucket,
            Key: deed.to,
            CopySource: `${bucket}/${deed.from.split('/').map(encodeURIComponent).join('/')}`,
          }),
        ),
      );
    case 'list':
      return letThrough(() =>
        s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            ...(deed.prefix === undefined ? {} : { Prefix: deed.prefix }),
          }),
        ),
      );
    case 'headBucket':
      return letThrough(() => s3.send(new HeadBucketCommand({ Bucket: bucket })));
    case 'attachPolicy':
      return letThrough(() => iot.send(new AttachPolicyCommand({ policyName, target: deed.target })));
    case 'detachPolicy':
      return letThrough(() => iot.send(new DetachPolicyCommand({ policyName, target: deed.target })));
    default:
      return undefined;
  }
}
