import { Epoch, ErrorSummary, ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { ExecutionRecord } from '../records/execution-record.ts';

/**
 * What the correlator stores beside the journal, in the same table, and what operators read there. The body of an item is
 * JSON text in the attribute `body`.
 *
 * | item | pk | sk |
 * |---|---|---|
 * | who owns an execution, or that something waits for its owner | `execution#{digest of ARN}` | `owner` |
 * | records parked for it | the same | `parked#{key}` |
 * | a nested execution that waits for it | the same | `child#{digest of the child's ARN}` |
 * | an execution that has not ended | `watch#{0..7}` | digest of ARN |
 * | an execution that waits for a version of an upload | `waiting#{uploadId}` | digest of ARN |
 * | what touched an upload first | `upload-root#{uploadId}` | `root` |
 * | who CloudTrail saw uploading | the same | `caller#{epoch}#{time}#{identity ID}` |
 * | learned durations of a state machine | `machine#{digest of ARN}` | `durations` |
 *
 * A digest is `hexDigest` of the kit over the ARN.
 */
export const CORRELATION_KEYS = {
  /** Sort key of who owns an execution. */
  owner: 'owner',
  /** What begins the sort key of parked records. */
  parkedPrefix: 'parked#',
  /** What begins the sort key of a nested execution. */
  childPrefix: 'child#',
  /** What begins the sort key of who CloudTrail saw uploading. */
  callerPrefix: 'caller#',
  /** Partitions that watched executions spread over: DynamoDB takes 1,000 writes a second in each. */
  watchShards: 8,
} as const;

export const correlationKeys = {
  execution: (digest: string) => `execution#${digest}`,
  watchShard: (shard: number) => `watch#${shard}`,
  watch: (digest: string) => ({
    pk: correlationKeys.watchShard(parseInt(digest.slice(0, 1), 16) % CORRELATION_KEYS.watchShards),
    sk: digest,
  }),
  waiting: (uploadId: UploadId) => `waiting#${uploadId}`,
  machine: (digest: string) => ({ pk: `machine#${digest}`, sk: 'durations' }),
};

const ObjectBody = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  etag: z.optional(z.string()),
  sequencer: z.optional(z.string()),
  sizeBytes: z.optional(z.number()),
  createdMs: z.nullable(z.number()),
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
  // The key has a digest of the ARN only; operators need the ARN itself. Items of older versions lack it.
  z.object({
    kind: z.literal('quarantined'),
    reason: z.string(),
    executionArn: z.optional(ExecutionArn),
  }),
  z.object({ kind: z.literal('unowned'), reason: z.string(), executionArn: z.optional(ExecutionArn) }),
]);
export type OwnerBody = z.infer<typeof OwnerBody>;

const Fact = z.object({
  status: z.enum(['running', 'succeeded', 'failed', 'timedOut', 'aborted']),
  redriveCount: z.number(),
  startMs: z.nullable(z.number()),
  stopMs: z.nullable(z.number()),
  redriveMs: z.nullable(z.number()),
  error: z.optional(ErrorSummary),
});

export const ParkedBody = z.object({
  key: z.string(),
  parkedMs: z.number(),
  records: z.array(ExecutionRecord),
  statuses: z.array(Fact),
  evidence: z.optional(
    z.object({
      shape: z.string(),
      object: z.optional(ObjectBody),
      callerIdentity: z.optional(IdentityId),
      parent: z.optional(ExecutionArn),
    }),
  ),
  inputSeen: z.boolean(),
});
export type ParkedBody = z.infer<typeof ParkedBody>;

export const ArnBody = z.object({ executionArn: ExecutionArn });
export const WatchedBody = z.object({ executionArn: ExecutionArn, sinceMs: z.number() });
export const EpochBody = z.object({ sequencer: z.nullable(z.string()) });
export const CallerBody = z.object({
  identityId: IdentityId,
  epoch: z.nullable(Epoch),
  atMs: z.nullable(z.number()),
});
export const TouchBody = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('version'),
    version: z.object({
      identityId: IdentityId,
      uploadId: UploadId,
      epoch: Epoch,
      epochStartedAt: z.string(),
      sequencer: z.nullable(z.string()),
    }),
  }),
  z.object({ kind: z.literal('caller'), caller: CallerBody }),
  z.object({ kind: z.literal('waiting') }),
]);
export const DurationsBody = z.object({ durations: z.record(z.string(), z.number()) });
