import * as z from 'zod/mini';
import { Epoch, ExecutionArn, IdentityId, Offset, UploadId } from './identifiers.ts';

/** A moment as ISO 8601 text in UTC with milliseconds. */
export const Instant = z.iso.datetime();

/**
 * What is said of an error: its name, and the first line of its message, cleaned and at most 256 characters.
 * The raw cause never leaves the correlator.
 */
export const ErrorSummary = z.object({
  name: z.string().check(z.maxLength(256)),
  message: z.optional(z.string().check(z.maxLength(256))),
});
export type ErrorSummary = z.infer<typeof ErrorSummary>;

/** The state (in the sense of Amazon States Language) that an event is about. */
export const StepRef = z.object({
  name: z.string(),
  type: z.enum(['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map', 'Unknown']),
  /** 1 for the first try, 2 for the first retry, … Only where the step does work. */
  attempt: z.optional(z.number().check(z.int(), z.gte(1))),
  /** Zero-based indexes of the Map iterations around this step, outermost first. Absent outside of Maps. */
  iteration: z.optional(z.array(z.number().check(z.int(), z.gte(0)))),
});
export type StepRef = z.infer<typeof StepRef>;

/** How many items of a Map are where. `total` is null while it is not known. */
export const IterationCounts = z.object({
  total: z.nullable(z.number().check(z.int(), z.gte(0))),
  started: z.number().check(z.int(), z.gte(0)),
  succeeded: z.number().check(z.int(), z.gte(0)),
  failed: z.number().check(z.int(), z.gte(0)),
});
export type IterationCounts = z.infer<typeof IterationCounts>;

/** What the configured projections let through of inputs and outputs, by name. */
export const Projections = z.record(z.string(), z.json());
export type Projections = z.infer<typeof Projections>;

/** The most characters (UTF-16 units) of the text of a report. */
export const MAX_REPORT_TEXT = 256;

/** What the code of a task says of its own progress. Every field may be missing, but not all of them. */
export const StepReport = z.object({
  /** 0 to 100, of the step. Absent where several visits of the step run at once: it would be that of one of them. */
  percent: z.optional(z.number().check(z.gte(0), z.lte(100))),
  /** How many parts are done. Absent where `percent` would be. */
  done: z.optional(z.number().check(z.gte(0))),
  /** Of how many. */
  total: z.optional(z.number().check(z.gte(0))),
  /** One line, cleaned as messages of errors are. */
  text: z.optional(z.string().check(z.maxLength(MAX_REPORT_TEXT))),
});
export type StepReport = z.infer<typeof StepReport>;

/** Every kind of progress event. A reader skips the kinds it does not know. */
export const ProgressEventKind = z.enum([
  'uploaded',
  'executionStarted',
  'stepStarted',
  'stepRetried',
  'stepSucceeded',
  'stepFailed',
  'stepCaught',
  'iterationsProgressed',
  'stepReported',
  'executionSucceeded',
  'executionFailed',
  'executionTimedOut',
  'executionAborted',
  'executionRedriven',
  'gapDeclared',
]);
export type ProgressEventKind = z.infer<typeof ProgressEventKind>;

/** One thing that happened to an upload. Carries everything that folding it into a state takes, see `fold.ts`. */
export const ProgressEvent = z.object({
  offset: Offset,
  kind: ProgressEventKind,
  time: Instant,
  /** The execution that it happened in; absent for `uploaded`. */
  executionArn: z.optional(ExecutionArn),
  /** The execution is one that another execution of this upload started. Its end is not the upload's. */
  nested: z.optional(z.literal(true)),
  /**
   * How far the execution has come after this event: 0 to 100, never falling within an execution. Null or absent when
   * nothing is known to measure by; always absent where `nested`.
   */
  percent: z.optional(z.nullable(z.number().check(z.gte(0), z.lte(100)))),
  /** Seconds to the end of the execution as far as earlier runs tell. Null or absent when they do not. */
  etaSeconds: z.optional(z.nullable(z.number().check(z.gte(0)))),
  step: z.optional(StepRef),
  iterations: z.optional(IterationCounts),
  /** With `stepReported`: what the step's own code says of its progress. It holds until the step is tried again or ends. */
  report: z.optional(StepReport),
  error: z.optional(ErrorSummary),
  /** With `gapDeclared`: which history event IDs are missing for good, and why they could not be repaired. */
  gap: z.optional(z.object({ firstEventId: z.number(), lastEventId: z.number(), reason: z.string() })),
  /** What the configured projections let through, by name. Nothing of inputs or outputs is here otherwise. */
  projections: z.optional(Projections),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

/** `data` of the progress message: consecutive events of one stream. */
export const ProgressData = z.object({
  identityId: IdentityId,
  uploadId: UploadId,
  epoch: Epoch,
  /** When this epoch began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant,
  firstOffset: Offset,
  lastOffset: Offset,
  /**
   * True when an operator had the events of the journal published again. Offsets are those of the first time, so that a
   * reader drops what it has; nothing in a replayed message differs but this.
   */
  replay: z.boolean(),
  events: z.array(ProgressEvent).check(z.minLength(1)),
  /** True when details were left out to stay within the size limit; offsets are complete all the same. */
  truncated: z.optional(z.boolean()),
});
export type ProgressData = z.infer<typeof ProgressData>;
