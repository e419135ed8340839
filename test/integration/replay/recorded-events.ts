import { randomInt, type Random } from './seeded.ts';

/** One history event, before it is written as history or as a log record. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestampMs: number;
  readonly redriveCount: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * What must be emitted for it, noted while the history is made, never by reading it back. Without the counts of Maps: how
 * often they are emitted is the correlator's choice.
 */
export interface ExpectedEvent {
  readonly kind: string;
  readonly name?: string;
  readonly attempt?: number;
  readonly iteration?: readonly number[];
}

/** A state that a lane is in. */
export interface Frame {
  readonly name: string;
  readonly enteredId: number;
  readonly iteration: readonly number[];
  attempt: number | undefined;
  /** What is recorded when it is stopped; nothing once a Map or Parallel has failed as a whole. */
  abortType: string | undefined;
  ended: boolean;
  lanes: readonly Lane[];
  /** It waits for its retry. */
  rests: boolean;
}

export interface Lane {
  readonly index: number;
  readonly iteration: readonly number[];
  last: number;
  frame: Frame | undefined;
}

/** Text of an execution, which must reach nobody. */
export const data = (name: string) => ({
  [name]: '{"canary":"data"}',
  [`${name}Details`]: { truncated: false },
});

/** The events of a history in the making, and what must be emitted for them. */
export class EventLog {
  readonly events: HistoryEvent[] = [];
  readonly expected: ExpectedEvent[] = [];
  redriveCount = 0;
  readonly #random: Random;
  #nowMs: number;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#nowMs = startMs;
  }

  /** When the newest event was. */
  get nowMs(): number {
    return this.#nowMs;
  }

  emit(type: string, previousEventId: number, details: HistoryEvent['details'] = {}): number {
    this.#nowMs += randomInt(this.#random, 40);
    const id = this.events.length + 1;
    const { redriveCount } = this;
    this.events.push({ id, previousEventId, type, timestampMs: this.#nowMs, redriveCount, details });
    return id;
  }

  tell(kind: string, frame: Frame | undefined): void {
    if (frame === undefined) return;
    const { name, attempt, iteration } = frame;
    this.expected.push({
      kind,
      name,
      ...(attempt === undefined ? {} : { attempt }),
      ...(iteration.length === 0 ? {} : { iteration }),
    });
  }

  enter(lane: Lane, type: string, name: string): Frame {
    lane.last = this.emit(`${type}StateEntered`, lane.last, { name, ...data('input') });
    const works = type === 'Task' || type === 'Map' || type === 'Parallel';
    const frame: Frame = {
      name,
      enteredId: lane.last,
      iteration: lane.iteration,
      attempt: works ? 1 : undefined,
      abortType: works || type === 'Wait' ? `${type}StateAborted` : undefined,
      ended: false,
      lanes: [],
      rests: false,
    };
    lane.frame = frame;
    this.tell('stepStarted', frame);
    return frame;
  }

  exit(lane: Lane, frame: Frame, type: string, kind: string): void {
    lane.last = this.emit(`${type}StateExited`, lane.last, { name: frame.name, ...data('output') });
    this.tell(kind, frame);
    lane.frame = undefined;
  }

  /** All that a failure records at once. */
  stop(type: 'Map' | 'Parallel', frame: Frame, failed: Lane, failedAt: number): void {
    const { name } = frame;
    if (type === 'Map') {
      this.emit('MapIterationFailed', failedAt, { name, index: failed.index });
      this.tell('stepFailed', failed.frame);
      if (failed.frame !== undefined) failed.frame.ended = true;
    }
    this.#abort(failed, failedAt);
    for (const other of frame.lanes) {
      if (other === failed) continue;
      if (type === 'Map') this.#abortIteration(frame, other, failedAt);
      this.#abort(other, failedAt);
    }
  }

  /** From the outside inwards. */
  #abort({ frame }: Lane, failedAt: number): void {
    if (frame?.abortType === undefined) return;
    this.emit(frame.abortType, failedAt);
    if (frame.rests) return;
    for (const lane of frame.lanes) {
      if (frame.abortType === 'MapStateAborted') this.#abortIteration(frame, lane, failedAt);
      this.#abort(lane, failedAt);
    }
  }

  #abortIteration(map: Frame, { index }: Lane, failedAt: number): void {
    this.emit('MapIterationAborted', failedAt, { name: map.name, index });
  }

  /** What was open inside is expected to end, in the order in which it was entered. */
  tellStopped({ lanes }: Frame): void {
    const open: Frame[] = [];
    const gather = (all: readonly Lane[]) => {
      for (const { frame } of all) {
        if (frame === undefined || frame.ended) continue;
        open.push(frame);
        gather(frame.lanes);
      }
    };
    gather(lanes);
    for (const frame of open.toSorted((one, other) => one.enteredId - other.enteredId)) {
      this.tell('stepFailed', frame);
      frame.ended = true;
    }
  }
}
