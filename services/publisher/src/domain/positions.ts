import type { Epoch, IdentityId, UploadId, UploadState } from '@stepcast/contracts';

/** A stream within an epoch: where offsets count. */
export interface StreamRef {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
}

export function streamKey({ identityId, uploadId, epoch }: StreamRef): string {
  return `${identityId}#${uploadId}#${epoch}`;
}

export function uploadKey({ identityId, uploadId }: Pick<StreamRef, 'identityId' | 'uploadId'>): string {
  return `${identityId}#${uploadId}`;
}

/** What orders two positions of one upload. */
export interface Place {
  readonly epochStartedAt: string;
  readonly position: { readonly epoch: string; readonly offset: number };
}

/**
 * Negative when `a` is older than `b`, 0 when they are the same place. The epoch that began later is the newer one; of
 * two that began in the same millisecond the larger token, which is also how the journal's keys sort.
 */
export function comparePlaces(a: Place, b: Place): number {
  if (a.epochStartedAt !== b.epochStartedAt) return a.epochStartedAt < b.epochStartedAt ? -1 : 1;
  if (a.position.epoch !== b.position.epoch) return a.position.epoch < b.position.epoch ? -1 : 1;
  return a.position.offset - b.position.offset;
}

/** Whether `state` says more than `than` does. */
export function isNewer(state: Place, than: Place | undefined): boolean {
  return than === undefined || comparePlaces(state, than) > 0;
}

/** The line of the overview that a state makes. */
export function summaryOf(state: UploadState) {
  const { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt } = state;
  return { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt };
}
