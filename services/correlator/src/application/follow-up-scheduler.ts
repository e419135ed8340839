import { errorFields, fullJitterMs, type Clock, type Logger, type Timers } from '@stepcast/kit';
import { nameOf, subjectOf, type FollowUp } from './follow-ups.ts';

export interface FollowUpSchedulerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Does the work. @returns what follows from it */
  readonly run: (followUp: FollowUp) => Promise<readonly FollowUp[]>;
}

interface Due {
  readonly followUp: FollowUp;
  readonly attempt: number;
  readonly atMs: number;
  /** Calls its timer off; undefined when its time has come. */
  cancel: (() => void) | undefined;
}

/** What one name has: work under way, and what is due after it. */
interface Slot {
  running: Promise<void> | undefined;
  next: Due | undefined;
}

const RETRY = { baseMs: 500, capMs: 30_000 };
/** A follow-up that failed this often is left to the sweep. */
const MAX_RETRIES = 8;

/**
 * The one place that schedules follow-ups. Of a name, one is under way and one is due at a time; the earlier of two wins.
 * What is due at once needs no timer, and what is due while its name is under way begins when that ends. A follow-up that
 * fails is tried again, later each time.
 */
export class FollowUpScheduler {
  readonly #options: FollowUpSchedulerOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: FollowUpSchedulerOptions) {
    this.#options = options;
  }

  schedule(followUps: Iterable<FollowUp>): void {
    for (const followUp of followUps) this.#add(followUp, followUp.afterMs, 0);
  }

  /** Resolves when nothing is under way or due at once. What is due later does not count. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Calls off what is due, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const [name, slot] of this.#slots) {
      slot.next?.cancel?.();
      slot.next = undefined;
      if (slot.running === undefined) this.#slots.delete(name);
    }
    await this.idle();
  }

  #add(followUp: FollowUp, afterMs: number, attempt: number): void {
    if (this.#stopped) return;
    const name = nameOf(followUp);
    const slot = this.#slotOf(name);
    const atMs = this.#options.clock.nowMs() + Math.max(0, afterMs);
    if (slot.next !== undefined && slot.next.atMs <= atMs) return;
    slot.next?.cancel?.();
    const due: Due = { followUp, attempt, atMs, cancel: undefined };
    slot.next = due;
    if (afterMs <= 0) this.#begin(name, slot);
    else
      due.cancel = this.#options.timers.after(afterMs, () => {
        due.cancel = undefined;
        this.#begin(name, slot);
      });
  }

  #slotOf(name: string): Slot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot: Slot = { running: undefined, next: undefined };
    this.#slots.set(name, slot);
    return slot;
  }

  /** Begins what is due, unless the name is under way: then its end begins it. */
  #begin(name: string, slot: Slot): void {
    const due = slot.next;
    if (due === undefined || slot.running !== undefined || due.cancel !== undefined) return;
    slot.next = undefined;
    const work = this.#run(due).finally(() => {
      slot.running = undefined;
      this.#running.delete(work);
      if (slot.next === undefined) this.#slots.delete(name);
      else this.#begin(name, slot);
    });
    slot.running = work;
    this.#running.add(work);
  }

  /** Never rejects. */
  async #run({ followUp, attempt }: Due): Promise<void> {
    const { run, logger, random } = this.#options;
    try {
      this.schedule(await run(followUp));
    } catch (thrown) {
      logger.warn(
        { followUp: followUp.kind, attempt, ...subjectOf(followUp), ...errorFields(thrown) },
        'follow-up failed',
      );
      if (attempt < MAX_RETRIES)
        this.#add(followUp, RETRY.baseMs + fullJitterMs(attempt, RETRY, random), attempt + 1);
    }
  }
}
