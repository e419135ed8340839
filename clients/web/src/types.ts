import type { Epoch, ProgressEvent, UploadId, UploadState } from '@stepcast/contracts';
import type { Reason, ReasonCode } from './codes.ts';
import type { StepcastError } from './errors.ts';
import type { EventSource, GapReason, StreamPosition } from './stream-merger.ts';
import type { Waiting } from './waiting.ts';

/** States of the connection; see `connection.ts` for what moves it from one to the next. */
export type ConnectionStatus =
  'idle' | 'provisioning' | 'connecting' | 'subscribing' | 'live' | 'disconnected' | 'closed' | 'failed';

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Why, by name and by number. */
  readonly reason: Reason;
  readonly reasonCode: ReasonCode;
  /** When `disconnected`: milliseconds until the next attempt; undefined when it waits for the network or the page. */
  readonly retryInMs?: number | undefined;
  /** While not live, after it was: until when what is shown was current, ISO 8601. */
  readonly asOf?: string | undefined;
  readonly error?: StepcastError | undefined;
}

/** One event of an upload, handed over once. */
export interface EventUpdate {
  readonly type: 'event';
  readonly event: ProgressEvent;
  readonly epoch: Epoch;
  /** `catchUp` when it was missed and fetched afterwards. */
  readonly source: EventSource;
}

/** The upload's folded state has changed. Comes once for each message that moves it, in the same turn, after its events. */
export interface StateUpdate {
  readonly type: 'state';
  readonly state: UploadState;
}

/**
 * Events may be missing between `from` and `to`, or the stream began anew (`epochChanged`: the object was uploaded again). Take
 * everything from `state` and go on; what follows is in order again.
 */
export interface DiscontinuityUpdate {
  readonly type: 'discontinuity';
  readonly reason: GapReason;
  readonly from: StreamPosition | null;
  readonly to: StreamPosition | null;
}

/** Every execution known of this upload has ended and every event up to that end was handed over. */
export interface CompleteUpdate {
  readonly type: 'complete';
  readonly state: UploadState;
}

/** A redrive has opened a completed upload again; another `complete` will follow. */
export interface ReopenedUpdate {
  readonly type: 'reopened';
  readonly state: UploadState;
}

export type UploadUpdate = EventUpdate | StateUpdate | DiscontinuityUpdate | CompleteUpdate | ReopenedUpdate;

export interface EarlierUploadsOptions {
  readonly bucket: string;
  /** Uploads in a page. Default 50. */
  readonly pageSize?: number | undefined;
  /** Stops asking. */
  readonly signal?: AbortSignal | undefined;
}

/** A file of this person that is in S3, whatever became of its workflow. */
export interface EarlierUpload {
  readonly uploadId: UploadId;
  readonly bucket: string;
  /** The decoded key. */
  readonly key: string;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly uploadedAt: string;
}

/** What `UploadWatch.on` takes, and what its listeners get. */
export interface UploadEvents {
  event: EventUpdate;
  state: UploadState;
  discontinuity: DiscontinuityUpdate;
  complete: UploadState;
  reopened: UploadState;
  /**
   * Subscribed, and the first catch-up was answered, where there was anything to ask: what follows is live. Again after each
   * reconnect.
   */
  synced: undefined;
  /** It began to wait for its workflow, waits longer than usual, or waits no longer (`undefined`). */
  waiting: Waiting | undefined;
  /** The watch has ended: the client failed, or the broker refused these topics. */
  error: StepcastError;
}

/**
 * The progress of one upload.
 *
 * As an async iterable it yields every update from the first event it still holds, and ends after `complete` or `close()`;
 * it throws when the client fails. Breaking out of the loop does not close the watch.
 */
export interface UploadWatch extends AsyncIterable<UploadUpdate> {
  readonly uploadId: UploadId;
  /** Newest state known; undefined before the first. */
  readonly state: UploadState | undefined;
  /** Events handed over in this epoch, at most the last 1,000. */
  readonly events: readonly ProgressEvent[];
  /** Whether subscription, and first catch-up where one is needed, are done on the present connection. */
  readonly synced: boolean;
  /** While the file is in S3 and no workflow has started for it: since when, and whether that is longer than usual. */
  readonly waiting: Waiting | undefined;
  readonly position: StreamPosition | undefined;
  /** Resolves at the first completion; rejects when the watch ends by error or `close()` before it. Unheard rejections are silent. */
  readonly done: Promise<UploadState>;
  /** Registers a listener; returns what removes it. */
  on<Name extends keyof UploadEvents>(
    name: Name,
    listener: (payload: UploadEvents[Name]) => void,
  ): () => void;
  /** Ends this watch. Idempotent. The last one of an upload ends its subscription too. */
  close(): void;
}
