import { WindowLimiter } from './window-limiter.ts';

/** The part of the limit that what nobody waits for may use. */
const PATIENT = 0.8;

/**
 * How many retained messages may go out each second, of all topics together. A fifth is reserved for those that somebody
 * waits for: what ends an upload is not delayed by snapshots of those that go on.
 */
export class RetainedBudget {
  readonly #all: WindowLimiter;
  readonly #patient: WindowLimiter;

  /** @param maxPerSecond asked for each time; `Infinity` where the broker has no such limit */
  constructor(maxPerSecond: () => number) {
    const limiterOf = (part: number) =>
      new WindowLimiter({
        get maxCount() {
          return Math.max(1, Math.floor(maxPerSecond() * part));
        },
        maxBytes: Infinity,
        windowMs: 1_000,
      });
    this.#all = limiterOf(1);
    this.#patient = limiterOf(PATIENT);
  }

  /** 0 when a message may go now, else in how many milliseconds to ask again. */
  waitMs(nowMs: number, urgent: boolean): number {
    const waitMs = this.#all.waitMs(nowMs, 0);
    return urgent ? waitMs : Math.max(waitMs, this.#patient.waitMs(nowMs, 0));
  }

  /** Notes that a message goes out. */
  record(nowMs: number, urgent: boolean): void {
    this.#all.record(nowMs, 0);
    if (!urgent) this.#patient.record(nowMs, 0);
  }
}
