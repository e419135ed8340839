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
  readonly name: string;
  running: Promise<void> | undefined;
  next: Due | undefined;
  /** Waits for its turn. */
  isWaiting: boolean;
  /** Which has its turn next. */
  behind: Slot | undefined;
}

const RETRY = { baseMs: 500, capMs: 30_000 };
/** A follow-up that failed this often is left to the sweep. */
const MAX_RETRIES = 8;
/**
 * Follow-ups under way at a time. Each may read a head from the journal and hold it. Not much fewer: the last of an execution
 * lasts until the retained topics have it, a second or two, and others wait for their turn behind it.
 */
export const MAX_UNDER_WAY = 128;

/**
 * The one place that schedules follow-ups. Of a name, one is under way and one is due at a time; the earlier of two wins.
 * What is due at once needs no timer, and what is due while its name is under way begins when that ends. Beyond
 * {@link MAX_UNDER_WAY}, what is due waits for its turn, in the order in which its time came. A follow-up that fails is
 * tried again, later each time.
 */
export class FollowUpScheduler {
  readonly #options: FollowUpSchedulerOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  /** Slots that wait for their turn: a chain, which takes no memory beside theirs. */
  #first: Slot | undefined;
  #last: Slot | undefined;
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

  /** Calls off what is due or waits for its turn, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#first = undefined;
    this.#last = undefined;
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
    if (afterMs <= 0) this.#begin(slot);
    else
      due.cancel = this.#options.timers.after(afterMs, () => {
        due.cancel = undefined;
        this.#begin(slot);
      });
  }

  #slotOf(name: string): Slot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot: Slot = { name, running: undefined, next: undefined, isWaiting: false, behind: undefined };
    this.#slots.set(name, slot);
    return slot;
  }

  /** Begins what is due when there is room, unless the name is under way: then its end begins it. */
  #begin(slot: Slot): void {
    const due = slot.next;
    if (due === undefined || slot.running !== undefined || slot.isWaiting || due.cancel !== undefined) return;
    if (this.#running.size >= MAX_UNDER_WAY) {
      this.#wait(slot);
      return;
    }
    slot.next = undefined;
    const work = this.#run(due).finally(() => {
      slot.running = undefined;
      this.#running.delete(work);
      if (slot.next === undefined) this.#slots.delete(slot.name);
      // Behind those that wait already, so that one name does not keep its place for itself.
      else if (this.#first === undefined) this.#begin(slot);
      else if (slot.next.cancel === undefined) this.#wait(slot);
      this.#beginWaiting();
    });
    slot.running = work;
    this.#running.add(work);
  }

  #wait(slot: Slot): void {
    slot.isWaiting = true;
    if (this.#last === undefined) this.#first = slot;
    else this.#last.behind = slot;
    this.#last = slot;
  }

  #beginWaiting(): void {
    while (this.#first !== undefined && this.#running.size < MAX_UNDER_WAY) {
      const slot = this.#first;
      this.#first = slot.behind;
      if (this.#first === undefined) this.#last = undefined;
      slot.isWaiting = false;
      slot.behind = undefined;
      this.#begin(slot);
    }
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
