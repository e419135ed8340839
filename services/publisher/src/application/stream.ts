import { subjectOf } from '@stepcast/contracts';
import { type Handover } from '@stepcast/wire';
import { type EncodedProgress } from '../domain/progress-messages.ts';
import { offsetProblem, type Piece } from '../domain/pieces.ts';
import type { StreamRef } from '../domain/positions.ts';
import type { JournalEntry } from '../ports/journal.port.ts';
import type { Delivery } from '../ports/progress-queue.port.ts';

/** A piece that waits to be published, and the handover that brought it; none when it was read from the journal. */
export interface Entry {
  readonly piece: Piece;
  readonly handover: { readonly delivery: Delivery; readonly content: Handover } | undefined;
}

/** The messages of the entries that travel together, and what remains of them. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly messages: EncodedProgress[];
  /** Set when the broker refused one of the messages. The others still go. */
  refused: Error | undefined;
}

/**
 * One stream that has something to publish.
 *
 * - `open`: the next entry can be looked at.
 * - `filling`: entries that are missing before the next one are being read from the journal.
 * - `submitted`: a job is with the pool. What comes in meanwhile travels with the next message.
 *
 * open → filling | submitted | gone (nothing left); filling → open; submitted → open.
 */
export interface Stream extends StreamRef {
  readonly key: string;
  phase: 'open' | 'filling' | 'submitted';
  pending: Entry[];
  batch: Batch | undefined;
  /** The last offset that was published, as far as this copy knows. */
  last: number | undefined;
}

export function pieceOfHandover(content: Handover): Piece {
  const { identityId, uploadId, epoch, epochStartedAt, replay, events } = content.progress;
  return {
    identityId,
    uploadId,
    epoch,
    epochStartedAt,
    replay,
    events,
    source: content.source,
    subject: subjectOf(content.state.bucket, content.state.key),
  };
}

export function pieceOfEntry(stream: StreamRef, entry: JournalEntry, from: number, to: number): Piece {
  const events = entry.events.filter(({ offset }) => offset >= from && offset <= to);
  return {
    identityId: stream.identityId,
    uploadId: stream.uploadId,
    epoch: stream.epoch,
    epochStartedAt: entry.epochStartedAt,
    replay: false,
    events,
    source: entry.source,
    subject: subjectOf(entry.state.bucket, entry.state.key),
  };
}

/** What is wrong between the parts of a handover that each are well-formed, or `undefined`. */
export function inconsistency({ progress, state }: Handover): string | undefined {
  if (
    state.identityId !== progress.identityId ||
    state.uploadId !== progress.uploadId ||
    state.position.epoch !== progress.epoch
  )
    return '$.state: is of another stream than $.progress';
  if (state.position.offset < progress.lastOffset)
    return `$.state.position.offset: ${state.position.offset} is before $.progress.lastOffset ${progress.lastOffset}`;
  const problem = offsetProblem(progress);
  return problem === undefined ? undefined : `$.progress.${problem}`;
}
