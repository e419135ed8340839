import type { ProgressData, ProgressEvent } from '@stepcast/contracts';
import type { StreamRef } from './positions.ts';

/** Consecutive events of one stream that may travel in one message. */
export interface Piece extends StreamRef {
  /** CloudEvents `source`. */
  readonly source: string;
  /** CloudEvents `subject`. */
  readonly subject: string;
  readonly epochStartedAt: string;
  readonly replay: boolean;
  /** Not empty; offsets rise by one. */
  readonly events: readonly ProgressEvent[];
}

export function firstOffset(piece: Piece): number {
  return piece.events[0]?.offset ?? 0;
}

export function lastOffset(piece: Piece): number {
  return piece.events.at(-1)?.offset ?? 0;
}

/** What is wrong with the offsets of a progress message, or `undefined`. A schema cannot say this. */
export function offsetProblem(data: ProgressData): string | undefined {
  if (data.events.length !== data.lastOffset - data.firstOffset + 1)
    return `${data.events.length} events cannot be offsets ${data.firstOffset} to ${data.lastOffset}`;
  const wrong = data.events.findIndex((event, index) => event.offset !== data.firstOffset + index);
  return wrong < 0
    ? undefined
    : `events.${wrong}.offset is not ${data.firstOffset + wrong}: offsets must rise by one`;
}

/** What to do with the next piece of a stream, given the last offset that was published (undefined: not known). */
export type PiecePlan =
  | { readonly kind: 'publish'; readonly piece: Piece }
  /** Everything in it was published, and it was not redelivered: it was sent to us twice. */
  | { readonly kind: 'duplicate' }
  /** Offsets `from` to `to` must be published first; they are in the journal. */
  | { readonly kind: 'gap'; readonly from: number; readonly to: number };

/**
 * A redelivered piece is published whole, even when it is old: its first delivery may have ended between PUBACK and
 * acknowledgement, or before PUBACK; nobody knows, and a duplicate is harmless where a hole is not.
 */
export function planPiece(
  last: number | undefined,
  piece: Piece,
  delivery: { readonly redelivered: boolean },
): PiecePlan {
  if (last === undefined || delivery.redelivered || piece.replay) {
    if (last !== undefined && firstOffset(piece) > last + 1)
      return { kind: 'gap', from: last + 1, to: firstOffset(piece) - 1 };
    return { kind: 'publish', piece };
  }
  if (firstOffset(piece) > last + 1) return { kind: 'gap', from: last + 1, to: firstOffset(piece) - 1 };
  if (lastOffset(piece) <= last) return { kind: 'duplicate' };
  const events = piece.events.filter((event) => event.offset > last);
  return { kind: 'publish', piece: { ...piece, events } };
}

/** About how many bytes the events of a piece take as JSON. */
function bytesOf(piece: Piece): number {
  return Buffer.byteLength(JSON.stringify(piece.events));
}

/** Whether `next` may travel in the same message behind `piece`. */
function continues(piece: Piece, next: Piece): boolean {
  return (
    firstOffset(next) === lastOffset(piece) + 1 &&
    next.source === piece.source &&
    next.subject === piece.subject &&
    next.replay === piece.replay &&
    next.epochStartedAt === piece.epochStartedAt
  );
}

/**
 * Merges as many pieces from the front as continue one another and stay within `maxBytes`. Merging never makes a
 * message so large that it would have to be trimmed.
 * @param pieces not empty, all of one stream and epoch
 */
export function mergePieces(
  pieces: readonly [Piece, ...Piece[]],
  maxBytes: number,
): { readonly merged: Piece; readonly count: number } {
  const [first, ...rest] = pieces;
  if (rest.length === 0) return { merged: first, count: 1 };
  let bytes = bytesOf(first);
  let previous = first;
  const taken: Piece[] = [first];
  for (const next of rest) {
    if (!continues(previous, next)) break;
    bytes += bytesOf(next);
    if (bytes > maxBytes) break;
    taken.push(next);
    previous = next;
  }
  return { merged: { ...first, events: taken.flatMap((piece) => piece.events) }, count: taken.length };
}
