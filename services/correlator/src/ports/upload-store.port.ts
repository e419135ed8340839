import type { ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import type { SeenCaller } from '../domain/ownership.ts';
import type { KnownEpoch } from '../domain/upload-object.ts';

/** What touches an upload: a version of it, CloudTrail's word on who uploaded it, an execution that waits for a version. */
export type UploadTouch =
  | { readonly kind: 'version'; readonly version: KnownEpoch }
  | { readonly kind: 'caller'; readonly caller: SeenCaller }
  | { readonly kind: 'waiting' };

/** What is known of an upload beside its versions. */
export interface KnownUpload {
  /** Every write that CloudTrail saw, in no order. */
  readonly callers: readonly SeenCaller[];
  /** The version that touched the upload first. It may not be among the versions yet. */
  readonly firstVersion: KnownEpoch | undefined;
}

/**
 * Port: the versions of each upload, and what else is known of it.
 *
 * An upload is touched before a version or a caller of it is added, and before an execution enters the waiting room for
 * it. So `first` says that there was none of these until then, and all that come later read what the first one brought.
 */
export interface UploadStore {
  /** @returns `first` when nothing had touched the upload before; else nothing is changed */
  touch(uploadId: UploadId, touch: UploadTouch): Promise<'first' | 'known'>;
  /** Consistent. */
  known(uploadId: UploadId): Promise<KnownUpload>;
  /** Every known version of an identity's upload. Consistent. */
  epochs(identityId: IdentityId, uploadId: UploadId): Promise<readonly KnownEpoch[]>;
  /** The same version with the same start again changes nothing. */
  addEpoch(epoch: KnownEpoch): Promise<void>;
  /** The same again changes nothing; no caller replaces another. */
  addCaller(uploadId: UploadId, caller: SeenCaller): Promise<void>;
}

/** Port: executions that name an upload but no version of it, until one is known. */
export interface WaitingRoom {
  enter(uploadId: UploadId, executionArn: ExecutionArn): Promise<void>;
  /** All that wait, which then wait no more. */
  leave(uploadId: UploadId): Promise<readonly ExecutionArn[]>;
}
