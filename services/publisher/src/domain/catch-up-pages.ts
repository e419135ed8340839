import {
  MESSAGE_TYPES,
  type CatchUpRefusal,
  type DiscontinuityReason,
  type Overview,
  type SessionId,
  type StartedEpoch,
  type UploadId,
} from '@stepcast/contracts';
import { messageText, renderJson, type StoredEntry, withMember } from '@stepcast/wire';
import { SENDER } from './messages.ts';

/** What a page takes besides its items, with room to spare. */
const PAGE_ENVELOPE_BYTES = 1_024;

/** An item of a reply, as JSON text. */
export type ItemText = string;

/** @param state JSON text */
export function stateItem(uploadId: UploadId, state: string): ItemText {
  return withMember(renderJson({ kind: 'state', uploadId }), 'state', state);
}

/** Consecutive entries of one stream, whole: their events stand in the reply as they stand in the journal. */
export function eventsItem(
  uploadId: UploadId,
  { epoch, epochStartedAt }: StartedEpoch,
  { events }: StoredEntry,
): ItemText {
  return withMember(renderJson({ kind: 'events', uploadId, epoch, epochStartedAt }), 'events', events);
}

export function discontinuityItem(uploadId: UploadId, reason: DiscontinuityReason): ItemText {
  return renderJson({ kind: 'discontinuity', uploadId, reason });
}

/** One page of a reply: JSON text of its `data`. */
export type PageText = string;

/** The message of a page. */
export function replyMessage(page: PageText, id: string, time: string): Buffer {
  return Buffer.from(messageText({ id, type: MESSAGE_TYPES.catchUpReply, time, source: SENDER }, page));
}

/** What stands on the last page beside its items. */
export interface ReplyEnd {
  readonly overview?: Overview;
  readonly refusal?: CatchUpRefusal;
}

/** The one page of a reply that refuses a request as a whole. */
export function refusalPage(requestId: SessionId | null, refusal: CatchUpRefusal): PageText {
  return pageText(requestId, { page: 1, last: true, items: [] }, { refusal });
}

function pageText(
  requestId: SessionId | null,
  {
    page,
    last,
    items,
  }: { readonly page: number; readonly last: boolean; readonly items: readonly ItemText[] },
  end: ReplyEnd,
): PageText {
  const text = withMember(renderJson({ requestId, page, last }), 'items', `[${items.join(',')}]`);
  const { overview, refusal } = end;
  const withOverview = overview === undefined ? text : withMember(text, 'overview', renderJson(overview));
  return refusal === undefined ? withOverview : withMember(withOverview, 'refusal', renderJson(refusal));
}

/**
 * Gathers the items of a reply into pages that fit a message, in order. Every page but the last goes out as it fills.
 * An item is never taken apart: entries and states are bounded where they are made, so that each fits a page.
 */
export class ReplyPages {
  readonly #requestId: SessionId;
  readonly #budget: number;
  #items: ItemText[] = [];
  #bytes = 0;
  #page = 1;

  /** @param maxBytes every page has fewer bytes than this as a message */
  constructor(requestId: SessionId, maxBytes: number) {
    this.#requestId = requestId;
    this.#budget = maxBytes - PAGE_ENVELOPE_BYTES;
  }

  /** Adds an item. @returns the page that is full now, if one is */
  add(item: ItemText): PageText | undefined {
    const bytes = Buffer.byteLength(item) + 1;
    const full =
      this.#items.length > 0 && this.#bytes + bytes > this.#budget ? this.#flush(false, {}) : undefined;
    this.#items.push(item);
    this.#bytes += bytes;
    return full;
  }

  /** The last pages: what has gathered, and the overview or the refusal on a page that has room for it. */
  finish(end: ReplyEnd = {}): PageText[] {
    const overviewBytes = end.overview === undefined ? 0 : Buffer.byteLength(renderJson(end.overview)) + 1;
    const full =
      this.#bytes + overviewBytes > this.#budget && this.#items.length > 0 ? [this.#flush(false, {})] : [];
    return [...full, this.#flush(true, end)];
  }

  #flush(last: boolean, end: ReplyEnd): PageText {
    const text = pageText(this.#requestId, { page: this.#page, last, items: this.#items }, end);
    this.#page += 1;
    this.#items = [];
    this.#bytes = 0;
    return text;
  }
}
