import { WindowLimiter } from './window-limiter.ts';

/** What one connection may carry within any window of time. `Infinity` means no limit. */
export interface PaceLimits {
  readonly maxPublishes: number;
  readonly maxBytes: number;
  readonly windowMs: number;
}

/** The part of the allowance that goes out evenly when nobody goes before his turn. */
const EVEN = 0.8;
/** The part that may go before its turn, of all owners together and of one. */
const EARLY = 0.5;
const EARLY_OF_ONE = 0.05;
/** Into how many portions the even part is cut at most. */
const PORTIONS = 100;

/** How many messages of a window go out evenly at most. */
export function evenShare(maxPublishes: number): number {
  return Math.ceil(maxPublishes * EVEN);
}

/**
 * When one connection may send its next message.
 *
 * Most goes out evenly, in its turn: a window's whole allowance spent at once, by one identity's burst, would have all
 * others wait for the rest of the window. A few messages of each owner in each window may go before their turn, so that
 * who has little to say hardly notices a connection that somebody else keeps busy. What went early slows down what goes
 * evenly, so that a fifth of the allowance stays free for the next who has little to say.
 */
export class ConnectionPace {
  readonly #limits: PaceLimits;
  readonly #window: WindowLimiter;
  /** Of the last window, oldest first. */
  #early: { readonly atMs: number; readonly owner: string }[] = [];
  #portion = { beganMs: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    const { maxPublishes, maxBytes, windowMs } = limits;
    this.#window = new WindowLimiter({ maxCount: maxPublishes, maxBytes, windowMs });
  }

  /** 0 when a message of `bytes` may go now in its turn, else in how many milliseconds to ask again. */
  waitMs(nowMs: number, bytes: number): number {
    return Math.max(this.#window.waitMs(nowMs, bytes), this.#waitForPortionMs(nowMs));
  }

  /** Whether a message of the owner may go before its turn. */
  mayGoEarly(nowMs: number, owner: string, bytes: number): boolean {
    const { maxPublishes } = this.#limits;
    this.#forget(nowMs);
    return (
      this.#early.length < maxPublishes * EARLY &&
      this.#early.filter((sent) => sent.owner === owner).length < maxPublishes * EARLY_OF_ONE &&
      this.#window.waitMs(nowMs, bytes) === 0
    );
  }

  /** Notes a message that goes out in its turn. */
  record(nowMs: number, bytes: number): void {
    this.#window.record(nowMs, bytes);
    if (this.#limits.maxPublishes === Infinity) return;
    const { lastsMs } = this.#shape(nowMs);
    const lateMs = nowMs - this.#portion.beganMs - lastsMs;
    // A message that is a little late, because clocks tick, has the next portion begin when it should have.
    if (lateMs >= 0) this.#portion = { beganMs: lateMs < lastsMs ? nowMs - lateMs : nowMs, count: 0 };
    this.#portion.count += 1;
  }

  /** Notes a message that goes out before its turn. */
  recordEarly(nowMs: number, bytes: number, owner: string): void {
    this.#window.record(nowMs, bytes);
    this.#early.push({ atMs: nowMs, owner });
  }

  #waitForPortionMs(nowMs: number): number {
    if (this.#limits.maxPublishes === Infinity) return 0;
    const { lastsMs, holds } = this.#shape(nowMs);
    const leftMs = this.#portion.beganMs + lastsMs - nowMs;
    return leftMs <= 0 || this.#portion.count < holds ? 0 : Math.max(1, Math.ceil(leftMs));
  }

  #shape(nowMs: number): { readonly lastsMs: number; readonly holds: number } {
    const { maxPublishes, windowMs } = this.#limits;
    this.#forget(nowMs);
    const even = Math.max(1, evenShare(maxPublishes) - this.#early.length);
    const holds = Math.max(1, Math.floor(even / PORTIONS));
    return { lastsMs: (windowMs * holds) / even, holds };
  }

  #forget(nowMs: number): void {
    const { windowMs } = this.#limits;
    const firstInWindow = this.#early.findIndex(({ atMs }) => atMs + windowMs > nowMs);
    if (firstInWindow !== 0 && this.#early.length > 0)
      this.#early = firstInWindow < 0 ? [] : this.#early.slice(firstInWindow);
  }
}
