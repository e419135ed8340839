import { Epoch, ErrorSummary, ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import { ExecutionRecord } from '@stepcast/wire';
import * as z from 'zod';

/**
 * What the correlator stores beside the journal, in the same table. Keys:
 *
 * | item | pk | sk |
 * |---|---|---|
 * | who owns an execution, or that something waits for its owner | `execution#{digest of ARN}` | `owner` |
 * | records parked for it | the same | `parked#{key}` |
 * | a nested execution that waits for it | the same | `child#{digest of the child's ARN}` |
 * | an execution that has not ended | `watch#{0..7}` | digest of ARN |
 * | an execution that waits for a version of an upload | `waiting#{uploadId}` | digest of ARN |
 * | what touched an upload first | `upload-root#{uploadId}` | `root` |
 * | who CloudTrail saw uploading | the same | `caller` |
 * | learned durations of a state machine | `machine#{digest of ARN}` | `durations` |
 */
const ObjectBody = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
  etag: z.string().optional(),
  sequencer: z.string().optional(),
  sizeBytes: z.number().optional(),
  createdMs: z.number().nullable(),
});

export const OwnerBody = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('waiting') }),
  z.object({
    kind: z.literal('owned'),
    identityId: IdentityId,
    bucket: z.string(),
    key: z.string(),
    uploadId: UploadId,
    epoch: Epoch,
    epochStartedAt: z.string(),
    source: z.string(),
    nested: z.boolean(),
    proofs: z.array(z.string()),
  }),
  z.object({ kind: z.literal('quarantined'), reason: z.string() }),
  z.object({ kind: z.literal('unowned'), reason: z.string() }),
]);

const Fact = z.object({
  status: z.enum(['running', 'succeeded', 'failed', 'timedOut', 'aborted']),
  redriveCount: z.number(),
  startMs: z.number().nullable(),
  stopMs: z.number().nullable(),
  redriveMs: z.number().nullable(),
  error: z.optional(ErrorSummary),
});

export const ParkedBody = z.object({
  key: z.string(),
  parkedMs: z.number(),
  records: z.array(ExecutionRecord),
  statuses: z.array(Fact),
  evidence: z
    .object({
      shape: z.string(),
      object: ObjectBody.optional(),
      callerIdentity: z.optional(IdentityId),
      parent: z.optional(ExecutionArn),
    })
    .optional(),
  inputSeen: z.boolean(),
});

export const ArnBody = z.object({ executionArn: ExecutionArn });
export const WatchedBody = z.object({ executionArn: ExecutionArn, sinceMs: z.number() });
export const EpochBody = z.object({ sequencer: z.string().nullable() });
export const CallerBody = z.object({
  identityId: IdentityId,
  epoch: z.union([Epoch, z.null()]),
  atMs: z.number().nullable(),
});
export const TouchBody = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('version'),
    version: z.object({
      identityId: IdentityId,
      uploadId: UploadId,
      epoch: Epoch,
      epochStartedAt: z.string(),
      sequencer: z.string().nullable(),
    }),
  }),
  z.object({ kind: z.literal('caller'), caller: CallerBody }),
  z.object({ kind: z.literal('waiting') }),
]);
export const DurationsBody = z.object({ durations: z.record(z.string(), z.number()) });
