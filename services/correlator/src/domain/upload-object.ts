import { compareEpochs, type Epoch, type IdentityId, type UploadId } from '@stepcast/contracts';

/** A known version of an upload. */
export interface KnownEpoch {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
  readonly sequencer: string | null;
}

/**
 * Orders two sequencers of the same key: the shorter is padded with zeros on the left, then they compare as
 * hexadecimal text (S3 user guide, "Event message structure").
 */
export function compareSequencers(one: string, other: string): number {
  const length = Math.max(one.length, other.length);
  const [a, b] = [one.toUpperCase().padStart(length, '0'), other.toUpperCase().padStart(length, '0')];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The version that counts: the newest by {@link compareEpochs}, whatever the order of the list. */
export function newestEpoch(known: readonly KnownEpoch[]): KnownEpoch | undefined {
  return known.toSorted((one, other) => compareEpochs(other, one))[0];
}

/** Milliseconds left between two versions whose events have the same time, for versions between them that come later. */
const ROOM_MS = 100;

/**
 * When a version began, such that later versions always begin later: readers compare only this. It is the time of the
 * event, moved where that disagrees with the sequencers of the versions known already, since EventBridge gives only
 * whole seconds and two uploads may share one.
 */
export function epochStart(
  known: readonly KnownEpoch[],
  createdMs: number,
  sequencer: string | null,
): string {
  const order = (one: KnownEpoch) =>
    one.sequencer === null || sequencer === null ? 0 : compareSequencers(one.sequencer, sequencer);
  const startsOf = (side: number) =>
    known.filter((one) => order(one) === side).map((one) => Date.parse(one.epochStartedAt));
  const [previousMs, nextMs] = [Math.max(...startsOf(-1)), Math.min(...startsOf(1))];
  let startMs = createdMs;
  if (startMs <= previousMs || startMs >= nextMs) {
    if (!Number.isFinite(nextMs)) startMs = previousMs + ROOM_MS;
    else if (!Number.isFinite(previousMs)) startMs = nextMs - ROOM_MS;
    else startMs = Math.floor((previousMs + nextMs) / 2);
  }
  return new Date(startMs).toISOString();
}
