import type { ProgressEvent } from '@stepcast/contracts';
import type { ExecutionRecord, RecordDetails } from '@stepcast/wire';

/** What an event of a history must emit, worked out while the history is made, not by reading it back. */
export interface ExpectedEvent {
  readonly kind: ProgressEvent['kind'];
  readonly name?: string;
  readonly attempt?: number;
  readonly iteration?: readonly number[];
}

/** How a run ended: well, or by the event that failed. */
export type Outcome = 'ok' | { readonly failedAt: number };

export type Run = Generator<undefined, Outcome>;

/** What a lane is in: which state a failure or an abort would be emitted for. */
export interface Frame {
  readonly step: ExpectedEvent;
  readonly enteredId: number;
  /** What is written when it is stopped; nothing for a Map or Parallel that has failed as a whole. */
  readonly abortType: string | undefined;
  /** Its end was emitted. */
  emitted?: boolean;
  /** For a Map or Parallel: what runs inside it, or ran when it failed. */
  inside?: { readonly type: 'Map' | 'Parallel'; readonly name: string; readonly lanes: readonly Running[] };
  /** It waits for its retry: nothing runs inside. */
  rests?: boolean;
}

export interface Running {
  readonly index: number;
  readonly lane: LaneState;
}

export interface LaneState {
  readonly iteration: readonly number[];
  last: number;
  frame: Frame | undefined;
}

/** The start of a state in a lane. */
export function stepOf(name: string, lane: LaneState): ExpectedEvent {
  return {
    kind: 'stepStarted',
    name,
    ...(lane.iteration.length === 0 ? {} : { iteration: lane.iteration }),
  };
}

/** The records of a history in the making, and what they must emit. */
export class HistoryRecorder {
  readonly records: ExecutionRecord[] = [];
  readonly expected: ExpectedEvent[] = [];
  redriveCount = 0;
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  emit(type: string, previousEventId: number, details: RecordDetails = {}): number {
    const id = this.records.length + 1;
    const timestampMs = this.#startMs + id * 37;
    const { redriveCount } = this;
    this.records.push({ id, type, previousEventId, timestampMs, redriveCount, details });
    return id;
  }

  expectStep(kind: ProgressEvent['kind'], step: ExpectedEvent, attempt?: number): void {
    this.expected.push({ ...step, kind, ...(attempt === undefined ? {} : { attempt }) });
  }

  /** All that a failure writes at once, in the order of recorded histories: each record points to the event that failed. */
  failLanes(
    type: 'Map' | 'Parallel',
    name: string,
    failed: Running,
    failedAt: number,
    lanes: readonly Running[],
  ): void {
    if (type === 'Map') {
      this.emit('MapIterationFailed', failedAt, { name, index: failed.index });
      const { frame } = failed.lane;
      if (frame !== undefined) {
        this.expected.push({ ...frame.step, kind: 'stepFailed' });
        frame.emitted = true;
      }
    }
    this.#abortLane(failed.lane, failedAt);
    for (const other of lanes) {
      if (other === failed) continue;
      if (type === 'Map') this.emit('MapIterationAborted', failedAt, { name, index: other.index });
      this.#abortLane(other.lane, failedAt);
    }
  }

  /** From the outside inwards. */
  #abortLane({ frame }: LaneState, failedAt: number): void {
    if (frame?.abortType === undefined) return;
    this.emit(frame.abortType, failedAt);
    if (frame.rests === true) return;
    for (const { lane, index } of frame.inside?.lanes ?? []) {
      if (frame.inside?.type === 'Map')
        this.emit('MapIterationAborted', failedAt, { name: frame.inside.name, index });
      this.#abortLane(lane, failedAt);
    }
  }

  /** What was open inside ends, in the order in which it was entered. */
  expectStopped({ inside }: Frame): void {
    const open: Frame[] = [];
    const gather = (lanes: readonly Running[]) => {
      for (const { lane } of lanes) {
        if (lane.frame === undefined || lane.frame.emitted === true) continue;
        open.push(lane.frame);
        gather(lane.frame.inside?.lanes ?? []);
      }
    };
    gather(inside?.lanes ?? []);
    for (const frame of open.toSorted((one, other) => one.enteredId - other.enteredId)) {
      this.expected.push({ ...frame.step, kind: 'stepFailed' });
      frame.emitted = true;
    }
  }
}

/** What the runs of states share while a history is made. */
export interface HistoryMaking {
  readonly recorder: HistoryRecorder;
  /** A random whole number, 0 or more. */
  readonly below: (limit: number) => number;
  readonly chance: (probability: number) => boolean;
  /** A name that no other state has. */
  readonly nextName: (type: string) => string;
}
