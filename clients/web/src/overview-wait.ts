import type { Runtime } from './runtime.ts';

/** A retained overview comes with the subscription; what has not come by then is not retained. */
const RETAINED_WAIT_MS = 1_000;

/**
 * Asks for the overview of a person for whom none is retained, so that "no uploads" can be distinguished from "loading".
 * Asks only where somebody listens, and once: `idle` → `waiting` (wanted and live, a timer runs) → `asked`, or `done` when one came.
 */
export class OverviewWait {
  readonly #runtime: Pick<Runtime, 'setTimer'>;
  readonly #ask: () => void;
  #isWanted = false;
  #isLive = false;
  #isDone = false;
  #cancel: (() => void) | undefined;

  constructor(runtime: Pick<Runtime, 'setTimer'>, ask: () => void) {
    this.#runtime = runtime;
    this.#ask = ask;
  }

  /** Somebody listens. */
  wanted(): void {
    this.#isWanted = true;
    this.#arm();
  }

  live(): void {
    this.#isLive = true;
    this.#arm();
  }

  /** An overview has come, of whatever way. */
  came(): void {
    this.#isDone = true;
    this.#stop();
  }

  down(): void {
    this.#isLive = false;
    this.#stop();
  }

  #arm(): void {
    if (!this.#isWanted || !this.#isLive || this.#isDone || this.#cancel !== undefined) return;
    this.#cancel = this.#runtime.setTimer(this.#ask, RETAINED_WAIT_MS);
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
