import {
  MESSAGE_TYPES,
  type CatchUpItem,
  type CatchUpRefusal,
  type CatchUpReply,
  type CatchUpReplyMessage,
  type Overview,
  type ProgressEvent,
  type SessionId,
} from '@stepcast/contracts';
import { SENDER, trimState } from './state-messages.ts';

/** What a page takes besides its items, with room to spare. */
const PAGE_ENVELOPE_BYTES = 1_024;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** An event without what may be left out, for one that would not fit a page by itself. */
function bareEvent(event: ProgressEvent): ProgressEvent {
  const { projections: _, ...rest } = event;
  return rest.error === undefined ? rest : { ...rest, error: { name: rest.error.name } };
}

export function encodeReply(reply: CatchUpReply, id: string, time: string): Uint8Array {
  const message: CatchUpReplyMessage = {
    specversion: '1.0',
    id,
    type: MESSAGE_TYPES.catchUpReply,
    time,
    source: SENDER,
    datacontenttype: 'application/json',
    data: reply,
  };
  return Buffer.from(JSON.stringify(message));
}

/** Gathers the items of a reply into pages that fit a message, in order. Every page but the last goes out as it fills. */
export class ReplyPages {
  readonly #requestId: SessionId;
  readonly #budget: number;
  #items: CatchUpItem[] = [];
  #bytes = 0;
  #page = 1;

  /** @param maxBytes every page has fewer bytes than this as a message */
  constructor(requestId: SessionId, maxBytes: number) {
    this.#requestId = requestId;
    this.#budget = maxBytes - PAGE_ENVELOPE_BYTES;
  }

  /** Adds an item; returns the pages that are full now. A state that is too large is trimmed, events are split. */
  add(item: CatchUpItem): CatchUpReply[] {
    if (item.kind === 'events') return this.#addEvents(item);
    if (item.kind === 'state') {
      const frame = bytesOf({ ...item, state: {} });
      return this.#put({ ...item, state: trimState(item.state, this.#budget - frame) });
    }
    return this.#put(item);
  }

  /** The last pages: what has gathered, and the overview or the refusal on a page that has room for it. */
  finish(end: { readonly overview?: Overview; readonly refusal?: CatchUpRefusal } = {}): CatchUpReply[] {
    const full =
      end.overview !== undefined && this.#bytes + bytesOf(end.overview) > this.#budget ? [this.#flush()] : [];
    const last: CatchUpReply = { ...this.#flush(), last: true, ...end };
    return [...full, last];
  }

  #put(item: CatchUpItem): CatchUpReply[] {
    const bytes = bytesOf(item);
    const full = this.#items.length > 0 && this.#bytes + bytes > this.#budget ? [this.#flush()] : [];
    this.#items.push(item);
    this.#bytes += bytes;
    return full;
  }

  #addEvents(item: Extract<CatchUpItem, { kind: 'events' }>): CatchUpReply[] {
    const pages: CatchUpReply[] = [];
    const frame = bytesOf({ ...item, events: [] });
    let events: ProgressEvent[] = [];
    let bytes = frame;
    const put = () => {
      if (events.length > 0) pages.push(...this.#put({ ...item, events }));
      events = [];
      bytes = frame;
    };
    for (const event of item.events) {
      let one = event;
      let size = bytesOf(one);
      if (frame + size > this.#budget) {
        one = bareEvent(one);
        size = bytesOf(one);
      }
      if (this.#bytes + bytes + size > this.#budget) {
        put();
        if (this.#items.length > 0 && this.#bytes + bytes + size > this.#budget) pages.push(this.#flush());
      }
      events.push(one);
      bytes += size;
    }
    put();
    return pages;
  }

  #flush(): CatchUpReply {
    const reply: CatchUpReply = {
      requestId: this.#requestId,
      page: this.#page,
      last: false,
      items: this.#items,
    };
    this.#page += 1;
    this.#items = [];
    this.#bytes = 0;
    return reply;
  }
}
