import * as z from 'zod/mini';
import { ExecutionArn, IdentityId, Position, UploadId } from './identifiers.ts';
import { ErrorSummary, Instant, IterationCounts, Projections, StepRef, StepReport } from './progress.ts';

/** `queued → running → succeeded | failed | timedOut | aborted`; a redrive makes it `running` again. */
export const UploadStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'timedOut', 'aborted']);
export type UploadStatus = z.infer<typeof UploadStatus>;

/**
 * One state of the workflow, over all its visits. Steps inside a Map or visited in a loop are rolled up by name:
 * `visits` counts entries, and `status` is that of the visits together (running while any runs).
 */
export const StepState = z.object({
  name: z.string(),
  type: StepRef.shape.type,
  status: z.enum(['running', 'retrying', 'succeeded', 'failed', 'caught', 'aborted']),
  /** Attempt of the visit last seen: 1 for the first try. */
  attempt: z.number().check(z.int(), z.gte(1)),
  visits: z.number().check(z.int(), z.gte(1)),
  /** How many visits have ended, in whatever way. */
  ended: z.number().check(z.int(), z.gte(0)),
  startedAt: Instant,
  endedAt: z.nullable(Instant),
  /** For a Map: its items. */
  iterations: z.optional(IterationCounts),
  /** What its own code said last of its progress, and when; only while the step runs. */
  report: z.optional(z.extend(StepReport, { at: Instant })),
  error: z.optional(ErrorSummary),
});
export type StepState = z.infer<typeof StepState>;

/** One execution of the workflow for this upload. */
export const ExecutionState = z.object({
  executionArn: ExecutionArn,
  status: UploadStatus,
  startedAt: z.nullable(Instant),
  endedAt: z.nullable(Instant),
  redriveCount: z.number().check(z.int(), z.gte(0)),
  /** Another execution of this upload started it. Its end is not the upload's. */
  nested: z.optional(z.literal(true)),
  /** Why it ended, when it did not end well. */
  error: z.optional(ErrorSummary),
});
export type ExecutionState = z.infer<typeof ExecutionState>;

/**
 * `data` of the state message: everything known of one upload at `position`, a pure fold of its events (`fold.ts`).
 *
 * State messages are snapshots for late joiners. They are published retained when the upload begins, at every end, and
 * at most every 10 seconds in between (a setting of the publisher). A reader of the events folds them with `foldEvent`
 * and has a newer state after every message; it needs a snapshot only to begin from, or to get over a hole.
 */
export const UploadState = z.object({
  identityId: IdentityId,
  uploadId: UploadId,
  position: Position,
  /** When the epoch of `position` began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant,
  bucket: z.string(),
  key: z.string(),
  status: UploadStatus,
  /** 0 to 100, never falling within an execution; null when nothing is known to measure by. */
  percent: z.nullable(z.number().check(z.gte(0), z.lte(100))),
  /** Seconds to the end as far as earlier runs tell; null when they do not. */
  etaSeconds: z.nullable(z.number().check(z.gte(0))),
  /** In order of first entry. */
  steps: z.array(StepState),
  /** In order of first sight; an upload has more than one when its workflow was started more than once. */
  executions: z.array(ExecutionState),
  error: z.nullable(ErrorSummary),
  updatedAt: Instant,
  /**
   * What the workflow made of the upload: what the configured projections let through, by name; of each name the newest. Absent while
   * there is nothing. See `MAX_RESULT_LENGTH`.
   */
  result: z.optional(Projections),
  /** True when steps, executions or parts of the result were left out to stay within the size limit. */
  truncated: z.optional(z.boolean()),
});
export type UploadState = z.infer<typeof UploadState>;

/** One line of the overview. */
export const OverviewEntry = z.object({
  uploadId: UploadId,
  position: Position,
  bucket: z.string(),
  key: z.string(),
  status: UploadStatus,
  percent: z.nullable(z.number().check(z.gte(0), z.lte(100))),
  epochStartedAt: Instant,
  updatedAt: Instant,
});
export type OverviewEntry = z.infer<typeof OverviewEntry>;

/** `data` of the overview message: the newest uploads of an identity, newest first. */
export const Overview = z.object({
  identityId: IdentityId,
  uploads: z.array(OverviewEntry),
  /** When this overview was read from the journal; of two, the later is the newer. */
  asOf: Instant,
  /** True when older uploads were left out to stay within 64 KB. */
  truncated: z.boolean(),
});
export type Overview = z.infer<typeof Overview>;
