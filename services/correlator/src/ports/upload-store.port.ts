import type { ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import type { KnownEpoch } from '../domain/upload-object.ts';

/** Port: the versions of each upload, and what else is known of it. */
export interface UploadStore {
  /** Every known version. Consistent. */
  epochs(identityId: IdentityId, uploadId: UploadId): Promise<readonly KnownEpoch[]>;
  /** The same version with the same start again changes nothing. */
  addEpoch(epoch: KnownEpoch): Promise<void>;
  /** The identity that CloudTrail saw uploading, if it did. */
  caller(uploadId: UploadId): Promise<IdentityId | undefined>;
  setCaller(uploadId: UploadId, identityId: IdentityId): Promise<void>;
}

/** Port: executions that name an upload but no version of it, until one is known. */
export interface WaitingRoom {
  enter(uploadId: UploadId, executionArn: ExecutionArn): Promise<void>;
  /** Everybody who waits, who then wait no more. */
  leave(uploadId: UploadId): Promise<readonly ExecutionArn[]>;
}
