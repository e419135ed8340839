import { seededRandom } from '@stepcast/correlator/testing';
import { randomInt, type Random } from './seeded.ts';

/** What an execution does. The names are those of its states. */
export type Step =
  | { readonly kind: 'plain'; readonly type: 'Pass' | 'Wait' | 'Choice' | 'Succeed'; readonly name: string }
  | {
      readonly kind: 'task';
      readonly name: string;
      /** How often it fails before it ends as `end` says. Default 0. */
      readonly failures?: number;
      /** Default `succeeds`. */
      readonly end?: 'succeeds' | 'caught' | 'fails';
      /** The execution that it starts and waits for. */
      readonly starts?: string;
    }
  | {
      readonly kind: 'scope';
      readonly type: 'Map' | 'Parallel';
      readonly name: string;
      /** All but the last fail, because a task in one of their lanes does; with `caught`, the last fails as well. */
      readonly tries: readonly Try[];
      readonly caught?: true;
    };

export interface Try {
  /** Branches, or iterations. */
  readonly lanes: readonly (readonly Step[])[];
  /** Iterations at a time. Default all. */
  readonly concurrency?: number;
}

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
 * What must be told of it, noted while the history is made, never by reading it back. Without the counts of Maps: how
 * often they are told is the correlator's choice.
 */
export interface Told {
  readonly kind: string;
  readonly name?: string;
  readonly attempt?: number;
  readonly iteration?: readonly number[];
}

/** A state that a lane is in. */
interface Frame {
  readonly name: string;
  readonly enteredId: number;
  readonly iteration: readonly number[];
  attempt: number | undefined;
  /** What is recorded when it is stopped; nothing once a Map or Parallel has failed as a whole. */
  abortType: string | undefined;
  told: boolean;
  lanes: readonly Lane[];
  /** It waits for its retry. */
  rests: boolean;
}

interface Lane {
  readonly index: number;
  readonly iteration: readonly number[];
  last: number;
  frame: Frame | undefined;
}

type Outcome = { readonly failedAt: number } | undefined;
type Run = Generator<undefined, Outcome>;

const work = { resourceType: 'lambda', resource: 'invoke' };
const nested = { resourceType: 'states', resource: 'startExecution.sync:2' };
const data = (name: string) => ({ [name]: '{"canary":"data"}', [`${name}Details`]: { truncated: false } });

/**
 * Writes the history that Step Functions would have recorded of an execution, by the rules seen in histories recorded from
 * AWS: lanes interleave, the retry of a Map or Parallel begins at the event that failed, all that a failure stops points to
 * that event, `MapStateExited` points to the last `MapIterationSucceeded`. A redrive of a task at the top goes on from
 * `ExecutionRedriven`; of that no recording is known.
 */
export class HistoryWriter {
  readonly events: HistoryEvent[] = [];
  readonly told: Told[] = [];
  readonly #random: Random;
  readonly #root: Lane = { index: 0, iteration: [], last: 0, frame: undefined };
  #nowMs: number;
  #redriveCount = 0;

  constructor(seed: number, startMs: number) {
    this.#random = seededRandom(seed);
    this.#nowMs = startMs;
  }

  start(input: unknown): void {
    const roleArn = 'arn:aws:iam::111122223333:role/WorkflowRole';
    this.#emit('ExecutionStarted', 0, {
      input: JSON.stringify(input),
      inputDetails: { truncated: false },
      roleArn,
    });
    this.told.push({ kind: 'executionStarted' });
  }

  /** Runs steps at the top. The last may be a task that fails; then `fail` must follow. */
  run(steps: readonly Step[]): void {
    const run = this.#sequence(this.#root, steps);
    while (run.next().done !== true);
  }

  succeed(): void {
    this.#emit('ExecutionSucceeded', this.#root.last, data('output'));
    this.told.push({ kind: 'executionSucceeded' });
  }

  /** Ends the execution by the task that it is in, which has failed. */
  fail(): void {
    const cause = 'it stayed broken';
    this.#root.last = this.#emit('ExecutionFailed', this.#root.last, { error: 'Broken', cause });
    this.#tell('stepFailed', this.#root.frame);
    this.told.push({ kind: 'executionFailed' });
  }

  /** Redrives it: the task that had failed works again, and succeeds. */
  redrive(): void {
    const frame = this.#root.frame;
    this.#redriveCount += 1;
    this.#root.last = this.#emit('ExecutionRedriven', this.#root.last, { redriveCount: this.#redriveCount });
    this.told.push({ kind: 'executionRedriven' });
    this.#root.last = this.#emit('TaskScheduled', this.#root.last, { ...work, region: 'us-east-1' });
    if (frame?.attempt !== undefined) frame.attempt += 1;
    this.#tell('stepRetried', frame);
    this.#root.last = this.#emit('TaskStarted', this.#root.last, work);
    this.#root.last = this.#emit('TaskSucceeded', this.#root.last, { ...work, ...data('output') });
    if (frame !== undefined) this.#exit(this.#root, frame, 'Task', 'stepSucceeded');
  }

  #emit(type: string, previousEventId: number, details: HistoryEvent['details'] = {}): number {
    this.#nowMs += randomInt(this.#random, 40);
    const id = this.events.length + 1;
    const redriveCount = this.#redriveCount;
    this.events.push({ id, previousEventId, type, timestampMs: this.#nowMs, redriveCount, details });
    return id;
  }

  #tell(kind: string, frame: Frame | undefined): void {
    if (frame === undefined) return;
    const { name, attempt, iteration } = frame;
    this.told.push({
      kind,
      name,
      ...(attempt === undefined ? {} : { attempt }),
      ...(iteration.length === 0 ? {} : { iteration }),
    });
  }

  #enter(lane: Lane, type: string, name: string): Frame {
    lane.last = this.#emit(`${type}StateEntered`, lane.last, { name, ...data('input') });
    const works = type === 'Task' || type === 'Map' || type === 'Parallel';
    const frame: Frame = {
      name,
      enteredId: lane.last,
      iteration: lane.iteration,
      attempt: works ? 1 : undefined,
      abortType: works || type === 'Wait' ? `${type}StateAborted` : undefined,
      told: false,
      lanes: [],
      rests: false,
    };
    lane.frame = frame;
    this.#tell('stepStarted', frame);
    return frame;
  }

  #exit(lane: Lane, frame: Frame, type: string, kind: string): void {
    lane.last = this.#emit(`${type}StateExited`, lane.last, { name: frame.name, ...data('output') });
    this.#tell(kind, frame);
    lane.frame = undefined;
  }

  *#sequence(lane: Lane, steps: readonly Step[]): Run {
    for (const step of steps) {
      const outcome = yield* this.#step(lane, step);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  *#step(lane: Lane, step: Step): Run {
    if (step.kind === 'task') return yield* this.#task(lane, step);
    if (step.kind === 'scope') return yield* this.#scope(lane, step);
    const frame = this.#enter(lane, step.type, step.name);
    yield undefined;
    this.#exit(lane, frame, step.type, 'stepSucceeded');
    yield undefined;
    return undefined;
  }

  *#task(lane: Lane, { name, failures = 0, end = 'succeeds', starts }: Extract<Step, { kind: 'task' }>): Run {
    const frame = this.#enter(lane, 'Task', name);
    yield undefined;
    const resource = starts === undefined ? work : nested;
    const attempts = end === 'succeeds' ? failures + 1 : failures;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      lane.last = this.#emit('TaskScheduled', lane.last, {
        ...resource,
        region: 'us-east-1',
        parameters: '{"canary":"parameters"}',
      });
      frame.attempt = attempt;
      if (attempt > 1) this.#tell('stepRetried', frame);
      yield undefined;
      lane.last = this.#emit('TaskStarted', lane.last, resource);
      yield undefined;
      if (starts !== undefined) {
        const output = JSON.stringify({ ExecutionArn: starts, StartDate: this.#nowMs / 1_000 });
        lane.last = this.#emit('TaskSubmitted', lane.last, {
          ...resource,
          output,
          outputDetails: { truncated: false },
        });
        yield undefined;
      }
      lane.last =
        end === 'succeeds' && attempt === attempts
          ? this.#emit('TaskSucceeded', lane.last, { ...resource, ...data('output') })
          : this.#emit('TaskFailed', lane.last, { ...resource, error: `E${attempt}`, cause: 'broken' });
      yield undefined;
    }
    if (end === 'fails') return { failedAt: lane.last };
    this.#exit(lane, frame, 'Task', end === 'caught' ? 'stepCaught' : 'stepSucceeded');
    yield undefined;
    return undefined;
  }

  *#scope(lane: Lane, { type, name, tries, caught }: Extract<Step, { kind: 'scope' }>): Run {
    const frame = this.#enter(lane, type, name);
    yield undefined;
    for (const [index, attempt] of tries.entries()) {
      const length = attempt.lanes.length;
      const started = this.#emit(`${type}StateStarted`, lane.last, type === 'Map' ? { length } : {});
      if (index > 0) {
        this.#tellStopped(frame);
        frame.attempt = index + 1;
        frame.rests = false;
        this.#tell('stepRetried', frame);
      }
      lane.last = started;
      const outcome = yield* this.#lanes(lane, frame, type, attempt, started);
      if (outcome === undefined) continue;
      lane.last = outcome.failedAt;
      frame.rests = true;
      yield undefined;
    }
    if (caught === true) {
      lane.last = this.#emit(`${type}StateFailed`, lane.last);
      this.#tellStopped(frame);
      frame.abortType = undefined;
      frame.lanes = [];
      yield undefined;
    }
    this.#exit(lane, frame, type, caught === true ? 'stepCaught' : 'stepSucceeded');
    yield undefined;
    return undefined;
  }

  *#lanes(lane: Lane, frame: Frame, type: 'Map' | 'Parallel', attempt: Try, started: number): Run {
    const { lanes: work, concurrency = work.length } = attempt;
    const waiting = [...work.entries()];
    const open: { readonly lane: Lane; readonly run: Run }[] = [];
    const begin = (from: number) => {
      const next = waiting.shift();
      if (next === undefined) return;
      const [index, steps] = next;
      const iteration = type === 'Map' ? [...lane.iteration, index] : lane.iteration;
      const inner: Lane = { index, iteration, last: from, frame: undefined };
      if (type === 'Map') inner.last = this.#emit('MapIterationStarted', from, { name: frame.name, index });
      open.push({ lane: inner, run: this.#sequence(inner, steps) });
      frame.lanes = open.map((one) => one.lane);
    };
    for (let slot = 0; slot < concurrency; slot += 1) begin(started);
    let last = started;
    while (open.length > 0) {
      const at = randomInt(this.#random, open.length);
      const one = open[at];
      if (one === undefined) break;
      const { done, value } = one.run.next();
      if (done === true && value !== undefined) {
        this.#stop(type, frame, one.lane, value.failedAt);
        return value;
      }
      if (done === true) {
        open.splice(at, 1);
        frame.lanes = open.map((other) => other.lane);
        last = one.lane.last;
        if (type === 'Map') {
          last = this.#emit('MapIterationSucceeded', last, { name: frame.name, index: one.lane.index });
          // One that waited begins where the one that made its place ended.
          begin(one.lane.last);
        }
      }
      yield undefined;
    }
    this.#emit(`${type}StateSucceeded`, last);
    lane.last = last;
    return undefined;
  }

  /** All that a failure records at once. */
  #stop(type: 'Map' | 'Parallel', frame: Frame, failed: Lane, failedAt: number): void {
    const { name } = frame;
    if (type === 'Map') {
      this.#emit('MapIterationFailed', failedAt, { name, index: failed.index });
      this.#tell('stepFailed', failed.frame);
      if (failed.frame !== undefined) failed.frame.told = true;
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
    this.#emit(frame.abortType, failedAt);
    if (frame.rests) return;
    for (const lane of frame.lanes) {
      if (frame.abortType === 'MapStateAborted') this.#abortIteration(frame, lane, failedAt);
      this.#abort(lane, failedAt);
    }
  }

  #abortIteration(map: Frame, { index }: Lane, failedAt: number): void {
    this.#emit('MapIterationAborted', failedAt, { name: map.name, index });
  }

  /** What was open inside is told to have ended, in the order in which it was entered. */
  #tellStopped({ lanes }: Frame): void {
    const open: Frame[] = [];
    const gather = (all: readonly Lane[]) => {
      for (const { frame } of all) {
        if (frame === undefined || frame.told) continue;
        open.push(frame);
        gather(frame.lanes);
      }
    };
    gather(lanes);
    for (const frame of open.toSorted((one, other) => one.enteredId - other.enteredId)) {
      this.#tell('stepFailed', frame);
      frame.told = true;
    }
  }
}
