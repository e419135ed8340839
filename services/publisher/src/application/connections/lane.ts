import { type Clock, type Logger, type Timers } from '@stepcast/kit';
import { ConnectionPace } from '../../domain/connection-pace.ts';
import {
  PublishRefusedError,
  type MqttPublisher,
  type MqttSession,
} from '../../ports/mqtt-publisher.port.ts';
import { AckWatch } from './ack-watch.ts';
import { refusalOf } from './lane-suspects.ts';
import { LaneUsage } from './lane-usage.ts';
import { LaneRetries, TRANSIENT_RETRIES } from './lane-retries.ts';
import { ticketOf, type Ticket } from './lane-ticket.ts';
import type { ConnectionLimits, PublishJob, PublishOutcome } from './publish-job.ts';
import { SendOrder } from './send-order.ts';
import { SessionKeeper } from './session-keeper.ts';

export interface LaneOptions {
  readonly id: string;
  readonly publisher: MqttPublisher;
  readonly clientId: string;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onReconnect: () => void;
  /** Called when the broker held a message back because too much is asked of it. */
  readonly onThrottled: () => void;
  /** Called whenever the number in flight changes. */
  readonly onInFlight: (change: number) => void;
}

const ACKNOWLEDGED: PublishOutcome = { kind: 'acknowledged' };

function acknowledge({ job }: Ticket): void {
  job.settle(ACKNOWLEDGED);
}

/**
 * One connection's worth of publishing: takes jobs round robin over identities, within the limits, and sends again what
 * was not acknowledged when a connection ended, before anything new; a job may give its message anew first. Messages that
 * may have ended it are {@link Suspects}.
 */
export class Lane {
  readonly id: string;
  readonly #options: LaneOptions;
  readonly #keeper: SessionKeeper;
  readonly #pace: ConnectionPace;
  readonly #order = new SendOrder();
  readonly #inFlight = new Set<Ticket>();
  readonly #watch: AckWatch;
  readonly #usage: LaneUsage;
  readonly #retries: LaneRetries;
  #session: MqttSession | undefined;
  #cancelPump: (() => void) | undefined;
  #onDrained: (() => void) | undefined;
  #stopped = false;

  constructor(options: LaneOptions) {
    this.id = options.id;
    this.#options = options;
    this.#pace = new ConnectionPace(options.limits);
    this.#usage = new LaneUsage(options.limits);
    this.#retries = new LaneRetries({
      timers: options.timers,
      random: options.random,
      session: () => this.#session,
      isStopped: () => this.#stopped,
      onEnd: () => {
        this.#pump();
        this.#checkDrained();
      },
    });
    this.#watch = new AckWatch({
      clock: options.clock,
      timers: options.timers,
      ackTimeoutMs: options.limits.ackTimeoutMs,
      oldestSentAtMs: () => this.#inFlight.values().next().value?.sentAtMs,
      onOverdue: () => {
        if (this.#session === undefined) return;
        options.logger.warn(
          { lane: this.id, ackTimeoutMs: options.limits.ackTimeoutMs },
          'broker does not acknowledge',
        );
        this.#keeper.giveUp();
      },
    });
    this.#keeper = new SessionKeeper({
      publisher: options.publisher,
      clientId: options.clientId,
      clock: options.clock,
      timers: options.timers,
      random: options.random,
      logger: options.logger,
      onReconnect: options.onReconnect,
      onReady: (session) => {
        this.#session = session;
        this.#order.suspects.connected();
        this.#renewAll();
        this.#pump();
      },
      onLost: () => {
        this.#session = undefined;
        this.#watch.cancel();
      },
    });
  }

  get problem(): string | undefined {
    return this.#keeper.problem;
  }

  start(): void {
    this.#keeper.start();
  }

  submit(job: PublishJob): void {
    if (this.#sendBeforeItsTurn(job)) return;
    this.#order.push(job);
    this.#pump();
  }

  /** Takes back every job that was not begun, in order, for another lane. */
  takeWaiting(): PublishJob[] {
    return this.#order.takeJobs();
  }

  /** The share of the limits that was used since the last call, 0 to 1. */
  takeUsage(intervalMs: number): number {
    return this.#usage.take(intervalMs, { inFlight: this.#inFlight.size, othersWait: this.#order.hasJobs });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onDrained = resolve;
    this.#checkDrained();
    return promise;
  }

  /** Ends the connection. What is not acknowledged by then is abandoned. */
  async stop(options: { readonly force: boolean }): Promise<void> {
    this.#stopped = true;
    this.#cancelPump?.();
    this.#watch.cancel();
    const left = [...this.#inFlight, ...this.#order.takeTickets()];
    await this.#keeper.stop(options);
    for (const ticket of left) this.#finish(ticket, () => ticket.job.settle({ kind: 'abandoned' }));
    for (const job of this.#order.takeJobs()) job.settle({ kind: 'abandoned' });
    this.#checkDrained();
  }

  /**
   * While the connection waits for its pace, live messages of those who have sent little go past the others.
   * @returns whether the job is taken care of
   */
  #sendBeforeItsTurn(job: PublishJob): boolean {
    const session = this.#session;
    if (!job.live || session === undefined || this.#stopped) return false;
    if (this.#cancelPump === undefined || this.#order.suspects.oneIsAlone) return false;
    const nowMs = this.#options.clock.nowMs();
    if (this.#inFlight.size >= this.#room(session) || !this.#pace.mayGoEarly(nowMs, job.identityId, 0))
      return false;
    const ticket = ticketOf(job);
    if (ticket !== undefined && !this.#sendEarly(session, ticket, nowMs)) this.#order.sendAgain(ticket);
    return true;
  }

  #sendEarly(session: MqttSession, ticket: Ticket, nowMs: number): boolean {
    const { live, identityId } = ticket.job;
    if (!live || !this.#pace.mayGoEarly(nowMs, identityId, ticket.bytes)) return false;
    this.#pace.recordEarly(nowMs, ticket.bytes, identityId);
    this.#send(session, ticket, nowMs);
    return true;
  }

  /** How many messages may be without PUBACK. */
  #room({ traits }: MqttSession): number {
    return Math.min(this.#options.limits.maxUnacknowledged, traits.receiveMaximum ?? Infinity);
  }

  #pump(): void {
    const session = this.#session;
    if (session === undefined || this.#stopped || this.#cancelPump !== undefined) return;
    const room = this.#room(session);
    while (this.#inFlight.size < room && this.#session === session) {
      const ticket = this.#order.next(this.#inFlight.size);
      if (ticket === undefined) return;
      const nowMs = this.#options.clock.nowMs();
      const waitMs = this.#pace.waitMs(nowMs, ticket.bytes);
      if (waitMs > 0) {
        if (this.#sendEarly(session, ticket, nowMs)) continue;
        this.#order.hold(ticket);
        this.#cancelPump = this.#options.timers.after(waitMs, () => {
          this.#cancelPump = undefined;
          this.#pump();
        });
        return;
      }
      this.#pace.record(nowMs, ticket.bytes);
      this.#send(session, ticket, nowMs);
    }
  }

  #send(session: MqttSession, ticket: Ticket, nowMs: number): void {
    ticket.sentAtMs = nowMs;
    this.#inFlight.add(ticket);
    this.#usage.sent(ticket.bytes, this.#inFlight.size);
    this.#options.onInFlight(1);
    this.#watch.begin();
    session.publish(ticket.message).then(
      () => {
        this.#acknowledged(ticket);
      },
      (thrown: unknown) => {
        // Before anything else is sent: a session that has lost one message has ended, also if it has not said so yet.
        if (!(thrown instanceof PublishRefusedError) && this.#session === session) this.#session = undefined;
        this.#failed(ticket, thrown);
      },
    );
  }

  /** Settles first and makes room after, so that the stream's next message is in the queue when the room is given away. */
  #finish(ticket: Ticket, settle: (ticket: Ticket) => void): void {
    if (this.#inFlight.delete(ticket)) this.#options.onInFlight(-1);
    this.#order.suspects.ended(ticket);
    settle(ticket);
    this.#pump();
    this.#checkDrained();
  }

  #acknowledged(ticket: Ticket): void {
    if (!this.#inFlight.has(ticket)) return;
    this.#order.suspects.answered();
    this.#keeper.proven();
    this.#finish(ticket, acknowledge);
  }

  #failed(ticket: Ticket, thrown: unknown): void {
    if (!this.#inFlight.has(ticket) || this.#stopped) return;
    if (thrown instanceof PublishRefusedError) {
      this.#order.suspects.answered();
      this.#keeper.proven();
      if (thrown.isThrottle) this.#options.onThrottled();
      if (thrown.retryable && ticket.transientRefusals < TRANSIENT_RETRIES)
        this.#finish(ticket, () => {
          this.#retries.later(ticket, this.#sendAgain);
        });
      else this.#finish(ticket, () => ticket.job.settle({ kind: 'refused', error: thrown }));
      return;
    }
    this.#lost(ticket, thrown);
  }

  /** The connection ended with this ticket in flight. */
  #lost(ticket: Ticket, thrown: unknown): void {
    const verdict = this.#order.suspects.judge(ticket, this.#order.othersWait);
    this.#finish(ticket, () => {
      if (verdict === 'guilty') ticket.job.settle({ kind: 'refused', error: refusalOf(ticket, thrown) });
      else this.#retries.again(ticket, verdict === 'suspect' ? this.#suspect : this.#sendAgain);
    });
  }

  readonly #sendAgain = (ticket: Ticket): void => {
    this.#order.sendAgain(ticket);
  };

  readonly #suspect = (ticket: Ticket): void => {
    this.#order.suspects.add(ticket);
  };

  /** A connection begins: what was prepared for the one before is asked for anew. */
  #renewAll(): void {
    for (const { ticket, isSuspect } of this.#order.takePrepared())
      this.#retries.again(ticket, isSuspect ? this.#suspect : this.#sendAgain);
  }

  #checkDrained(): void {
    if (this.#onDrained === undefined) return;
    if (this.#order.waiting + this.#inFlight.size + this.#retries.size > 0) return;
    this.#onDrained();
    this.#onDrained = undefined;
  }
}
