import * as z from 'zod/mini';

/*
 * What the page of operators and its API say to one another, as JSON. Nothing in it holds an input, an output or a secret of a
 * workflow. It imports nothing but the schema library, for a browser reads it too.
 */

/** Where the API is, below the address of the page. */
export const API_PREFIX = '/ops/api';

const Count = z.number();
const Text = z.string();
const MaybeText = z.nullable(Text);
const MaybeCount = z.nullable(Count);
const Range = z.readonly(z.tuple([Count, Count]));
const list = <S extends z.ZodMiniType>(schema: S) => z.readonly(z.array(schema));

/** Every answer that is none of 200. */
export const ApiError = z.object({
  error: z.object({
    code: Text,
    message: Text,
    /** Lines after the first one. */
    more: list(Text),
    /** What an ambiguous beginning stands for. */
    candidates: list(Text),
    retryable: z.boolean(),
  }),
});
export type ApiError = z.infer<typeof ApiError>;

/** `GET /session`: who is asking, and where. */
export const Session = z.object({
  place: Text,
  who: Text,
  /** How often a page may ask: for the queues, and for what takes a scan of the table. Milliseconds. */
  poll: z.object({ queuesMs: Count, tableMs: Count }),
});
export type Session = z.infer<typeof Session>;

/** `GET /stats`; with `?quick=1` without `waiting` and `deadLetters`, which take a scan of the table. */
export const StatsReply = z.object({
  at: Text,
  place: Text,
  hops: list(
    z.object({
      queue: Text,
      hop: Text,
      depth: z.nullable(z.object({ visible: Count, inFlight: Count, delayed: Count })),
      oldestMs: MaybeCount,
    }),
  ),
  waiting: z.nullable(
    z.object({
      watched: z.object({ executions: Count, oldestMs: MaybeCount }),
      parked: z.object({ executions: Count, records: Count, oldestMs: MaybeCount }),
      quarantined: Count,
      unowned: Count,
      gaps: z.object({ declared: Count, records: Count }),
    }),
  ),
  deadLetters: list(z.object({ code: Text, letters: Count, oldestAt: MaybeText })),
});
export type StatsReply = z.infer<typeof StatsReply>;

const Series = z.object({ name: Text, label: Text, values: list(MaybeCount) });
/** `GET /history?minutes=15`: lag in milliseconds, throughput per second. */
export const HistoryReply = z.object({
  atMs: list(Count),
  lag: list(Series),
  throughput: list(Series),
  measured: Text,
});
export type HistoryReply = z.infer<typeof HistoryReply>;

const Upload = z.object({
  uploadId: Text,
  bucket: Text,
  key: Text,
  status: Text,
  percent: MaybeCount,
  epochStartedAt: Text,
  updatedAt: Text,
  position: z.object({ epoch: Text, offset: Count }),
});

/** `GET /streams`: the newest streams of everybody. */
export const StreamsReply = z.object({
  streams: list(z.extend(Upload, { identityId: Text })),
  /** Whether there are more than were read. */
  more: z.boolean(),
});
export type StreamsReply = z.infer<typeof StreamsReply>;

const Parked = z.object({
  records: Count,
  statuses: Count,
  firstId: MaybeCount,
  lastId: MaybeCount,
  since: MaybeText,
  why: Text,
});
const Execution = z.object({
  executionArn: Text,
  status: MaybeText,
  nested: z.boolean(),
  owner: z.enum(['owned', 'waiting', 'quarantined', 'unowned', 'unknown']),
  reason: MaybeText,
  proofs: list(
    z.object({
      proof: Text,
      confidence: z.enum(['certain', 'certainIfPinned', 'asParent', 'unknown']),
      why: Text,
    }),
  ),
  parked: z.nullable(Parked),
  watchedSince: MaybeText,
  waitingChildren: list(Text),
});
export type ExecutionReply = z.infer<typeof Execution>;
const EpochOfStream = z.object({
  epoch: Text,
  epochStartedAt: Text,
  newest: z.boolean(),
  status: MaybeText,
  percent: MaybeCount,
  error: z.nullable(z.object({ name: Text, message: z.optional(Text) })),
  firstOffset: MaybeCount,
  lastOffset: MaybeCount,
  entries: Count,
  updatedAt: MaybeText,
  missingOffsets: list(Range),
  gaps: list(z.object({ firstEventId: Count, lastEventId: Count, reason: Text })),
  executions: list(Execution),
});
const Stream = z.object({
  identityId: Text,
  uploadId: Text,
  bucket: MaybeText,
  key: MaybeText,
  topics: z.object({ events: Text, state: Text, overview: Text }),
  epochs: list(EpochOfStream),
  waitingForVersion: list(Text),
});
export type StreamReply = z.infer<typeof Stream>;

/** `GET /lookup?what=…`: the whole correlation of what a text names. */
export const LookUpReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('upload'), uploads: list(Stream) }),
  z.object({ kind: z.literal('execution'), execution: Execution, upload: z.nullable(Stream) }),
  z.object({
    kind: z.literal('identity'),
    identity: z.object({ identityId: Text, overviewTopic: Text, uploads: list(Upload) }),
  }),
]);
export type LookUpReply = z.infer<typeof LookUpReply>;

/** `GET /parked` and `GET /quarantine`. */
export const HeldReply = z.object({
  executions: list(
    z.object({
      executionArn: MaybeText,
      digest: Text,
      owner: Text,
      parked: z.nullable(Parked),
      why: Text,
      help: Text,
    }),
  ),
});
export type HeldReply = z.infer<typeof HeldReply>;

const Explanation = z.object({ code: Text, kind: Text, what: Text, look: Text, mend: Text });
/** `GET /dead-letters`: oldest first, with the runbook's words for each code, code between backticks. Originals are not among it. */
export const LettersReply = z.object({
  letters: list(
    z.object({
      id: Text,
      /** Null: it is no letter of ours. */
      code: MaybeText,
      reason: Text,
      at: MaybeText,
      service: MaybeText,
      executionArn: MaybeText,
      /** Null: no queue takes it back. */
      backTo: MaybeText,
    }),
  ),
  /** Whether more wait than are read at a time. */
  more: z.boolean(),
  explanations: list(Explanation),
});
export type LettersReply = z.infer<typeof LettersReply>;

/** `GET /audit`: the newest entries of this month. */
export const AuditReply = z.object({
  month: Text,
  entries: list(
    z.object({
      at: Text,
      who: Text,
      action: Text,
      subject: Text,
      reason: MaybeText,
      outcome: z.enum(['begun', 'resumed', 'done', 'failed']),
      detail: MaybeText,
      /** What came after the beginning of a change; `nothing`: it is still under way, or was killed. Null: no beginning. */
      followedBy: z.nullable(z.enum(['end', 'resumption', 'nothing'])),
    }),
  ),
});
export type AuditReply = z.infer<typeof AuditReply>;

/** `POST /dead-letters`, `/parked` and `/quarantine`: what came of changes. */
export const ChangeReply = z.object({
  action: Text,
  done: list(z.object({ subject: Text, what: Text })),
  gone: list(Text),
  /** Why it stopped before the end; what was done before stays done. */
  stopped: MaybeText,
});
export type ChangeReply = z.infer<typeof ChangeReply>;

export const SelectionReply = z.object({
  what: MaybeText,
  from: MaybeText,
  to: Text,
  allEpochs: z.boolean(),
});
export type SelectionReply = z.infer<typeof SelectionReply>;

/** `POST /replay/plan`: what would be published. */
export const PlanReply = z.object({
  selection: SelectionReply,
  messages: Count,
  states: Count,
  overviews: Count,
  streams: list(
    z.object({
      identityId: Text,
      uploadId: Text,
      epoch: Text,
      firstOffset: Count,
      lastOffset: Count,
      messages: Count,
      bytes: Count,
      state: z.boolean(),
    }),
  ),
  /** Streams that are not listed. */
  more: Count,
});
export type PlanReply = z.infer<typeof PlanReply>;

export const Cursor = z.object({
  reached: z.nullable(z.object({ stream: Text, offset: Count })),
  restored: MaybeText,
  published: Count,
  /** ID of the replay in the audit, which all of its steps share. */
  change: Text,
});
export type Cursor = z.infer<typeof Cursor>;
/** `POST /replay/step`: how far a replay came. The page sends the cursor with its next step. */
export const StepReply = z.object({
  cursor: Cursor,
  finished: z.boolean(),
  /** Why it stopped before its time; the cursor says how far it came. */
  stopped: z.nullable(z.object({ message: Text, retryable: z.boolean() })),
});
export type StepReply = z.infer<typeof StepReply>;

/** `POST /replay/stop`: the audit has that a replay was stopped between two of its steps. */
export const StopReply = z.object({ cursor: Cursor });
export type StopReply = z.infer<typeof StopReply>;
