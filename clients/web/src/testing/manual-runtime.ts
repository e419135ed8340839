import type { Runtime } from '../runtime.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test advances it, with its own timers and repeatable chance. Made for tests: nothing waits, nothing
 * depends on the machine's speed.
 */
export class ManualRuntime implements Runtime {
  #nowMs: number;
  #timers = new Set<Timer>();
  #order = 0;
  readonly #random: () => number;

  /**
   * @param nowMs where the clock stands first; default 3 November 2026, 10:00 UTC
   * @param random default: a repeatable sequence
   */
  constructor(nowMs = Date.UTC(2026, 10, 3, 10), random: () => number = repeatable(1)) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  now(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.#random();
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    this.#order += 1;
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets pending promises go on, without moving the clock. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  }

  /** Moves the clock on, firing every timer on its way in its turn. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await this.settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#timers.delete(next);
      next.callback();
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    return [...this.#timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .sort((one, other) => one.atMs - other.atMs || one.order - other.order)[0];
  }
}

/** mulberry32: small, even, repeatable. */
export function repeatable(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
