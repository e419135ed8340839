import { fullJitterMs, type Timers } from '@stepcast/kit';
import type { MqttSession } from '../../ports/mqtt-publisher.port.ts';
import { replaceMessage, type Ticket } from './lane-ticket.ts';

/** A refusal that may pass is tried again this often. */
export const TRANSIENT_RETRIES = 5;
const TRANSIENT_BACKOFF = { baseMs: 200, capMs: 5_000 };

export interface LaneRetriesOptions {
  readonly timers: Timers;
  readonly random: () => number;
  /** The connection now; `undefined` while there is none. */
  readonly session: () => MqttSession | undefined;
  readonly isStopped: () => boolean;
  /** Called when a ticket is put back, or is not to be sent any more. */
  readonly onEnd: () => void;
}

/** What becomes of tickets that are to be sent again, until they are put back among those that can be sent. */
export class LaneRetries {
  readonly #options: LaneRetriesOptions;
  #size = 0;

  constructor(options: LaneRetriesOptions) {
    this.#options = options;
  }

  /** Tickets that were not put back yet. */
  get size(): number {
    return this.#size;
  }

  /** Puts a ticket back after a while. */
  later(ticket: Ticket, putBack: (ticket: Ticket) => void): void {
    const { timers, random, isStopped, onEnd } = this.#options;
    const delayMs = fullJitterMs(ticket.transientRefusals, TRANSIENT_BACKOFF, random);
    ticket.transientRefusals += 1;
    this.#size += 1;
    timers.after(delayMs, () => {
      this.#size -= 1;
      if (isStopped()) ticket.job.settle({ kind: 'abandoned' });
      else this.again(ticket, putBack);
      onEnd();
    });
  }

  /**
   * Puts a ticket back, once its job has given the message anew where it does. Without a connection the ticket is put back
   * as it is: to be called again for each when one begins.
   */
  again(ticket: Ticket, putBack: (ticket: Ticket) => void): void {
    const { session, isStopped, onEnd } = this.#options;
    const { renew } = ticket.job;
    const current = session();
    if (renew === undefined || current === undefined) {
      putBack(ticket);
      return;
    }
    this.#size += 1;
    void renew().then((message) => {
      this.#size -= 1;
      if (isStopped()) ticket.job.settle({ kind: 'abandoned' });
      else if (message !== undefined) {
        replaceMessage(ticket, message);
        const now = session();
        // Another connection has begun meanwhile.
        if (now !== undefined && now !== current) this.again(ticket, putBack);
        else putBack(ticket);
      }
      onEnd();
    });
  }
}
