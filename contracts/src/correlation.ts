import * as z from 'zod/mini';
import { ExecutionArn, IdentityId, Position, UploadId } from './identifiers.ts';
import { Instant, type ProgressEvent } from './progress.ts';
import { UploadStatus } from './state.ts';

/** What a correlation event is about: an upload, or an execution that began, ended or was redriven. */
export const CorrelationKind = z.enum([
  'uploaded',
  'executionStarted',
  'executionSucceeded',
  'executionFailed',
  'executionTimedOut',
  'executionAborted',
  'executionRedriven',
]);
export type CorrelationKind = z.infer<typeof CorrelationKind>;

/**
 * `data` of the correlation message: which upload an execution belongs to, and whose it is. Nothing else of the workflow is in it:
 * no step, no error, no projection. The identity ID and the key are all that may point to a person.
 */
export const CorrelationData = z.object({
  kind: CorrelationKind,
  identityId: IdentityId,
  uploadId: UploadId,
  bucket: z.string(),
  key: z.string(),
  /** Of the progress event that this one is about. */
  position: Position,
  /** When the epoch of `position` began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant,
  /** Absent for `uploaded`. */
  executionArn: z.optional(ExecutionArn),
  /** The execution is one that another execution of this upload started. Its end is not the upload's. */
  nested: z.optional(z.literal(true)),
  /** What proved the owner, such as `managedStart`, `callerIdentity`, `keyPrefix` or `parent`. */
  proofs: z.array(z.string()),
  /** Of the upload, after all events that were written together with this one. */
  status: UploadStatus,
});
export type CorrelationData = z.infer<typeof CorrelationData>;

/** The kind of the correlation event that a progress event leads to; undefined for events of steps. */
export function correlationKindOf({ kind }: Pick<ProgressEvent, 'kind'>): CorrelationKind | undefined {
  return z.safeParse(CorrelationKind, kind).data;
}

/** `id` of a correlation message: `{uploadId}:{epoch}:{offset}:correlation`. */
export function correlationMessageId({
  uploadId,
  position,
}: Pick<CorrelationData, 'uploadId' | 'position'>): string {
  return `${uploadId}:${position.epoch}:${position.offset}:correlation`;
}
