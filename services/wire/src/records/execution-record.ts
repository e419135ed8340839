import * as z from 'zod/mini';
import { ExecutionArn } from '@stepcast/contracts';

/**
 * One history event of an execution, cut to what correlation needs. The forwarder makes it from a log record,
 * the correlator from `GetExecutionHistory`; both cut it with `cutRecord`, so that the two never differ.
 *
 * `details` is the `…EventDetails` object of the Step Functions API. Of inputs and outputs only the two that prove
 * ownership pass: the input of `ExecutionStarted`, and the child's ARN out of what a nested start returned.
 */
export const RecordDetails = z.object({
  /** Name of the state (`*StateEntered`, `*StateExited`) or of the Map state (`MapIteration*`). */
  name: z.optional(z.string()),
  /** Zero-based index of a Map iteration. */
  index: z.optional(z.number()),
  /** Number of items of a Map. */
  length: z.optional(z.number()),
  resourceType: z.optional(z.string()),
  resource: z.optional(z.string()),
  error: z.optional(z.string()),
  /** Cleaned and cut by `summariseError`. Never the raw cause. */
  cause: z.optional(z.string()),
  mapRunArn: z.optional(z.string()),
  redriveCount: z.optional(z.number()),
  /** `EvaluationFailed`: the state it happened in. */
  state: z.optional(z.string()),
  /** Only with `ExecutionStarted`, only when it was there and whole: the input as JSON text. */
  input: z.optional(z.string()),
  /** Only with `ExecutionStarted`: why `input` is missing. */
  inputMissing: z.optional(z.enum(['excluded', 'truncated', 'tooLarge'])),
  /** Only with `TaskSubmitted` and `TaskSucceeded` of a nested start: ARN of the child. */
  childExecutionArn: z.optional(ExecutionArn),
  /** What the configured projections took out of input or output, by name. */
  projections: z.optional(z.record(z.string(), z.json())),
});
export type RecordDetails = z.infer<typeof RecordDetails>;

export const ExecutionRecord = z.object({
  /** Dense and increasing within an execution; `1` is ExecutionStarted. */
  id: z.number().check(z.int(), z.gte(1)),
  /** HistoryEventType. Open: AWS adds types. */
  type: z.string().check(z.minLength(1)),
  previousEventId: z.number().check(z.int(), z.gte(0)),
  /** Milliseconds since the epoch. */
  timestampMs: z.number().check(z.int()),
  redriveCount: z.number().check(z.int(), z.gte(0)),
  details: RecordDetails,
});
export type ExecutionRecord = z.infer<typeof ExecutionRecord>;

/** Body of a message on the events queue: records of *one* execution, in order of id. */
export const RecordBatch = z.object({
  version: z.literal(1),
  executionArn: ExecutionArn,
  records: z.array(ExecutionRecord).check(z.minLength(1)),
  /** An operator changed what is stored of the execution: it has to be read again before the records are processed. */
  reload: z.optional(z.literal(true)),
});
export type RecordBatch = z.infer<typeof RecordBatch>;
