import type { Clock } from '@stepcast/kit';
import type { HistoryDetails, HistoryEvent, HistoryEventType } from '../types.ts';

/** Events that one execution may have. A hard quota of Step Functions. */
export const MAX_HISTORY_EVENTS = 25_000;

/** Thrown by `record` when only the terminal event may follow. */
export class HistoryFullError extends Error {
  constructor() {
    super(`The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`);
    this.name = 'HistoryFullError';
  }
}

/**
 * The events of one execution: ids 1, 2, 3… in the order of recording, times that never go back.
 *
 * Who records says which event comes before: the order of ids is the order in time, the previous ids are the order of the
 * workflow.
 */
export class History {
  readonly #clock: Clock;
  readonly #onEvent: (event: HistoryEvent) => void;
  readonly #events: HistoryEvent[] = [];

  constructor(clock: Clock, onEvent: (event: HistoryEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  get lastId(): number {
    return this.#events.length;
  }

  /**
   * Records an event and returns its id. Throws {@link HistoryFullError}.
   * @param timestampMs not before that of the event before; default {@link nowMs}
   */
  record(
    type: HistoryEventType,
    previousEventId: number,
    details: HistoryDetails,
    timestampMs = this.nowMs(),
  ): number {
    if (this.#events.length >= MAX_HISTORY_EVENTS - 1) throw new HistoryFullError();
    return this.#append(type, previousEventId, details, timestampMs);
  }

  /** Records the event that ends the execution; there is always room for it. */
  recordEnd(
    type: HistoryEventType,
    previousEventId: number,
    details: HistoryDetails,
    timestampMs: number,
  ): number {
    return this.#append(type, previousEventId, details, timestampMs);
  }

  /** When an event that is recorded now happens: time never runs backwards in a history. */
  nowMs(): number {
    return Math.max(this.#clock.nowMs(), this.#events.at(-1)?.timestampMs ?? 0);
  }

  #append(
    type: HistoryEventType,
    previousEventId: number,
    details: HistoryDetails,
    timestampMs: number,
  ): number {
    const event: HistoryEvent = {
      id: this.#events.length + 1,
      previousEventId,
      type,
      timestampMs,
      details,
    };
    this.#events.push(event);
    this.#onEvent(event);
    return event.id;
  }
}
