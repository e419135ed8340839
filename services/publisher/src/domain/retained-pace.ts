import { WindowLimiter } from './window-limiter.ts';

export interface RetainedPaceLimits {
  /** Between two messages of one topic, counted from the PUBACK of the first. */
  readonly intervalMs: number;
  /** Messages of all topics together; `Infinity` where the broker has no such limit. */
  readonly maxPerSecond: number;
  /** When topics have more to say than this many messages a second, each of them speaks more rarely. */
  readonly usualPerSecond: number;
}

/** No topic waits longer than this many intervals for its turn. */
export const MAX_STRETCH = 10;

/** Over how long the demand is averaged. */
const MEMORY_MS = 3_000;

/**
 * When retained topics may be written. Somebody who watches gets the events themselves; a retained message is for whoever
 * comes later, and each takes the place of the one before. So the more topics have something to say, the longer the
 * interval of each: ten uploads have a new state every second, thousands share what one connection carries easily. What
 * ends an upload is urgent: it waits for the shortest interval only.
 *
 * How much there is to say is told by the topics that wait, and by the messages of the last seconds, each counted as often
 * as it was stretched: what went out at a third of the pace would have been three times as much.
 */
export class RetainedPace {
  readonly #limits: RetainedPaceLimits;
  readonly #limiter: WindowLimiter;
  #busy = 0;
  /** Messages that there would have been without this pace, fading. */
  #wanted = 0;
  #wantedAtMs = Number.NEGATIVE_INFINITY;

  constructor(limits: RetainedPaceLimits) {
    this.#limits = limits;
    this.#limiter = new WindowLimiter({
      maxCount: limits.maxPerSecond,
      maxBytes: Infinity,
      windowMs: 1_000,
    });
  }

  /** A topic has something to say. */
  began(): void {
    this.#busy += 1;
  }

  /** A topic that had something to say has nothing any more. */
  ended(): void {
    this.#busy -= 1;
  }

  /**
   * @param last when the last message of the topic was acknowledged, which keeps the distance also at the broker, and how
   * many intervals to count for it (default 1)
   * @returns 0 when the topic may be written now, else in how many milliseconds to ask again
   */
  waitMs(
    nowMs: number,
    last: { readonly atMs: number; readonly intervals?: number },
    { urgent }: { readonly urgent: boolean },
  ): number {
    const stretch = urgent ? 1 : this.#stretch(nowMs);
    const intervalMs = this.#limits.intervalMs * (last.intervals ?? 1) * stretch;
    const ownMs = Math.max(0, last.atMs + intervalMs - nowMs);
    return ownMs > 0 ? ownMs : this.#limiter.waitMs(nowMs, 0);
  }

  /** Notes that a message goes out. */
  record(nowMs: number): void {
    this.#limiter.record(nowMs, 0);
    this.#wanted = this.#wantedNow(nowMs) + this.#stretch(nowMs);
    this.#wantedAtMs = nowMs;
  }

  #wantedNow(nowMs: number): number {
    return this.#wanted * Math.exp(Math.min(0, this.#wantedAtMs - nowMs) / MEMORY_MS);
  }

  #stretch(nowMs: number): number {
    const { usualPerSecond, intervalMs } = this.#limits;
    const waiting = this.#busy / ((usualPerSecond * intervalMs) / 1_000);
    const wanted = this.#wantedNow(nowMs) / ((usualPerSecond * MEMORY_MS) / 1_000);
    return Math.min(MAX_STRETCH, Math.max(1, waiting, wanted));
  }
}
