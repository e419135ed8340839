import { seededRandom } from '@stepcast/correlator/testing';
import {
  data,
  EventLog,
  type Frame,
  type HistoryEvent,
  type Lane,
  type ExpectedEvent,
} from './recorded-events.ts';
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

type Outcome = { readonly failedAt: number } | undefined;
type Run = Generator<undefined, Outcome>;

const work = { resourceType: 'lambda', resource: 'invoke' };
const nested = { resourceType: 'states', resource: 'startExecution.sync:2' };

/**
 * Writes the history that Step Functions would have recorded of an execution, by the rules seen in histories recorded from
 * AWS: lanes interleave, the retry of a Map or Parallel begins at the event that failed, all that a failure stops points to
 * that event, `MapStateExited` points to the last `MapIterationSucceeded`. A redrive of a task at the top goes on from
 * `ExecutionRedriven`; of that no recording is known.
 */
export class HistoryWriter {
  readonly events: readonly HistoryEvent[];
  readonly expected: readonly ExpectedEvent[];
  readonly #log: EventLog;
  readonly #random: Random;
  readonly #root: Lane = { index: 0, iteration: [], last: 0, frame: undefined };

  constructor(seed: number, startMs: number) {
    this.#random = seededRandom(seed);
    this.#log = new EventLog(this.#random, startMs);
    ({ events: this.events, expected: this.expected } = this.#log);
  }

  start(input: unknown): void {
    const roleArn = 'arn:aws:iam::111122223333:role/WorkflowRole';
    this.#log.emit('ExecutionStarted', 0, {
      input: JSON.stringify(input),
      inputDetails: { truncated: false },
      roleArn,
    });
    this.#log.expected.push({ kind: 'executionStarted' });
  }

  /** Runs steps at the top. The last may be a task that fails; then `fail` must follow. */
  run(steps: readonly Step[]): void {
    const run = this.#sequence(this.#root, steps);
    while (run.next().done !== true);
  }

  succeed(): void {
    this.#log.emit('ExecutionSucceeded', this.#root.last, data('output'));
    this.#log.expected.push({ kind: 'executionSucceeded' });
  }

  /** Ends the execution by the task that it is in, which has failed. */
  fail(): void {
    const cause = 'it stayed broken';
    this.#root.last = this.#log.emit('ExecutionFailed', this.#root.last, { error: 'Broken', cause });
    this.#log.tell('stepFailed', this.#root.frame);
    this.#log.expected.push({ kind: 'executionFailed' });
  }

  /** Redrives it: the task that had failed works again, and succeeds. */
  redrive(): void {
    const frame = this.#root.frame;
    this.#log.redriveCount += 1;
    this.#root.last = this.#log.emit('ExecutionRedriven', this.#root.last, {
      redriveCount: this.#log.redriveCount,
    });
    this.#log.expected.push({ kind: 'executionRedriven' });
    this.#root.last = this.#log.emit('TaskScheduled', this.#root.last, { ...work, region: 'us-east-1' });
    if (frame?.attempt !== undefined) frame.attempt += 1;
    this.#log.tell('stepRetried', frame);
    this.#root.last = this.#log.emit('TaskStarted', this.#root.last, work);
    this.#root.last = this.#log.emit('TaskSucceeded', this.#root.last, { ...work, ...data('output') });
    if (frame !== undefined) this.#log.exit(this.#root, frame, 'Task', 'stepSucceeded');
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
    const frame = this.#log.enter(lane, step.type, step.name);
    yield undefined;
    this.#log.exit(lane, frame, step.type, 'stepSucceeded');
    yield undefined;
    return undefined;
  }

  *#task(lane: Lane, { name, failures = 0, end = 'succeeds', starts }: Extract<Step, { kind: 'task' }>): Run {
    const frame = this.#log.enter(lane, 'Task', name);
    yield undefined;
    const resource = starts === undefined ? work : nested;
    const attempts = end === 'succeeds' ? failures + 1 : failures;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      lane.last = this.#log.emit('TaskScheduled', lane.last, {
        ...resource,
        region: 'us-east-1',
        parameters: '{"canary":"parameters"}',
      });
      frame.attempt = attempt;
      if (attempt > 1) this.#log.tell('stepRetried', frame);
      yield undefined;
      lane.last = this.#log.emit('TaskStarted', lane.last, resource);
      yield undefined;
      if (starts !== undefined) {
        const output = JSON.stringify({ ExecutionArn: starts, StartDate: this.#log.nowMs / 1_000 });
        lane.last = this.#log.emit('TaskSubmitted', lane.last, {
          ...resource,
          output,
          outputDetails: { truncated: false },
        });
        yield undefined;
      }
      lane.last =
        end === 'succeeds' && attempt === attempts
          ? this.#log.emit('TaskSucceeded', lane.last, { ...resource, ...data('output') })
          : this.#log.emit('TaskFailed', lane.last, { ...resource, error: `E${attempt}`, cause: 'broken' });
      yield undefined;
    }
    if (end === 'fails') return { failedAt: lane.last };
    this.#log.exit(lane, frame, 'Task', end === 'caught' ? 'stepCaught' : 'stepSucceeded');
    yield undefined;
    return undefined;
  }

  *#scope(lane: Lane, { type, name, tries, caught }: Extract<Step, { kind: 'scope' }>): Run {
    const frame = this.#log.enter(lane, type, name);
    yield undefined;
    for (const [index, attempt] of tries.entries()) {
      const length = attempt.lanes.length;
      const started = this.#log.emit(`${type}StateStarted`, lane.last, type === 'Map' ? { length } : {});
      if (index > 0) {
        this.#log.tellStopped(frame);
        frame.attempt = index + 1;
        frame.rests = false;
        this.#log.tell('stepRetried', frame);
      }
      lane.last = started;
      const outcome = yield* this.#lanes(lane, frame, type, attempt, started);
      if (outcome === undefined) continue;
      lane.last = outcome.failedAt;
      frame.rests = true;
      yield undefined;
    }
    if (caught === true) {
      lane.last = this.#log.emit(`${type}StateFailed`, lane.last);
      this.#log.tellStopped(frame);
      frame.abortType = undefined;
      frame.lanes = [];
      yield undefined;
    }
    this.#log.exit(lane, frame, type, caught === true ? 'stepCaught' : 'stepSucceeded');
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
      if (type === 'Map')
        inner.last = this.#log.emit('MapIterationStarted', from, { name: frame.name, index });
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
        this.#log.stop(type, frame, one.lane, value.failedAt);
        return value;
      }
      if (done === true) {
        open.splice(at, 1);
        frame.lanes = open.map((other) => other.lane);
        last = one.lane.last;
        if (type === 'Map') {
          last = this.#log.emit('MapIterationSucceeded', last, { name: frame.name, index: one.lane.index });
          // One that waited begins where the one that made its place ended.
          begin(one.lane.last);
        }
      }
      yield undefined;
    }
    this.#log.emit(`${type}StateSucceeded`, last);
    lane.last = last;
    return undefined;
  }
}
