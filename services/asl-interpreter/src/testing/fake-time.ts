import type { Clock, Timers } from '@stepcast/kit';

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until somebody moves it, and timers that follow it. */
export class FakeTime implements Clock, Timers {
  #nowMs: number;
  #order = 0;
  readonly #pending = new Set<PendingTimer>();

  constructor(startMs = Date.UTC(2026, 10, 3, 10, 15, 30, 123)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#pending.add(timer);
    return () => this.#pending.delete(timer);
  }

  /** Milliseconds until each pending timer, soonest first. */
  pendingDelays(): number[] {
    return [...this.#pending].map(({ dueMs }) => dueMs - this.#nowMs).sort((a, b) => a - b);
  }

  /** Lets promises settle, then moves to the next timer and fires it; again until `done` says so or no timer is left. */
  async run(done: () => boolean): Promise<void> {
    for (;;) {
      await settle();
      if (done() || !this.#fireNext()) return;
    }
  }

  /** Moves time on by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    while (this.#fireNext(untilMs)) await settle();
    this.#nowMs = untilMs;
  }

  #fireNext(untilMs = Infinity): boolean {
    const [next] = [...this.#pending].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#pending.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.callback();
    return true;
  }
}

/** Until every promise that can settle without time passing has settled. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
