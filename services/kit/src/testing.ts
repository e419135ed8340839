import type { Clock, Timers } from './clock.ts';

/**
 * A clock that stands still until a test advances it, and the timers that live by it. For tests: time passes in
 * `advance`, in order of due time, and after each timer all promises that it settled have run on.
 */
export class ManualTime implements Clock, Timers {
  #nowMs: number;
  #nextId = 0;
  readonly #due = new Map<number, { readonly atMs: number; readonly callback: () => void }>();

  constructor(startMs = Date.UTC(2026, 10, 3, 10, 15)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = this.#nextId++;
    this.#due.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), callback });
    return () => {
      this.#due.delete(id);
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#due.size;
  }

  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      await settle();
      const next = [...this.#due.entries()].sort(([a, one], [b, other]) => one.atMs - other.atMs || a - b)[0];
      if (next === undefined || next[1].atMs > endMs) break;
      this.#due.delete(next[0]);
      this.#nowMs = next[1].atMs;
      next[1].callback();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Lets every promise that is ready run on, chains of them included. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export { datapointsOf, type Datapoint } from './testing/datapoints.ts';
