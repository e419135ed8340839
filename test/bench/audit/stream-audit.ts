/** What a subscriber saw of all streams. */
export interface AuditReport {
  readonly messages: number;
  readonly events: number;
  /** Offsets that were passed over. */
  readonly missing: number;
  /** Offsets that came more than once; allowed, a client drops them. */
  readonly repeated: number;
  /** Streams that came to their end. */
  readonly ended: number;
  /** Streams that have begun and not ended. */
  readonly open: number;
}

export interface AuditedMessage {
  readonly stream: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Whether the workflow has come to its end with it. */
  readonly isLast: boolean;
}

/** Streams whose end is remembered, for messages that are redelivered after it. */
const REMEMBERED = 50_000;

/** Looks for holes in the offsets of many streams, and forgets streams that ended. */
export class StreamAudit {
  readonly #open = new Map<string, number>();
  readonly #ended = new Set<string>();
  #messages = 0;
  #events = 0;
  #missing = 0;
  #repeated = 0;
  #endings = 0;

  add({ stream, firstOffset, lastOffset, isLast }: AuditedMessage): void {
    const count = lastOffset - firstOffset + 1;
    this.#messages += 1;
    this.#events += count;
    if (this.#ended.has(stream)) {
      this.#repeated += count;
      return;
    }
    const seen = this.#open.get(stream) ?? 0;
    this.#missing += Math.max(0, firstOffset - seen - 1);
    this.#repeated += Math.max(0, Math.min(count, seen - firstOffset + 1));
    if (!isLast) {
      this.#open.set(stream, Math.max(seen, lastOffset));
      return;
    }
    this.#open.delete(stream);
    this.#endings += 1;
    this.#ended.add(stream);
    if (this.#ended.size > REMEMBERED)
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
  }

  report(): AuditReport {
    return {
      messages: this.#messages,
      events: this.#events,
      missing: this.#missing,
      repeated: this.#repeated,
      ended: this.#endings,
      open: this.#open.size,
    };
  }
}
