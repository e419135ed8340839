// Written by `npm run contracts:publish`. Do not edit.

/** Parts of Stepcast, and what stands beside it, that an identity may want. */
export type Capability = 'progress' | 'uploads' | 'signalling';

/** One part of a catch-up reply, about one upload. */
export type CatchUpItem =
  | {
      kind: 'state';
      uploadId: UploadId;
      state: UploadState;
    }
  | {
      kind: 'events';
      uploadId: UploadId;
      epoch: Epoch;
      epochStartedAt: Instant;
      events: ProgressEvent[];
    }
  | {
      kind: 'discontinuity';
      uploadId: UploadId;
      reason: DiscontinuityReason;
    };

/** Why a request was refused as a whole. */
export interface CatchUpRefusal {
  code: 'invalidRequest' | 'rateLimited' | 'tooLarge' | 'unavailable';
  message: string;
  /** With `rateLimited` and `unavailable`: when to ask again, in milliseconds. */
  retryAfterMs?: number;
}

/** `data` of one page of a catch-up reply. */
export interface CatchUpReply {
  /** Null when the request was too broken to have one. */
  requestId: SessionId | null;
  /** 1, 2, 3… */
  page: number;
  last: boolean;
  items: CatchUpItem[];
  overview?: Overview;
  refusal?: CatchUpRefusal;
}

/** One page of the answer to a catch-up request, on the topic `replies` of the session that asked. */
export interface CatchUpReplyMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.catch-up-reply.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: CatchUpReply;
}

/** `data` of a catch-up request: "this is what I have". Whose uploads they are is taken from the topic that the broker authorised, never from here. */
export interface CatchUpRequest {
  /** Chosen by the client, comes back in every page of the reply. */
  requestId: SessionId;
  uploads: {
    uploadId: UploadId;
    /** The last position the client has, or null when it has nothing of this upload. */
    position: Position | null;
  }[];
  /** Whether the overview is wanted too. */
  overview: boolean;
}

/** A client asks for what it missed, on the topic `requests` of its session. */
export interface CatchUpRequestMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.catch-up-request.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: CatchUpRequest;
}

/** `data` of the correlation message: which upload an execution belongs to, and whose it is. Nothing else of the workflow is in it: no step, no error, no projection. The identity ID and the key are all that may point to a person. */
export interface CorrelationData {
  kind: CorrelationKind;
  identityId: IdentityId;
  uploadId: UploadId;
  bucket: string;
  key: string;
  /** Of the progress event that this one is about. */
  position: Position;
  /** When the epoch of `position` began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant;
  /** Absent for `uploaded`. */
  executionArn?: ExecutionArn;
  /** The execution is one that another execution of this upload started. Its end is not the upload's. */
  nested?: true;
  /** What proved the owner, such as `managedStart`, `callerIdentity`, `keyPrefix` or `parent`. */
  proofs: string[];
  /** Of the upload, after all events that were written together with this one. */
  status: UploadStatus;
}

/** What a correlation event is about: an upload, or an execution that began, ended or was redriven. */
export type CorrelationKind =
  | 'uploaded'
  | 'executionStarted'
  | 'executionSucceeded'
  | 'executionFailed'
  | 'executionTimedOut'
  | 'executionAborted'
  | 'executionRedriven';

/** For back offices, where the deployment has the feed: an upload, or an execution of one. In EventBridge it is the `detail`. Its `id` is `correlationMessageId`. */
export interface CorrelationMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.correlation.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: CorrelationData;
}

/** Why a stream could not be continued from the client's position. After one, the client starts from `state`. `expired`: The journal no longer reaches back to the position. `epochChanged`: The object was uploaded anew: there is a newer epoch. `futureOffset`: The position lies ahead of the journal. `unknownUpload`: Nothing is known of this upload under this identity (yet). */
export type DiscontinuityReason = 'expired' | 'epochChanged' | 'futureOffset' | 'unknownUpload';

/** Names one version of the uploaded object: opaque, compared only for equality. */
export type Epoch = string;

/** Answer of every HTTP endpoint of ours when it refuses. */
export interface ErrorReply {
  error: {
    code: string;
    message: string;
    retryable: boolean;
  };
}

/** What is said of an error: its name, and the first line of its message, cleaned and at most 256 characters. The raw cause never leaves the correlator. */
export interface ErrorSummary {
  name: string;
  message?: string;
}

/** ARN of a Standard or Express execution, or of a child of a distributed Map. */
export type ExecutionArn = string;

/** One execution of the workflow for this upload. */
export interface ExecutionState {
  executionArn: ExecutionArn;
  status: UploadStatus;
  startedAt: Instant | null;
  endedAt: Instant | null;
  redriveCount: number;
  /** Another execution of this upload started it. Its end is not the upload's. */
  nested?: true;
  /** Why it ended, when it did not end well. */
  error?: ErrorSummary;
}

/** What somebody who did not sign in can do here; answer of `GET /v1/guests`. A guest needs no provisioning: IoT Core decides by the guest role alone, an attached IoT policy takes no part. Signalling channels (Kinesis Video Streams) are out of reach for every guest of the enhanced flow, whatever the role says: Cognito cuts guests' credentials with a session policy that does not name `kinesisvideo`. A guest's identity ID works as a password: knowing it is enough to become that guest. This answer names none. */
export interface GuestAccess {
  /** Whether the identity pool lets guests in and has a role for them. */
  allowed: boolean;
  works: Capability[];
  cannot: {
    capability: Capability;
    why: string;
  }[];
}

/** A Cognito identity ID: `REGION:GUID`, what IAM calls `cognito-identity.amazonaws.com:sub`. The GUID is not an RFC 4122 v4 UUID (Cognito issues other version digits), so only its shape is checked. An identity pool ID has the very same shape; nothing but Cognito can tell them apart. The identity ID of a guest is a secret: with it alone, anybody gets that guest's credentials from Cognito, without signing in. Keep it out of logs, URLs and analytics. For an identity that signed in, Cognito asks for a token besides. */
export type IdentityId = string;

/** A moment as ISO 8601 text in UTC with milliseconds. */
export type Instant = string;

/** How many items of a Map are where. `total` is null while it is not known. */
export interface IterationCounts {
  total: number | null;
  started: number;
  succeeded: number;
  failed: number;
}

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** Position of an event in its stream: 1, 2, 3… without holes within an epoch. */
export type Offset = number;

/** A state of a workflow: its name, its type, and where it leads. Nothing else of its definition. */
export interface OutlineState {
  name: string;
  type: 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map' | 'Unknown';
  /** It is the first of its workflow, branch or iteration. */
  start?: true;
  /** Names of the states that may follow. Absent where it ends its workflow, branch or iteration. */
  next?: string[];
  /** Names of the states that may follow after an error. */
  caught?: string[];
  /** Name of the Map or Parallel that it is in. */
  inside?: string;
  /** In a Parallel: zero-based index of its branch. */
  branch?: number;
}

/** `data` of the overview message: the newest uploads of an identity, newest first. */
export interface Overview {
  identityId: IdentityId;
  uploads: OverviewEntry[];
  /** When this overview was read from the journal; of two, the later is the newer. */
  asOf: Instant;
  /** True when older uploads were left out to stay within 64 KB. */
  truncated: boolean;
}

/** One line of the overview. */
export interface OverviewEntry {
  uploadId: UploadId;
  position: Position;
  bucket: string;
  key: string;
  status: UploadStatus;
  percent: number | null;
  epochStartedAt: Instant;
  updatedAt: Instant;
}

/** The newest uploads of an identity, on the retained topic `overview`. */
export interface OverviewMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.overview.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: Overview;
}

/** A place in a stream: everything up to and including `offset` of `epoch`. */
export interface Position {
  epoch: Epoch;
  offset: Offset;
}

/** `data` of the progress message: consecutive events of one stream. */
export interface ProgressData {
  identityId: IdentityId;
  uploadId: UploadId;
  epoch: Epoch;
  /** When this epoch began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant;
  firstOffset: Offset;
  lastOffset: Offset;
  /** True when an operator had the events of the journal published again. Offsets are those of the first time, so that a reader drops what it has; nothing in a replayed message differs but this. */
  replay: boolean;
  events: ProgressEvent[];
  /** True when details were left out to stay within the size limit; offsets are complete all the same. */
  truncated?: boolean;
}

/** One thing that happened to an upload. Carries everything that folding it into a state takes, see `fold.ts`. */
export interface ProgressEvent {
  offset: Offset;
  kind: ProgressEventKind;
  time: Instant;
  /** The execution that it happened in; absent for `uploaded`. */
  executionArn?: ExecutionArn;
  /** The execution is one that another execution of this upload started. Its end is not the upload's. */
  nested?: true;
  /** How far the execution has come after this event: 0 to 100, never falling within an execution. Null or absent when nothing is known to measure by; always absent where `nested`. */
  percent?: number | null;
  /** Seconds to the end of the execution as far as earlier runs tell. Null or absent when they do not. */
  etaSeconds?: number | null;
  step?: StepRef;
  iterations?: IterationCounts;
  /** With `stepReported`: what the step's own code says of its progress. It holds until the step is tried again or ends. */
  report?: StepReport;
  error?: ErrorSummary;
  /** With `gapDeclared`: which history event IDs are missing for good, and why they could not be repaired. */
  gap?: {
    firstEventId: number;
    lastEventId: number;
    reason: string;
  };
  /** What the configured projections let through, by name. Nothing of inputs or outputs is here otherwise. */
  projections?: Projections;
}

/** Every kind of progress event. A reader skips the kinds it does not know. */
export type ProgressEventKind =
  | 'uploaded'
  | 'executionStarted'
  | 'stepStarted'
  | 'stepRetried'
  | 'stepSucceeded'
  | 'stepFailed'
  | 'stepCaught'
  | 'iterationsProgressed'
  | 'stepReported'
  | 'executionSucceeded'
  | 'executionFailed'
  | 'executionTimedOut'
  | 'executionAborted'
  | 'executionRedriven'
  | 'gapDeclared'
  | (string & {});

/** Progress events of one upload, on the topic `events`. Its `id` is `progressMessageId`. */
export interface ProgressMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.progress.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: ProgressData;
}

/** What the configured projections let through of inputs and outputs, by name. */
export type Projections = { [name: string]: JsonValue };

/** Answer of `POST /v1/provision`, whose body is a `ProvisionRequest`. `ready`: the policy is attached and known to be in force. `propagating`: attached, but IoT Core may refuse for some minutes yet; the client treats refusals until `retryUntil` as "not yet". */
export interface ProvisionReply {
  status: 'ready' | 'propagating';
  /** The identity that Cognito returned for the token; the only one that was attached. */
  identityId: IdentityId;
  retryUntil?: string;
  /** Present when the request said `refused` and the service answered from memory all the same, because it asked AWS IoT too often of late. Milliseconds until the client may send `refused` again. */
  retryAfterMs?: number;
  /** Present for a guest, whose call was signed with guest credentials: nothing was attached. */
  guest?: GuestAccess;
  /** The workflows of this installation, for pictures of them: names, types and edges, at most 64 KB of JSON together. Present only where the installation is set to show them; a workflow that the service could not read, or that is too large, is left out. */
  workflows?: WorkflowOutline[];
}

/** Body of `POST /v1/provision`. It may be left out when the ID token comes as `Authorization: Bearer`. */
export interface ProvisionRequest {
  /** The ID token of the user pool, where it is not in the `Authorization` header. */
  idToken?: string;
  /** True when the broker refused the identity after an earlier answer was `ready`. The service answers from memory for 15 minutes; for this request it asks AWS IoT instead, and attaches the policy again if it was detached. It does so about once in 30 seconds for an identity; see `retryAfterMs` of the reply. Default false. */
  refused?: boolean;
}

/** What a client chooses for one connection, to address its own replies. */
export type SessionId = string;

/** The folded state of one upload, on the retained topic `state`. */
export interface StateMessage {
  specversion: '1.0';
  /** Unique for the source; the same id means the same message, sent again. */
  id: string;
  type: 'dev.stepcast.state.v1';
  time: Instant;
  /** ARN of the state machine, or the name of the sender where no workflow is involved. */
  source: string;
  /** `s3://bucket/key` of the upload, where there is one. */
  subject?: string;
  datacontenttype: 'application/json';
  data: UploadState;
}

/** The state (in the sense of Amazon States Language) that an event is about. */
export interface StepRef {
  name: string;
  type: 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map' | 'Unknown';
  /** 1 for the first try, 2 for the first retry, … Only where the step does work. */
  attempt?: number;
  /** Zero-based indexes of the Map iterations around this step, outermost first. Absent outside of Maps. */
  iteration?: number[];
}

/** What the code of a task says of its own progress. Every field may be missing, but not all of them. */
export interface StepReport {
  /** 0 to 100, of the step. Absent where several visits of the step run at once: it would be that of one of them. */
  percent?: number;
  /** How many parts are done. Absent where `percent` would be. */
  done?: number;
  /** Of how many. */
  total?: number;
  /** One line, cleaned as messages of errors are. */
  text?: string;
}

/** One state of the workflow, over all its visits. Steps inside a Map or visited in a loop are rolled up by name: `visits` counts entries, and `status` is that of the visits together (running while any runs). */
export interface StepState {
  name: string;
  type: 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map' | 'Unknown';
  status: 'running' | 'retrying' | 'succeeded' | 'failed' | 'caught' | 'aborted';
  /** Attempt of the visit last seen: 1 for the first try. */
  attempt: number;
  visits: number;
  /** How many visits have ended, in whatever way. */
  ended: number;
  startedAt: Instant;
  endedAt: Instant | null;
  /** For a Map: its items. */
  iterations?: IterationCounts;
  /** What its own code said last of its progress, and when; only while the step runs. */
  report?: {
    percent?: number;
    done?: number;
    total?: number;
    text?: string;
    at: Instant;
  };
  error?: ErrorSummary;
}

/** Names one uploaded object address: 26 base32 characters, see `uploadIdOf`. */
export type UploadId = string;

/** `data` of the state message: everything known of one upload at `position`, a pure fold of its events (`fold.ts`). State messages are snapshots for late joiners. They are published retained when the upload begins, at every end, and at most every 10 seconds in between (a setting of the publisher). A reader of the events folds them with `foldEvent` and has a newer state after every message; it needs a snapshot only to begin from, or to get over a hole. */
export interface UploadState {
  identityId: IdentityId;
  uploadId: UploadId;
  position: Position;
  /** When the epoch of `position` began. Of two epochs of an upload, the one with the later time is the newer. */
  epochStartedAt: Instant;
  bucket: string;
  key: string;
  status: UploadStatus;
  /** 0 to 100, never falling within an execution; null when nothing is known to measure by. */
  percent: number | null;
  /** Seconds to the end as far as earlier runs tell; null when they do not. */
  etaSeconds: number | null;
  /** In order of first entry. */
  steps: StepState[];
  /** In order of first sight; an upload has more than one when its workflow was started more than once. */
  executions: ExecutionState[];
  error: ErrorSummary | null;
  updatedAt: Instant;
  /** What the workflow made of the upload: what the configured projections let through, by name; of each name the newest. Absent while there is nothing. See `MAX_RESULT_LENGTH`. */
  result?: Projections;
  /** True when steps, executions or parts of the result were left out to stay within the size limit. */
  truncated?: boolean;
}

/** `queued → running → succeeded | failed | timedOut | aborted`; a redrive makes it `running` again. */
export type UploadStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted';

/** What a picture of a workflow is drawn from: names, types and edges. Never parameters, resources, conditions or comments. A flat list, because Amazon States Language has names unique in the whole workflow. See `outlineOf`. */
export interface WorkflowOutline {
  /** Name of the state machine, where it is one of several. */
  name?: string;
  states: OutlineState[];
}
