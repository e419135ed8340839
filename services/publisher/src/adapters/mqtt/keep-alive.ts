import type { Timers } from '@stepcast/kit';

export interface KeepAliveOptions {
  /** The longest silence that the broker was promised; 0 for none. */
  readonly seconds: number;
  readonly timers: Timers;
  /** How often something was sent so far, and how often something came. */
  readonly traffic: () => { readonly sent: number; readonly received: number };
  readonly ping: () => void;
  /** Called when the broker has not answered a ping. */
  readonly onSilence: () => void;
}

/**
 * Pings a quiet broker, and notices one that does not answer. It checks every half of the interval, so that neither side
 * is silent for a whole one, and no packet has to move a timer.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #cancel: (() => void) | undefined;
  #before = { sent: -1, received: -1 };
  /** Checks since a ping to which nothing came. */
  #unanswered = 0;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    if (options.seconds > 0) this.#checkLater();
  }

  stop(): void {
    this.#cancel?.();
  }

  #checkLater(): void {
    const { seconds, timers } = this.#options;
    this.#cancel = timers.after(seconds * 500, () => {
      this.#check();
    });
  }

  #check(): void {
    const { traffic, ping, onSilence } = this.#options;
    const { sent, received } = traffic();
    const isAnswered = received !== this.#before.received;
    const hasSent = sent !== this.#before.sent;
    this.#before = { sent, received };
    if (isAnswered) this.#unanswered = 0;
    else if (this.#unanswered > 0) this.#unanswered += 1;
    // A ping has a whole interval for its answer.
    if (this.#unanswered > 2) {
      onSilence();
      return;
    }
    if (this.#unanswered === 0 && !(isAnswered && hasSent)) {
      this.#unanswered = 1;
      ping();
    }
    this.#checkLater();
  }
}
