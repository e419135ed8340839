import {
  MAX_OVERVIEW_BYTES,
  MESSAGE_TYPES,
  offsetOf,
  progressMessageId,
  subjectOf,
  type IdentityId,
  type Overview,
  type OverviewEntry,
  type UploadState,
} from '@stepcast/contracts';
import { messageText, renderJson, renderState, withMember, type StoredEntry } from '@stepcast/wire';
import type { StreamRef } from '../reading/streams.ts';

/** What of an upload stands around the events of an entry. */
export interface Frame {
  readonly bucket: string;
  readonly key: string;
  /** Time of the newest event up to the end of the entry. */
  readonly updatedAt: string;
}

/**
 * The progress message of an entry, as the publisher sent it, but for `replay: true`. Its events stand in it as they stand
 * in the journal.
 */
export function replayedProgress(
  stream: StreamRef & { readonly epochStartedAt: string },
  entry: StoredEntry,
  frame: Frame,
): Uint8Array {
  const { identityId, uploadId, epoch, epochStartedAt } = stream;
  const { firstOffset, lastOffset, source, truncated } = entry;
  const data = withMember(
    renderJson({ identityId, uploadId, epoch, epochStartedAt, firstOffset, lastOffset, replay: true }),
    'events',
    entry.events,
  );
  const id = progressMessageId({
    uploadId,
    epoch,
    firstOffset: offsetOf(firstOffset),
    lastOffset: offsetOf(lastOffset),
  });
  return Buffer.from(
    messageText(
      {
        id,
        type: MESSAGE_TYPES.progress,
        time: frame.updatedAt,
        source,
        subject: subjectOf(frame.bucket, frame.key),
      },
      truncated ? withMember(data, 'truncated', 'true') : data,
    ),
  );
}

/** The state message of an upload as it is now. */
export function currentState(state: UploadState, source: string): Uint8Array {
  const { uploadId, position, updatedAt, bucket, key } = state;
  return Buffer.from(
    messageText(
      {
        id: `${uploadId}:${position.epoch}:${position.offset}:state`,
        type: MESSAGE_TYPES.state,
        time: updatedAt,
        source,
        subject: subjectOf(bucket, key),
      },
      renderState(state),
    ),
  );
}

/** Envelope of the overview: what it takes besides its data, with room to spare. */
const ENVELOPE_BYTES = 512;
const bytesOf = (value: unknown) => Buffer.byteLength(renderJson(value));

/** The overview of an identity as it is now: the newest uploads that fit. @param lines newest first */
export function currentOverview(
  identityId: IdentityId,
  lines: readonly OverviewEntry[],
  nowMs: number,
): Uint8Array {
  const asOf = new Date(nowMs).toISOString();
  let bytes = bytesOf({ identityId, uploads: [], asOf, truncated: false });
  const uploads: OverviewEntry[] = [];
  for (const line of lines) {
    bytes += bytesOf(line) + 1;
    if (bytes > MAX_OVERVIEW_BYTES - ENVELOPE_BYTES) break;
    uploads.push(line);
  }
  const overview: Overview = { identityId, uploads, asOf, truncated: uploads.length < lines.length };
  return Buffer.from(
    messageText(
      { id: `${identityId}:overview:${asOf}`, type: MESSAGE_TYPES.overview, time: asOf, source: 'stepcast' },
      renderJson(overview),
    ),
  );
}
