import type { IdentityId, Overview, UploadId, WorkflowOutline } from '@stepcast/contracts';
import type { ResolvedCredentials } from './credentials.ts';
import type { StepcastError } from './errors.ts';
import type { FileName } from './s3/index.ts';
import type { ConnectionState, EarlierUpload, EarlierUploadsOptions, UploadWatch } from './types.ts';
import type { WhenLiveOptions } from './when-live.ts';
import type { TrackUploadOptions, UploadTracker } from './upload-tracker.port.ts';
import type { WatchOptions } from './upload-watch.ts';

/**
 * An upload, by its address (the decoded key) or by its ID. React keeps the prop `key` for itself, so that an address may be the props of a
 * component, it may say `objectKey`.
 */
export type UploadTarget =
  | UploadId
  | string
  | { readonly bucket: string; readonly key: string }
  | { readonly bucket: string; readonly objectKey: string };

export interface ClientEvents {
  /** Every change of the connection. */
  connection: ConnectionState;
  /**
   * The newest uploads of this person, each time that something in them changes. Emitted once after connecting also to a person
   * who has none, if a listener is there.
   */
  overview: Overview;
  /** The outlines of the workflows are there, or have changed. */
  workflows: readonly WorkflowOutline[];
  /** Something was left out or went wrong without harm; see the 400s in `codes.ts`. */
  warning: StepcastError;
  /** The client has failed and stopped. */
  error: StepcastError;
}

/** What was counted since the client was made. */
export interface ClientCounters {
  readonly connections: number;
  readonly messages: number;
  readonly invalidMessages: number;
  readonly catchUpRequests: number;
}

export interface ProgressClient {
  /** How the connection to the broker is. What an upload is at is the `state` of its watch. */
  readonly connection: ConnectionState;
  /** Known once credentials were there for the first time. */
  readonly identityId: IdentityId | undefined;
  /** Newest overview of the identity's uploads; undefined before the first. */
  readonly overview: Overview | undefined;
  /**
   * The outlines of the installation's workflows, for pictures of them: names, types and edges. Empty before provisioning, and where the
   * installation does not show them or the client does not provision.
   */
  readonly workflows: readonly WorkflowOutline[];
  readonly counters: ClientCounters;
  /** Starts to connect, from `idle` or `failed`. `whenLive`, `watch` and `trackUpload` do it too. */
  connect(): void;
  /**
   * Connects, as `connect` does, and resolves when the client is live.
   * @throws StepcastError when it fails, or is closed before
   * @throws the reason of `signal` when that is aborted before
   */
  whenLive(options?: WhenLiveOptions): Promise<void>;
  /**
   * Valid credentials and the identity they are for, refreshed if need be. For building the key and for the upload itself.
   * @throws StepcastError
   */
  credentials(): Promise<ResolvedCredentials>;
  /**
   * Follows one upload, before or after it has been made.
   * @throws ConfigurationError for a text that is no upload ID, and after `close()`
   */
  watch(target: UploadTarget, options?: WatchOptions & { readonly resume?: boolean }): UploadWatch;
  /**
   * A key below the prefix of this person that no other upload has: `users/IDENTITY/3f8a91c2/photo.png`. For a file whose upload an
   * earlier page has not finished, its key, so that the upload goes on where it was.
   * @throws StepcastError without credentials
   */
  keyFor(file: FileName, options: { readonly bucket: string }): Promise<string>;
  /**
   * All files of this person in a bucket, the newest first, in pages: also those that are too old for the overview, and those whose
   * event never came to the service. `watch` says what is known of one. S3 is asked, with the person's own credentials, so it
   * lists what is still there, by the time of its last upload.
   * @throws S3UploadError when S3 refuses, or has more than 20,000 files of this person
   * @throws StepcastError without credentials
   * @throws the reason of `signal`
   */
  earlierUploads(options: EarlierUploadsOptions): AsyncIterable<readonly EarlierUpload[]>;
  /** Uploads and follows, as one object. See {@link TrackUploadOptions}. */
  trackUpload(options: TrackUploadOptions): UploadTracker;
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (payload: ClientEvents[Name]) => void,
  ): () => void;
  /** Ends the connection and every watch. Resolves when positions are stored. Idempotent. */
  close(): Promise<void>;
}
