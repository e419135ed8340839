import {
  compareEpochs,
  type Epoch,
  type IdentityId,
  type StartedEpoch,
  type UploadId,
} from '@stepcast/contracts';

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
  readonly position: { readonly epoch: Epoch; readonly offset: number };
}

function epochOf({ position, epochStartedAt }: Place): StartedEpoch {
  return { epoch: position.epoch, epochStartedAt };
}

/**
 * Negative when `a` is older than `b`, 0 when they are the same place. Of two epochs,
 * {@link compareEpochs} says which is newer, which is also how the journal's keys sort.
 */
export function comparePlaces(a: Place, b: Place): number {
  const epochs = compareEpochs(epochOf(a), epochOf(b));
  return epochs === 0 ? a.position.offset - b.position.offset : epochs;
}

/** Whether `place` is beyond `than`. */
export function isNewer(place: Place, than: Place | undefined): boolean {
  return than === undefined || comparePlaces(place, than) > 0;
}
