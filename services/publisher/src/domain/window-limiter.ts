/** What may pass within any window of time. `Infinity` means no limit. */
export interface WindowLimits {
  /** Asked for each time: it may change, but not to or from `Infinity`. */
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly windowMs: number;
}

/**
 * A sliding-window limit on count and bytes. A token bucket would let twice its capacity through within one window
 * (a full bucket, then the refill); a broker that discards what is over its limit forgives no such burst.
 */
export class WindowLimiter {
  readonly #limits: WindowLimits;
  readonly #unlimited: boolean;
  #sent: { readonly atMs: number; readonly bytes: number }[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
    this.#unlimited = limits.maxCount === Infinity && limits.maxBytes === Infinity;
  }

  /** 0 when `bytes` may pass now, else in how many milliseconds to ask again. What is larger than the whole window passes alone. */
  waitMs(nowMs: number, bytes: number): number {
    if (this.#unlimited) return 0;
    this.#forget(nowMs);
    const count = this.#sent.length - this.#head;
    if (count === 0) return 0;
    if (count < this.#limits.maxCount && this.#bytes + bytes <= this.#limits.maxBytes) return 0;
    const oldest = this.#sent[this.#head];
    return oldest === undefined ? 0 : Math.max(1, Math.ceil(oldest.atMs + this.#limits.windowMs - nowMs));
  }

  /** Notes that `bytes` passed. */
  record(nowMs: number, bytes: number): void {
    if (this.#unlimited) return;
    this.#sent.push({ atMs: nowMs, bytes });
    this.#bytes += bytes;
  }

  #forget(nowMs: number): void {
    for (let oldest = this.#sent[this.#head]; oldest !== undefined; oldest = this.#sent[this.#head]) {
      if (oldest.atMs + this.#limits.windowMs > nowMs) break;
      this.#bytes -= oldest.bytes;
      this.#head += 1;
    }
    if (this.#head > 256) {
      this.#sent = this.#sent.slice(this.#head);
      this.#head = 0;
    }
  }
}
