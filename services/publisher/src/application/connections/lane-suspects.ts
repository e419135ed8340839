import { PublishRefusedError } from '../../ports/mqtt-publisher.port.ts';
import type { Ticket } from './lane-ticket.ts';

/** A message is suspected of closing the connection when it was in flight at this many ends in a row. */
export const SUSPECT_AFTER_CLOSES = 2;
/** A suspect is refused when the connection ended this many times in a row with nothing but it in flight. */
export const REFUSE_AFTER_SOLO_CLOSES = 3;

/**
 * Finds **a message that the broker answers by closing the connection** (MQTT 3.1.1 knows no other refusal), which cannot
 * be distinguished at once from the others that were in flight. One that was in flight at two ends in a row becomes a suspect;
 * suspects are sent alone, after the others have had their turn on the new connection. When three connections in a row end
 * with a suspect alone in flight, it is refused. Such an end counts only if the connection had acknowledged something
 * before, or nothing else was there to be sent: a broker that is down for everybody condemns nobody.
 */
export class Suspects {
  readonly #waiting: Ticket[] = [];
  #alone: Ticket | undefined;
  #connectionWorks = false;

  /** Those that wait for their turn, in order. */
  get waiting(): readonly Ticket[] {
    return this.#waiting;
  }

  /** Whether one has its turn: nothing else may be sent until it has ended. */
  get oneIsAlone(): boolean {
    return this.#alone !== undefined;
  }

  /** A connection begins. */
  connected(): void {
    this.#connectionWorks = false;
  }

  /** The broker answered a message on this connection. */
  answered(): void {
    this.#connectionWorks = true;
  }

  add(ticket: Ticket): void {
    this.#waiting.push(ticket);
  }

  /** Whether they go before jobs that were not begun, `newJobs` in number. */
  goFirst(newJobs: number): boolean {
    return this.#waiting.length > 0 && (this.#connectionWorks || newJobs === 0);
  }

  /** Gives the next one its turn. `undefined`: there is none. */
  takeAlone(): Ticket | undefined {
    this.#alone = this.#waiting.shift();
    return this.#alone;
  }

  /** Whether the ticket has its turn. */
  isAlone(ticket: Ticket): boolean {
    return this.#alone === ticket;
  }

  /** Takes back those that wait. */
  takeAll(): Ticket[] {
    return this.#waiting.splice(0);
  }

  /** The ticket is not on its way any more. */
  ended(ticket: Ticket): void {
    if (this.#alone === ticket) this.#alone = undefined;
  }

  /**
   * The connection ended with the ticket in flight; to be called before {@link ended}.
   * @param othersWait whether anything but suspects waits to be sent
   */
  judge(ticket: Ticket, othersWait: boolean): 'innocent' | 'suspect' | 'guilty' {
    ticket.closes += 1;
    const onlyOne = !othersWait && this.#waiting.length === 0;
    if (this.#alone === ticket && (this.#connectionWorks || onlyOne)) ticket.soloCloses += 1;
    if (ticket.soloCloses >= REFUSE_AFTER_SOLO_CLOSES) return 'guilty';
    return ticket.closes >= SUSPECT_AFTER_CLOSES ? 'suspect' : 'innocent';
  }
}

/** The refusal of a ticket that was found guilty. */
export function refusalOf(ticket: Ticket, cause: unknown): PublishRefusedError {
  return new PublishRefusedError(
    `the connection ended ${ticket.closes} times in a row while it was on its way`,
    undefined,
    { cause },
  );
}
