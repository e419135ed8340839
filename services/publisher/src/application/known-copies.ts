import { errorFields, type Clock, type Logger, type Timers } from '@stepcast/kit';
import type { CopiesReader } from '../ports/copies.port.ts';

/** From the end of one reading to the next. */
export const READ_EVERY_MS = 10_000;
/** A reading says nothing about later than this: two may fail, and a third is on its way. ECS takes longer to start a task. */
export const BELIEVED_MS = 30_000;
/**
 * A copy that ECS stops is gone from its numbers at once, and publishes for up to 30 s more. So a number holds for so long after the next
 * one was asked for, with 10 s for the answer: the copy may have been stopped just before.
 */
export const DRAINING_MS = 40_000;

export interface KnownCopiesOptions {
  readonly reader: CopiesReader;
  /** The most that can run at the same time: what holds while the number is not known. */
  readonly most: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

interface Reading {
  readonly count: number;
  readonly atMs: number;
}

/** The newest reading, and those whose successor is not old enough for all the copies that it misses to be gone. */
function stillHolding(readings: readonly Reading[], nowMs: number): readonly Reading[] {
  return readings.filter((_, index) => {
    const next = readings[index + 1];
    return next === undefined || nowMs - next.atMs < DRAINING_MS;
  });
}

/**
 * How many copies share what the broker allows, read again and again while the process runs. Of what was read lately, the largest number
 * holds: a number that is too large makes snapshots come later, one that is too small has the broker refuse them.
 */
export class KnownCopies {
  readonly #options: KnownCopiesOptions;
  readonly #stopping = new AbortController();
  #readings: readonly Reading[] = [];
  #unbrokenSinceMs = Number.POSITIVE_INFINITY;
  #isFailing = false;
  #cancel: () => void = () => undefined;

  constructor(options: KnownCopiesOptions) {
    this.#options = options;
  }

  /** Reads at once, and then every {@link READ_EVERY_MS}. */
  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#cancel();
    this.#stopping.abort();
  }

  /**
   * At least 1. The most that can run while answers are missing, and until they have come for {@link DRAINING_MS} without a gap: copies
   * that ECS stopped before, or in the gap, are in none of them.
   */
  get now(): number {
    const { clock, most } = this.#options;
    const nowMs = clock.nowMs();
    const newest = this.#readings.at(-1);
    const isKnown =
      newest !== undefined &&
      nowMs - newest.atMs <= BELIEVED_MS &&
      nowMs - this.#unbrokenSinceMs > DRAINING_MS;
    const late = stillHolding(this.#readings, nowMs);
    return Math.max(isKnown ? 1 : most, ...late.map(({ count }) => count));
  }

  async #read(): Promise<void> {
    const { reader, clock, timers, logger } = this.#options;
    // What is true when the question is asked may not be any more when the answer comes.
    const askedMs = clock.nowMs();
    const { signal } = this.#stopping;
    try {
      const count = await reader.read(signal);
      const before = this.#readings.at(-1);
      if (before === undefined || askedMs - before.atMs > BELIEVED_MS) this.#unbrokenSinceMs = askedMs;
      if (count !== before?.count) logger.info({ copies: count }, 'number of copies');
      this.#readings = stillHolding([...this.#readings, { count, atMs: askedMs }], askedMs);
      this.#isFailing = false;
    } catch (thrown) {
      if (signal.aborted) return;
      if (!this.#isFailing) logger.warn(errorFields(thrown), 'number of copies not read');
      this.#isFailing = true;
    }
    if (!signal.aborted) this.#cancel = timers.after(READ_EVERY_MS, () => void this.#read());
  }
}
