import type {
  ErrorSummary,
  Overview,
  OverviewEntry,
  ProgressEvent,
  StepState,
  UploadState,
  UploadStatus,
} from '@stepcast/contracts';
import type { ConnectionState, DiscontinuityUpdate, StepcastError, Waiting } from '@stepcast/web';

/**
 * What is known of one upload now. Immutable: the same object as long as nothing in it has changed, and the same `steps`, and the same
 * step in them, as long as that has not changed, so that memoized rows of a list stay as they are.
 */
export interface UploadProgress {
  /** Everything at once; null before the first state. */
  readonly state: UploadState | null;
  /** Of `state`, and likewise null, or empty, before the first. */
  readonly status: UploadStatus | null;
  /** 0 to 100; null too when nothing is known to measure by. */
  readonly percent: number | null;
  /** Seconds to the end; null too when earlier runs do not tell. */
  readonly etaSeconds: number | null;
  /** In order of first entry. */
  readonly steps: readonly StepState[];
  /** What failed in the workflow. */
  readonly error: ErrorSummary | null;
  /** What the workflow made of the upload: what the configured projections let through, by name. Null while there is nothing. */
  readonly result: NonNullable<UploadState['result']> | null;
  /** Events of this epoch, at most the last 1,000, and none unless the option `events` asks for them. */
  readonly events: readonly ProgressEvent[];
  /** The last place where events may be missing, or where the upload began anew; null when there was none. */
  readonly discontinuity: DiscontinuityUpdate | null;
  /**
   * The state in which the upload completed: every execution known has ended and every event up to there was handed over. Null before, and again
   * when a redrive or another upload to the same address opens it anew.
   */
  readonly completion: UploadState | null;
  /** Why this upload cannot be followed (any more): denied, closed, no upload ID. Null while it is. */
  readonly watchError: StepcastError | null;
  /** While the file is in S3 and no workflow has started for it: since when, and whether that is longer than usual. */
  readonly waiting: Waiting | null;
  readonly connection: ConnectionState;
  /** Whether what is shown is live: subscribed and caught up on the present connection. */
  readonly isLive: boolean;
  /** While what is shown may be old: until when it was current, ISO 8601. Null while live, and before it ever was. */
  readonly asOf: string | null;
  /** After a `watchError`: follows the upload again, and has a client that failed connect anew. Always the same function. */
  readonly retry: () => void;
}

/** The newest uploads of the person. Immutable in the same way: an entry that has not changed stays the same object. */
export interface OverviewProgress {
  /** Null while loading; without uploads, an overview of none comes about a second after the client is live. */
  readonly overview: Overview | null;
  /** Newest first; empty before the first overview. */
  readonly uploads: readonly OverviewEntry[];
  readonly connection: ConnectionState;
  readonly isLive: boolean;
  /** While not live: until when it was current, ISO 8601. Null while live, and before it ever was. */
  readonly asOf: string | null;
}

/** Before there is a client, and on a server. */
export const IDLE: ConnectionState = { status: 'idle', reason: 'none', reasonCode: 0 };

/** Before anything is known, and on a server: one object, so that it is equal to itself. */
export const NO_PROGRESS: UploadProgress = {
  state: null,
  status: null,
  percent: null,
  etaSeconds: null,
  steps: [],
  error: null,
  result: null,
  events: [],
  discontinuity: null,
  completion: null,
  watchError: null,
  waiting: null,
  connection: IDLE,
  isLive: false,
  asOf: null,
  retry: () => undefined,
};

export const NO_OVERVIEW: OverviewProgress = {
  overview: null,
  uploads: [],
  connection: IDLE,
  isLive: false,
  asOf: null,
};
