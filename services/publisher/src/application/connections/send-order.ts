import { TwoLaneQueue } from '../../domain/fair-queue.ts';
import { Suspects } from './lane-suspects.ts';
import { ticketOf, type Ticket } from './lane-ticket.ts';
import type { PublishJob } from './publish-job.ts';

/** A ticket that was prepared for the connection before. */
export interface PreparedTicket {
  readonly ticket: Ticket;
  readonly isSuspect: boolean;
}

/**
 * What a lane has to send, and in which order: the ticket that waits for its pace, then those to be sent again, then new
 * jobs round robin over identities. Where {@link Suspects} go is for them to say. Sends nothing itself.
 */
export class SendOrder {
  readonly suspects = new Suspects();
  readonly #jobs = new TwoLaneQueue<PublishJob>();
  #again: Ticket[] = [];
  #held: Ticket | undefined;

  /** Jobs and tickets that are not on their way yet. */
  get waiting(): number {
    const prepared = this.#again.length + this.suspects.waiting.length + (this.#held === undefined ? 0 : 1);
    return this.#jobs.size + prepared;
  }

  /** Whether jobs that were not begun wait. */
  get hasJobs(): boolean {
    return this.#jobs.size > 0;
  }

  /** Whether anything but suspects waits; the held ticket has had its turn. */
  get othersWait(): boolean {
    return this.#jobs.size + this.#again.length > 0;
  }

  push(job: PublishJob): void {
    this.#jobs.push(job.identityId, job, job.live);
  }

  /** The ticket goes before any other. */
  hold(ticket: Ticket): void {
    this.#held = ticket;
  }

  sendAgain(ticket: Ticket): void {
    this.#again.push(ticket);
  }

  /** The next to be sent. `undefined`: none now. */
  next(inFlight: number): Ticket | undefined {
    // A suspect may be held for its pace like any other: it is the one that goes on.
    if (this.#held !== undefined) {
      const held = this.#held;
      this.#held = undefined;
      return held;
    }
    if (this.suspects.oneIsAlone) return undefined;
    const again = this.#again.shift();
    if (again !== undefined) return again;
    if (!this.suspects.goFirst(this.#jobs.size)) {
      for (let job = this.#jobs.take(); job !== undefined; job = this.#jobs.take()) {
        const ticket = ticketOf(job);
        if (ticket !== undefined) return ticket;
      }
    }
    return inFlight > 0 ? undefined : this.suspects.takeAlone();
  }

  /** Takes back every job that was not begun, in order. */
  takeJobs(): PublishJob[] {
    return this.#jobs.takeAll();
  }

  /** Takes back every ticket whose job may give its message anew, and those that are to be sent again. */
  takePrepared(): PreparedTicket[] {
    const prepared: PreparedTicket[] = [
      ...this.suspects.takeAll().map((ticket) => ({ ticket, isSuspect: true })),
      ...this.#again.splice(0).map((ticket) => ({ ticket, isSuspect: false })),
    ];
    const held = this.#held;
    if (held?.job.renew === undefined) return prepared;
    this.#held = undefined;
    prepared.push({ ticket: held, isSuspect: this.suspects.isAlone(held) });
    this.suspects.ended(held);
    return prepared;
  }

  /** Takes back every ticket. */
  takeTickets(): Ticket[] {
    const held = this.#held === undefined ? [] : [this.#held];
    this.#held = undefined;
    return [...this.#again.splice(0), ...this.suspects.takeAll(), ...held];
  }
}
