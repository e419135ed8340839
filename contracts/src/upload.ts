import { base32Digest } from './digest.ts';
import { Epoch, UploadId } from './identifiers.ts';

/**
 * The stream of an uploaded object: first 26 base32 characters (lower case, 130 bits) of SHA-256 over
 * `bucket + "\n" + key`. The client computes it before the upload even starts. No key, whatever it
 * contains, can disturb a topic that carries this in its place.
 *
 * @param bucket name of the bucket; bucket names contain no line break, so the pair is unambiguous
 * @param key the object key as it is in S3, *decoded* (S3 notifications carry it URL-encoded)
 */
export function uploadIdOf(bucket: string, key: string): UploadId {
  return UploadId.parse(base32Digest(`${bucket}\n${key}`, 26));
}

/** What tells one version of an object from another, as far as the event carried it. */
export interface ObjectVersion {
  readonly versionId?: string | undefined;
  readonly etag?: string | undefined;
  readonly sequencer?: string | undefined;
}

/**
 * The epoch of one version of an object: an opaque token of 12 base32 characters, made of the version ID,
 * else of ETag and sequencer. Returns `undefined` when the event carried neither version ID nor sequencer:
 * an ETag alone does not name a version (the same content uploaded twice has the same ETag).
 */
export function epochOf(version: ObjectVersion): Epoch | undefined {
  if (version.versionId !== undefined && version.versionId !== 'null')
    return Epoch.parse(base32Digest(`version\n${version.versionId}`, 12));
  if (version.sequencer !== undefined)
    return Epoch.parse(base32Digest(`sequencer\n${version.etag ?? ''}\n${version.sequencer}`, 12));
  return undefined;
}

/** The epoch of an execution that names an object but no version of it: one epoch per execution. */
export function epochOfExecution(executionArn: string): Epoch {
  return Epoch.parse(base32Digest(`execution\n${executionArn}`, 12));
}

/**
 * The deterministic name of the execution that managed mode starts for one version of an object, so that a
 * redelivered upload event hits `ExecutionAlreadyExists` instead of running the workflow twice.
 * 55 characters of `a-z 2-7 -`, inside the 80 that Step Functions takes and the set that CloudWatch Logs records.
 */
export function executionNameOf(bucket: string, key: string, epoch: Epoch): string {
  return `up-${base32Digest(`${bucket}\n${key}\n${epoch}`, 52)}`;
}
