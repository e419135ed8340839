import {
  Epoch,
  IdentityId,
  Instant,
  Offset,
  OverviewEntry,
  UploadId,
  type ParseResult,
} from '@stepcast/contracts';
import * as z from 'zod/mini';
import { compileSchema } from '../schemas/compile-schema.ts';
import { renderJson } from './render.ts';

/** An entry on its way from the correlator to the publisher, or a snapshot alone. */
export interface Handover {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  /** When the epoch began. Of two epochs of an upload, the one with the later time is the newer. */
  readonly epochStartedAt: string;
  /** CloudEvents `source`: ARN of the state machine, or `stepcast` before any execution is known. */
  readonly source: string;
  /** Of `events`; for a snapshot alone both are the offset of the state. */
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  /** The upload in one line, after the entry. */
  readonly line: OverviewEntry;
  /** When the oldest of the events happened, for the lag. */
  readonly oldestEventAt: string;
  /** Whether details were left out of an event, which was too large with them. */
  readonly truncated: boolean;
  /** The events as JSON array text of at most `MAX_ENTRY_BYTES`; `undefined`: a snapshot alone. */
  readonly events: string | undefined;
  /** The state after the entry as JSON object text of at most `MAX_STATE_BYTES`, when a retained state is due. */
  readonly state: string | undefined;
  /** No line of the identity was in the journal before this one: there is no overview to be read. Absent: not known. */
  readonly identityIsNew?: true | undefined;
}

/** What the header says. Nothing stands in it twice: the line repeats nothing of the rest. */
const Header = z.object({
  version: z.literal(2),
  identityId: IdentityId,
  uploadId: UploadId,
  epoch: Epoch,
  epochStartedAt: Instant,
  source: z.string().check(z.minLength(1)),
  firstOffset: Offset,
  lastOffset: Offset,
  line: z.pick(OverviewEntry, { bucket: true, key: true, status: true, percent: true, updatedAt: true }),
  oldestEventAt: Instant,
  truncated: z.boolean(),
  identityIsNew: z.optional(z.literal(true)),
});
type Header = z.infer<typeof Header>;

const header = compileSchema(Header);

/** Body of a message on the progress queue: the header as JSON, the events, the state, each on a line; both may be empty. */
export function encodeHandover(handover: Handover): string {
  const { identityId, uploadId, epoch, epochStartedAt, source, firstOffset, lastOffset } = handover;
  const { bucket, key, status, percent, updatedAt } = handover.line;
  const own: Header = {
    version: 2,
    identityId,
    uploadId,
    epoch,
    epochStartedAt,
    source,
    firstOffset,
    lastOffset,
    line: { bucket, key, status, percent, updatedAt },
    oldestEventAt: handover.oldestEventAt,
    truncated: handover.truncated,
    ...(handover.identityIsNew === true ? { identityIsNew: true } : {}),
  };
  return `${renderJson(own)}\n${handover.events ?? ''}\n${handover.state ?? ''}`;
}

function wrong<T>(path: string, problem: string): ParseResult<T> {
  return { ok: false, issues: [{ path, problem }] };
}

/** What is wrong with the texts, which are not parsed, or with the offsets, or `undefined`. */
function mistakeOf({ firstOffset, lastOffset }: Header, events: string, state: string) {
  if (firstOffset > lastOffset) return wrong<never>('$.lastOffset', 'is before firstOffset');
  if (events === '' && state === '') return wrong<never>('$', 'neither events nor state');
  if (events === '' && firstOffset !== lastOffset)
    return wrong<never>('$.firstOffset', 'a state alone has one offset');
  if (events !== '' && !(events.startsWith('[{') && events.endsWith('}]')))
    return wrong<never>('$events', 'not the text of a JSON array of events');
  if (state !== '' && !(state.startsWith('{') && state.endsWith('}')))
    return wrong<never>('$state', 'not the text of a JSON object');
  return undefined;
}

/** Reads what {@link encodeHandover} wrote. Parses and checks the header only; events and state stay text. */
export function decodeHandover(text: string): ParseResult<Handover> {
  const headerEnd = text.indexOf('\n');
  const eventsEnd = text.indexOf('\n', headerEnd + 1);
  if (headerEnd < 0 || eventsEnd < 0) return wrong('$', 'not three lines');
  const checked = header.parseText(text.slice(0, headerEnd));
  if (!checked.ok) return checked;
  const events = text.slice(headerEnd + 1, eventsEnd);
  const state = text.slice(eventsEnd + 1);
  const mistake = mistakeOf(checked.value, events, state);
  if (mistake !== undefined) return mistake;
  const { version: _, line, ...rest } = checked.value;
  const { uploadId, epoch, epochStartedAt, lastOffset } = rest;
  return {
    ok: true,
    value: {
      ...rest,
      line: { uploadId, position: { epoch, offset: lastOffset }, epochStartedAt, ...line },
      events: events === '' ? undefined : events,
      state: state === '' ? undefined : state,
    },
  };
}

/**
 * How the progress queue (FIFO) is used: a group for each stream, so that one stream stays in order. What is passed on again
 * in the same shape within five minutes is absorbed by the queue, which has it already. Events alone, events with a state and
 * a state alone have IDs of their own: a state absorbed with an entry that went without one would never be retained.
 */
export function handoverQueueIds(handover: Handover): {
  readonly groupId: string;
  readonly deduplicationId: string;
} {
  const { identityId, uploadId, epoch, firstOffset, lastOffset, events, state } = handover;
  const groupId = `${identityId}#${uploadId}#${epoch}`;
  // Short: SQS takes 128 characters, and a stream may have 115 of them.
  const entry = state === undefined ? String(firstOffset) : `${firstOffset}+`;
  return { groupId, deduplicationId: `${groupId}.${events === undefined ? `s${lastOffset}` : entry}` };
}
