import { partitionOf } from '@stepcast/contracts';
import {
  AwsError,
  type CallContext,
  notImplemented,
  type ServiceReply,
  type ServiceRequest,
} from '../core/index.ts';
import { type Bucket, type S3Store, type StoredObject } from './store.ts';

/** Why an object came to be, in the words of the EventBridge event. */
export type CreatedReason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';

/** Called once for each object that was stored. */
export interface ObjectCreated {
  readonly bucket: string;
  /** Decoded, as it is in S3. */
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** There is no versioning. */
  readonly versionId?: undefined;
  /** Hex, rising with each write to the same key. */
  readonly sequencer: string;
  /** The `x-amz-request-id` that the uploader got. */
  readonly requestId: string;
  readonly sourceIp: string;
  readonly reason: CreatedReason;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface S3Limits {
  /** Largest object and largest part, in bytes. */
  readonly maxObjectBytes: number;
  /** Smallest part but the last, in bytes. */
  readonly minPartBytes: number;
}

/** What the operations of S3 share. */
export interface S3Context {
  readonly store: S3Store;
  readonly accountId: string;
  readonly region: string;
  readonly limits: S3Limits;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly onObjectCreated: (event: ObjectCreated) => void;
}

/** One request to S3, taken apart. `key` is undefined for operations on a bucket. */
export interface S3Call {
  readonly request: ServiceRequest;
  readonly call: CallContext;
  readonly query: ReadonlyMap<string, string>;
  readonly bucketName: string;
  readonly key: string;
}

export function bucketArn({ region }: Pick<S3Context, 'region'>, bucket: string): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`;
}

export function objectArn(context: Pick<S3Context, 'region'>, bucket: string, key: string): string {
  return `${bucketArn(context, bucket)}/${key}`;
}

/** Query parameters that every operation takes. */
const ALWAYS = new Set(['x-id']);

/**
 * Refuses what a query asks for besides: an unknown sub-resource (`?acl`, `?versionId=…`) must never silently hit
 * the object itself.
 */
export function onlyQuery(s3: S3Call, ...allowed: readonly string[]): void {
  for (const name of s3.query.keys())
    if (!ALWAYS.has(name) && !allowed.includes(name))
      throw notImplemented(`S3 ${s3.request.method} with ?${name}`);
}

export function xmlReply(body: string, headers: Readonly<Record<string, string>> = {}): ServiceReply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** Asks, without failing: for answers that depend on a second permission. */
export function may(
  call: CallContext,
  action: string,
  resource: string,
  context: Parameters<CallContext['authorize']>[2] = {},
): boolean {
  try {
    call.authorize(action, resource, context);
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.code === 'AccessDenied') return false;
    throw error;
  }
}

export function announceCreated(
  context: S3Context,
  s3: S3Call,
  bucket: Bucket,
  object: StoredObject,
  reason: CreatedReason,
): void {
  context.onObjectCreated({
    bucket: bucket.name,
    key: object.key,
    size: object.size,
    etag: object.etag,
    sequencer: object.sequencer,
    requestId: s3.call.requestId,
    sourceIp: s3.request.remoteAddress.replace(/^::ffff:/, ''),
    reason,
    atMs: object.lastModifiedMs,
  });
}
