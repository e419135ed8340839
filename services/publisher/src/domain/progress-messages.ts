import {
  MESSAGE_TYPES,
  type ProgressEvent,
  type ProgressMessage,
  progressMessageId,
} from '@stepcast/contracts';
import { MessageTooLargeError } from './errors.ts';
import { type Piece } from './pieces.ts';

/** A progress message as it goes over the wire. */
export interface EncodedProgress {
  readonly payload: Uint8Array;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly events: number;
  readonly truncated: boolean;
  /** When the oldest of its events happened. */
  readonly oldestEventAt: string;
}

/** Long texts of an event are cut to this many characters when nothing else helps. */
const MAX_TEXT = 256;

const withoutProjections = ({ projections: _, ...event }: ProgressEvent): ProgressEvent => event;

const withoutErrorMessage = (event: ProgressEvent): ProgressEvent =>
  event.error === undefined ? event : { ...event, error: { name: event.error.name } };

/** The rest of an event is bounded by its schema, but for these texts. */
const withShortTexts = (event: ProgressEvent): ProgressEvent => ({
  ...event,
  ...(event.step === undefined
    ? {}
    : {
        step: {
          name: event.step.name.slice(0, MAX_TEXT),
          type: event.step.type,
          ...(event.step.attempt === undefined ? {} : { attempt: event.step.attempt }),
        },
      }),
  ...(event.gap === undefined ? {} : { gap: { ...event.gap, reason: event.gap.reason.slice(0, MAX_TEXT) } }),
});

function encode(piece: Piece, events: readonly ProgressEvent[], truncated: boolean): EncodedProgress {
  const { identityId, uploadId, epoch, epochStartedAt, replay, source, subject } = piece;
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a message without events');
  const range = { firstOffset: first.offset, lastOffset: last.offset };
  const message: ProgressMessage = {
    specversion: '1.0',
    id: progressMessageId({ uploadId, epoch, ...range }),
    type: MESSAGE_TYPES.progress,
    // Not "now": the same message sent again is the same to the byte.
    time: last.time,
    source,
    subject,
    datacontenttype: 'application/json',
    data: {
      identityId,
      uploadId,
      epoch,
      epochStartedAt,
      ...range,
      replay,
      events: [...events],
      ...(truncated ? { truncated: true } : {}),
    },
  };
  return {
    payload: Buffer.from(JSON.stringify(message)),
    ...range,
    events: events.length,
    truncated,
    oldestEventAt: first.time,
  };
}

/**
 * The messages that a piece becomes: one, unless it is too large. Then projections are left out, then error messages,
 * then the piece is split in halves; a single event that is still too large has its long texts cut. Offsets are
 * complete whatever happens; a message with something left out says `truncated: true`.
 * @param maxBytes every payload has fewer bytes than this
 * @throws MessageTooLargeError when even one bare event does not fit
 */
export function encodePiece(piece: Piece, maxBytes: number): EncodedProgress[] {
  const whole = encode(piece, piece.events, false);
  if (whole.payload.length < maxBytes) return [whole];

  const bare = piece.events.map(withoutProjections);
  const withoutThem = encode(piece, bare, true);
  if (withoutThem.payload.length < maxBytes) return [withoutThem];

  return splitUntilItFits(piece, bare.map(withoutErrorMessage), maxBytes);
}

function splitUntilItFits(
  piece: Piece,
  events: readonly ProgressEvent[],
  maxBytes: number,
): EncodedProgress[] {
  const encoded = encode(piece, events, true);
  if (encoded.payload.length < maxBytes) return [encoded];
  if (events.length > 1) {
    const middle = Math.ceil(events.length / 2);
    return [
      ...splitUntilItFits(piece, events.slice(0, middle), maxBytes),
      ...splitUntilItFits(piece, events.slice(middle), maxBytes),
    ];
  }
  const short = encode(piece, events.map(withShortTexts), true);
  if (short.payload.length < maxBytes) return [short];
  throw new MessageTooLargeError(`the event at offset ${short.firstOffset}`, short.payload.length, maxBytes);
}
