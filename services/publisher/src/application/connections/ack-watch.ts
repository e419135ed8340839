import type { Clock, Timers } from '@stepcast/kit';

export interface AckWatchOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ackTimeoutMs: number;
  /** When the message that waits longest for its PUBACK was sent; `undefined` when none waits. */
  readonly oldestSentAtMs: () => number | undefined;
  /** Called when it has waited too long. */
  readonly onOverdue: () => void;
}

/** Notices a broker that acknowledges nothing, with one timer for all messages in flight. */
export class AckWatch {
  readonly #options: AckWatchOptions;
  #cancelTimer: (() => void) | undefined;

  constructor(options: AckWatchOptions) {
    this.#options = options;
  }

  /** Watches what is in flight, if it does not already. */
  begin(): void {
    if (this.#cancelTimer !== undefined) return;
    const { clock, timers, ackTimeoutMs, oldestSentAtMs, onOverdue } = this.#options;
    const sentAtMs = oldestSentAtMs();
    if (sentAtMs === undefined) return;
    const dueMs = Math.max(1, sentAtMs + ackTimeoutMs - clock.nowMs());
    this.#cancelTimer = timers.after(dueMs, () => {
      this.#cancelTimer = undefined;
      const stillSentAtMs = oldestSentAtMs();
      if (stillSentAtMs === undefined) return;
      if (clock.nowMs() - stillSentAtMs < ackTimeoutMs) this.begin();
      else onOverdue();
    });
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
