import type { ProgressEvent, UploadId, UploadState } from '@stepcast/contracts';
import type { StepcastError } from './errors.ts';
import type { PauseSignal } from './pause.ts';
import type { UploadWatch } from './types.ts';
import type { Waiting } from './waiting.ts';

/** What `put` calls while the file travels. */
export type PutProgress = (loadedBytes: number, totalBytes?: number) => void;

/**
 * Uploads the file. Called once, after the watch is in place. When it resolves to the answer of S3 (`VersionId`), the version is
 * known exactly; else the first version that was not there before, by its retained state, is taken for it. Rejecting ends the
 * tracker in `uploadFailed`.
 *
 * @param signal aborted by `close()` and by the signal of `trackUpload`
 * @param pause follows `pause()` and `resume()` of the tracker; an uploader that cannot pause leaves it
 */
export type Put = (onProgress: PutProgress, signal: AbortSignal, pause: PauseSignal) => Promise<unknown>;

interface TrackedObject {
  readonly bucket: string;
  /** The decoded key. `client.keyFor` makes one that no other upload has. */
  readonly key: string;
  /** The size, where neither `file` nor `put` says it. */
  readonly sizeBytes?: number | undefined;
  readonly stateThrottleMs?: number | undefined;
  /** Closes the tracker when it is aborted, as `close()` does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * With `file` alone, the client uploads it to S3 with the person's own credentials (`@stepcast/web/s3`). With `put`, your own
 * uploader does; `file` then serves for its size only.
 */
export type TrackUploadOptions = TrackedObject &
  (
    | {
        readonly file: Blob;
        /** Default: the type of the file. */
        readonly contentType?: string | undefined;
        readonly put?: undefined;
      }
    | { readonly file?: { readonly size: number } | undefined; readonly put: Put }
  );

/**
 * Where an upload is, from the first byte to the end of its workflow:
 * `uploading` → `queued` (in S3, no execution seen yet) → `running` → `done`, or `uploadFailed`.
 */
export type UploadPhase =
  | {
      readonly phase: 'uploading';
      readonly loadedBytes: number;
      /** Null when unknown. */
      readonly totalBytes: number | null;
      readonly percent: number | null;
      readonly paused: boolean;
    }
  | { readonly phase: 'uploadFailed'; readonly error: Error }
  | {
      readonly phase: 'queued';
      readonly state: UploadState | undefined;
      /** Since when it waits for its workflow, and whether that is longer than usual. */
      readonly waiting: Waiting | undefined;
    }
  | {
      readonly phase: 'running';
      readonly state: UploadState;
      readonly percent: number | null;
      readonly etaSeconds: number | null;
    }
  | { readonly phase: 'done'; readonly succeeded: boolean; readonly state: UploadState };

export interface TrackerEvents {
  phase: UploadPhase;
  event: ProgressEvent;
  /** The watch failed: the file may be up, but its progress is not seen any more. */
  error: StepcastError;
}

/** One upload and its processing. As an async iterable it yields the phases and ends after `done` or `uploadFailed`. */
export interface UploadTracker extends AsyncIterable<UploadPhase> {
  readonly uploadId: UploadId;
  readonly phase: UploadPhase;
  /** The processing side, with steps, events and discontinuities. */
  readonly watch: UploadWatch;
  /** Resolves to the state at the end, whether the workflow succeeded or not; rejects when the upload or the watch failed. */
  readonly done: Promise<UploadState>;
  on<Name extends keyof TrackerEvents>(
    name: Name,
    listener: (payload: TrackerEvents[Name]) => void,
  ): () => void;
  /** Lets the upload rest. What S3 has of it stays there. Without effect once it is up. */
  pause(): void;
  /** Goes on with an upload that rests. */
  resume(): void;
  /** Aborts the upload if it still runs, and ends the watch. A workflow that has started goes on. */
  close(): void;
}
