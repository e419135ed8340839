import type { Timers } from '@stepcast/kit';
import { KEEP_ALIVE_SECONDS } from '../../ports/mqtt-publisher.port.ts';

/**
 * A broker ends a connection on which nothing came in for one and a half times the keep-alive, and a connection brings its
 * packets in order. So what a process sent comes in within this time, or never, even if the process was killed.
 */
export const LATEST_ARRIVAL_MS = KEEP_ALIVE_SECONDS * 1_500;
/** How long after its start another process may still be ending, whose place this one takes: two minutes. */
export const OVERLAP_MS = 120_000;
/** So long after the start of a process, messages of the one before it may come in. */
export const LATE_UNTIL_MS = OVERLAP_MS + LATEST_ARRIVAL_MS;

export interface OverlapOptions {
  /** No other copy publishes. */
  readonly alone: boolean;
  /** For so long after its start another process may still be ending, whose place this one takes. */
  readonly overlapMs: number;
  readonly timers: Timers;
}

/**
 * The first time of a process, in which the one before it may still publish. Several copies are never alone. Timers measure
 * it: the system's time may be set ahead while a process starts, and that must not cut it short.
 */
export class Overlap {
  readonly #alone: boolean;
  /** How long after the start nothing of the process before can come in any more; `undefined`: there is no overlap. */
  readonly repeatAfterMs: number | undefined;
  /** Whether the process before this one may still publish. */
  #isEarly = false;
  #maySeeLate = false;

  constructor({ alone, overlapMs, timers }: OverlapOptions) {
    this.#alone = alone;
    this.repeatAfterMs = alone && overlapMs > 0 ? overlapMs + LATEST_ARRIVAL_MS : undefined;
    if (this.repeatAfterMs === undefined) return;
    this.#isEarly = true;
    this.#maySeeLate = true;
    timers.after(overlapMs, () => {
      this.#isEarly = false;
    });
    timers.after(this.repeatAfterMs, () => {
      this.#maySeeLate = false;
    });
  }

  /** Whether every handover comes through this process now. */
  get isAlone(): boolean {
    return this.#alone && !this.#isEarly;
  }

  /** Whether messages of the process before this one may still come in. */
  get maySeeLate(): boolean {
    return this.#maySeeLate;
  }
}

/** With about 300 bytes for each: 6 MB. */
const MAX_NOTED = 20_000;
/**
 * Topics of one kind that are written again side by side. Each reads the journal, so that all at once would need memory
 * for 20,000 states.
 */
const REPEATED_AT_ONCE = 8;

/**
 * The topics that were written while messages of the process before might come in. One of them, if that process was killed,
 * may come in after such a topic and put it back, and that process is not there to notice: each is written once more when nothing can come in.
 */
export class OverlapTopics<V> {
  readonly #overlap: Overlap;
  readonly #noted = new Map<string, V>();
  #isStopped = false;

  constructor(overlap: Overlap) {
    this.#overlap = overlap;
  }

  /** Of too many, those noted first are forgotten. */
  note(key: string, value: V): void {
    if (!this.#overlap.maySeeLate) return;
    this.#noted.delete(key);
    this.#noted.set(key, value);
    const [oldest] = this.#noted.keys();
    if (this.#noted.size > MAX_NOTED && oldest !== undefined) this.#noted.delete(oldest);
  }

  /**
   * Writes all that was noted once more, a few side by side, and forgets it.
   * @param write resolves when nothing is left to do for the topic; never rejects
   */
  async repeat(write: (value: V) => Promise<void>): Promise<void> {
    // One iterator for all: each takes what the others have not.
    const values = this.#noted.values();
    const writeNext = async () => {
      for (const value of values) {
        if (this.#isStopped) return;
        await write(value);
      }
    };
    await Promise.all(Array.from({ length: REPEATED_AT_ONCE }, writeNext));
    this.#noted.clear();
  }

  /** Nothing more is repeated. */
  stop(): void {
    this.#isStopped = true;
  }
}
