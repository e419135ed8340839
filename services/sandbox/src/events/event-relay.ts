import { fullJitterMs, type Timers } from '@stepcast/kit';
import type { Keeper } from '../core/index.ts';
import type { EventBridgeEvent } from './event-bridge.ts';

/** How the relay may misbehave on purpose, each a probability from 0 to 1. */
export interface EventFaults {
  /** An event is delivered twice. */
  readonly duplicate?: number;
  /** An event is overtaken by the one after it. */
  readonly reorder?: number;
  /** An event is held back for up to `maxDelayMs`. */
  readonly delay?: number;
  /** Default 2000. */
  readonly maxDelayMs?: number;
  /** An event is never delivered. */
  readonly lose?: number;
}

export type EventProblem =
  | {
      readonly kind: 'deliveryFailed';
      readonly eventId: string;
      readonly attempt: number;
      readonly error: unknown;
    }
  | {
      readonly kind: 'lost';
      readonly eventId: string;
      readonly reason: 'queueFull' | 'retriesExhausted' | 'closed';
    };

export interface EventRelayOptions {
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive): faults and backoff. Seed it to have the same run again. */
  readonly random: () => number;
  /** Delivers the JSON text of one event, for example into a queue. A rejection is tried again. */
  readonly send: (body: string) => Promise<void>;
  readonly faults?: EventFaults;
  /** Tries for one event. Default 185, as EventBridge has it. */
  readonly maxAttempts?: number;
  /** Events that wait or are under way. Default 10,000; what comes beyond is lost and reported. */
  readonly maxQueued?: number;
  /** Deliveries under way at once. Default 4. */
  readonly concurrency?: number;
  /** How long `close` waits for what is left. Default 2000 ms. */
  readonly closeTimeoutMs?: number;
  /** Where events are stored until they are delivered, across restarts too. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
  /** Called for every failed attempt and every loss. For the log; nothing of the events is in it. */
  readonly onProblem?: (problem: EventProblem) => void;
}

export interface EventRelayStatistics {
  readonly published: number;
  /** Deliveries that were taken; a duplicate counts again. */
  readonly delivered: number;
  readonly lostOnPurpose: number;
  readonly lost: number;
  readonly failedAttempts: number;
  readonly queued: number;
}

interface Delivery {
  readonly eventId: string;
  readonly body: string;
  attempt: number;
}

const backoff = { baseMs: 100, capMs: 30_000 };
/** An event that is to be overtaken waits no longer than this for another one. */
const overtakeWithinMs = 250;

/**
 * Delivers events at least once, without order, as EventBridge does.
 *
 * An event is in exactly one place until it is delivered or lost: `#held` (waits to be overtaken), `#waiting` (a delay on
 * purpose or the backoff before another try), `#ready`, or under way. `#pending` counts all four.
 */
export class EventRelay {
  readonly #options: EventRelayOptions;
  readonly #ready: Delivery[] = [];
  readonly #waiting = new Map<Delivery, () => void>();
  readonly #idle: (() => void)[] = [];
  #held: { readonly delivery: Delivery; readonly cancel: () => void } | undefined;
  #pending = 0;
  #active = 0;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #counts = { published: 0, delivered: 0, lostOnPurpose: 0, lost: 0, failedAttempts: 0 };

  constructor(options: EventRelayOptions) {
    this.#options = options;
  }

  /** Takes an event for delivery. Never blocks, never throws. */
  publish(event: EventBridgeEvent): void {
    const { faults = {} } = this.#options;
    this.#counts.published += 1;
    if (this.#happens(faults.lose)) {
      this.#counts.lostOnPurpose += 1;
      return;
    }
    const body = JSON.stringify(event);
    this.#options.keeper?.put(event.id, body);
    for (let copy = this.#happens(faults.duplicate) ? 2 : 1; copy > 0; copy--)
      this.#accept({ eventId: event.id, body, attempt: 0 });
  }

  /** Takes what an earlier run has stored and not delivered. */
  resume(): void {
    for (const [eventId, body] of this.#options.keeper?.entries() ?? [])
      this.#accept({ eventId, body, attempt: 0 });
  }

  /** Resolves when everything published so far was delivered or lost. */
  whenIdle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    return promise;
  }

  statistics(): EventRelayStatistics {
    return { ...this.#counts, queued: this.#pending };
  }

  /** Gives everything that is left one more try, and stops. What is left then is lost and reported. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#releaseHeld();
    for (const [delivery, cancel] of this.#waiting) {
      cancel();
      this.#ready.push(delivery);
    }
    this.#waiting.clear();
    this.#pump();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.timers.after(this.#options.closeTimeoutMs ?? 2000, resolve);
    await Promise.race([this.whenIdle(), late]);
    cancel();
    this.#state = 'closed';
    for (const delivery of this.#ready.splice(0)) this.#lose(delivery, 'closed');
  }

  #happens(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#options.random() < probability;
  }

  #accept(delivery: Delivery): void {
    const full = this.#pending >= (this.#options.maxQueued ?? 10_000);
    this.#pending += 1;
    if (full || this.#state !== 'open') {
      this.#lose(delivery, full ? 'queueFull' : 'closed');
      return;
    }
    const { faults = {}, random, timers } = this.#options;
    if (this.#happens(faults.delay)) {
      this.#wait(delivery, Math.ceil(random() * (faults.maxDelayMs ?? 2000)));
      return;
    }
    if (this.#held === undefined && this.#happens(faults.reorder)) {
      const cancel = timers.after(overtakeWithinMs, () => {
        this.#releaseHeld();
        this.#pump();
      });
      this.#held = { delivery, cancel };
      return;
    }
    this.#ready.push(delivery);
    this.#releaseHeld();
    this.#pump();
  }

  #releaseHeld(): void {
    if (this.#held === undefined) return;
    this.#held.cancel();
    this.#ready.push(this.#held.delivery);
    this.#held = undefined;
  }

  #wait(delivery: Delivery, delayMs: number): void {
    const cancel = this.#options.timers.after(delayMs, () => {
      this.#waiting.delete(delivery);
      this.#ready.push(delivery);
      this.#pump();
    });
    this.#waiting.set(delivery, cancel);
  }

  #pump(): void {
    while (this.#active < (this.#options.concurrency ?? 4)) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) return;
      this.#active += 1;
      void this.#deliver(delivery);
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    try {
      await this.#options.send(delivery.body);
      this.#counts.delivered += 1;
      this.#options.keeper?.delete(delivery.eventId);
      this.#done();
    } catch (error) {
      delivery.attempt += 1;
      this.#counts.failedAttempts += 1;
      this.#options.onProblem?.({
        kind: 'deliveryFailed',
        eventId: delivery.eventId,
        attempt: delivery.attempt,
        error,
      });
      this.#retry(delivery);
    } finally {
      this.#active -= 1;
      this.#pump();
    }
  }

  #retry(delivery: Delivery): void {
    const { maxAttempts = 185, random } = this.#options;
    if (this.#state !== 'open') this.#lose(delivery, 'closed');
    else if (delivery.attempt >= maxAttempts) this.#lose(delivery, 'retriesExhausted');
    // At least a moment, so that a destination that refuses at once is not asked in a tight loop.
    else this.#wait(delivery, Math.max(10, fullJitterMs(delivery.attempt - 1, backoff, random)));
  }

  #lose(delivery: Delivery, reason: 'queueFull' | 'retriesExhausted' | 'closed'): void {
    this.#counts.lost += 1;
    // What only the end has cut short goes on with the next start.
    if (reason !== 'closed') this.#options.keeper?.delete(delivery.eventId);
    this.#options.onProblem?.({ kind: 'lost', eventId: delivery.eventId, reason });
    this.#done();
  }

  #done(): void {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
