import type { Clock, Timers } from '@stepcast/kit';
import type { RetainedBudget } from '../../domain/retained-budget.ts';

/** A turn that has been asked for and has not come. */
export interface AwaitedTurn {
  readonly isUrgent: boolean;
  /** It need not come any more. */
  cancel(): void;
}

interface Awaited {
  readonly run: () => void;
  isCancelled: boolean;
}

/** First in, first out. What was cancelled is skipped. */
class Line {
  #awaited: Awaited[] = [];
  #head = 0;

  get first(): Awaited | undefined {
    while (this.#awaited[this.#head]?.isCancelled === true) this.#leave();
    return this.#awaited[this.#head];
  }

  join(run: () => void): Awaited {
    const awaited = { run, isCancelled: false };
    this.#awaited.push(awaited);
    return awaited;
  }

  shift(): void {
    this.#leave();
  }

  #leave(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#awaited.length) return;
    this.#awaited = this.#awaited.slice(this.#head);
    this.#head = 0;
  }
}

/**
 * Whose turn it is to send a retained message: as many each second as the budget has, of all topics together, first come,
 * first served, and those that somebody waits for before all others. One timer wakes the first in line, however many wait.
 */
export class RetainedTurns {
  readonly #budget: RetainedBudget;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #urgent = new Line();
  readonly #patient = new Line();
  #cancelWake: (() => void) | undefined;

  constructor(budget: RetainedBudget, clock: Clock, timers: Timers) {
    this.#budget = budget;
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * Asks for a turn.
   * @param isUrgent whether somebody waits for the message
   * @param run called when the turn comes: before this returns where there is room
   * @returns the turn that is awaited; `undefined` when it came at once
   */
  ask(isUrgent: boolean, run: () => void): AwaitedTurn | undefined {
    const line = isUrgent ? this.#urgent : this.#patient;
    if (line.first === undefined && this.#budget.waitMs(this.#clock.nowMs(), isUrgent) === 0) {
      this.#budget.record(this.#clock.nowMs(), isUrgent);
      run();
      return undefined;
    }
    const awaited = line.join(run);
    // The timer may be that of one who has to wait for longer.
    if (isUrgent || this.#cancelWake === undefined) this.#wake();
    return {
      isUrgent,
      cancel() {
        awaited.isCancelled = true;
      },
    };
  }

  /** Gives turns to those who have waited, as long as there is room, and sets the timer for the next. */
  #wake(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    for (;;) {
      const isUrgent = this.#urgent.first !== undefined;
      const line = isUrgent ? this.#urgent : this.#patient;
      const { first } = line;
      if (first === undefined) return;
      const nowMs = this.#clock.nowMs();
      const waitMs = this.#budget.waitMs(nowMs, isUrgent);
      if (waitMs > 0) {
        this.#wakeIn(waitMs);
        return;
      }
      line.shift();
      this.#budget.record(nowMs, isUrgent);
      first.run();
    }
  }

  #wakeIn(waitMs: number): void {
    // One whose turn came may have asked for another.
    this.#cancelWake?.();
    this.#cancelWake = this.#timers.after(waitMs, () => {
      this.#wake();
    });
  }
}
