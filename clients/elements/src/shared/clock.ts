/** Time, for bars that grow. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back before the next paint, once; returns what calls it off. */
  nextFrame(callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  nextFrame: (callback) => {
    const id = requestAnimationFrame(callback);
    return () => cancelAnimationFrame(id);
  },
};

/** Bars grow so often; with reduced motion, once a second. */
const TICK_MS = 100;
const CALM_TICK_MS = 1_000;

/** Calls at most ten times a second while it runs, and not at all while the page is hidden. */
export class Ticker {
  readonly #tick: () => void;
  #clock: Clock = systemClock;
  #cancel: (() => void) | undefined;
  #last = 0;

  constructor(tick: () => void) {
    this.#tick = tick;
  }

  start(clock: Clock): void {
    if (this.#cancel !== undefined && clock === this.#clock) return;
    this.stop();
    this.#clock = clock;
    this.#last = clock.now();
    this.#next();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(): void {
    this.#cancel = this.#clock.nextFrame(() => {
      const now = this.#clock.now();
      if (Math.abs(now - this.#last) >= (wantsCalm() ? CALM_TICK_MS : TICK_MS)) {
        this.#last = now;
        this.#tick();
      }
      if (this.#cancel !== undefined) this.#next();
    });
  }
}

/** Whether this person has asked for less motion. */
export function wantsCalm(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * The time at the service, as far as this device can tell. A clock that is behind what has just happened is set forward. One
 * that is ahead stays as it is: it looks like news that is old.
 */
export class ServiceTime {
  #behindMs = 0;

  heard(iso: string | undefined, now: number): void {
    if (iso !== undefined) this.#behindMs = Math.max(this.#behindMs, Date.parse(iso) - now);
  }

  at(now: number): number {
    return now + this.#behindMs;
  }
}
