import type { ExecutionRecord, ProgressEvent, RecordDetails } from '@stepcast/contracts';

/** Numbers from 0 (inclusive) to 1 (exclusive), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What an event of a history must tell, worked out while the history is made, not by reading it back. */
export interface ExpectedEvent {
  readonly kind: ProgressEvent['kind'];
  readonly name?: string;
  readonly attempt?: number;
  readonly iteration?: readonly number[];
}

export interface RandomHistory {
  readonly records: readonly ExecutionRecord[];
  /** Without `uploaded` and `iterationsProgressed`. */
  readonly expected: readonly ExpectedEvent[];
}

export interface HistoryShape {
  /** How deep Maps and Parallels nest. Default 3. */
  readonly maxDepth?: number;
  /** Whether the execution may fail (and then perhaps be redriven). Default true. */
  readonly mayFail?: boolean;
  /** Input of `ExecutionStarted`. */
  readonly input?: string;
  readonly startMs?: number;
}

type Outcome = 'ok' | { readonly failedAt: number; readonly pending: ExpectedEvent };

/** What a lane is in: which state a failure or an abort would be told of. */
interface Frame {
  readonly step: ExpectedEvent;
  last: number;
  readonly abortType: string | undefined;
  /** For a Map or Parallel: what runs inside it. */
  inside?: {
    readonly type: 'Map' | 'Parallel';
    readonly name: string;
    readonly started: number;
    readonly lanes: readonly Running[];
  };
}

interface Running {
  readonly index: number;
  readonly lane: LaneState;
}

interface LaneState {
  readonly iteration: readonly number[];
  last: number;
  frame: Frame | undefined;
}

const workTypes = [
  { scheduled: 'TaskScheduled', started: 'TaskStarted', succeeded: 'TaskSucceeded', failed: 'TaskFailed' },
  {
    scheduled: 'LambdaFunctionScheduled',
    started: 'LambdaFunctionStarted',
    succeeded: 'LambdaFunctionSucceeded',
    failed: 'LambdaFunctionFailed',
  },
] as const;

/**
 * Makes a history as Step Functions would have recorded it: dense ids, `previousEventId` by the rules seen in recorded
 * histories (Map iterations linked to the iteration before, `*StateExited` to the last record inside), branches and
 * iterations interleaved, retries, catches, aborts, a redrive. An interpreter it is not: it follows no definition, it
 * only never writes what AWS would not.
 */
export function randomHistory(seed: number, shape: HistoryShape = {}): RandomHistory {
  const random = seededRandom(seed);
  const { maxDepth = 3, mayFail = true, input, startMs = Date.UTC(2026, 10, 3, 10, 15, 30) } = shape;
  const records: ExecutionRecord[] = [];
  const expected: ExpectedEvent[] = [];
  let redriveCount = 0;
  let names = 0;

  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (probability: number) => random() < probability;

  function emit(type: string, previousEventId: number, details: RecordDetails = {}): number {
    const id = records.length + 1;
    const timestampMs = startMs + id * 37;
    records.push({ id, type, previousEventId, timestampMs, redriveCount, details });
    return id;
  }

  function expectStep(kind: ProgressEvent['kind'], step: ExpectedEvent, attempt?: number): void {
    expected.push({ ...step, kind, ...(attempt === undefined ? {} : { attempt }) });
  }

  function stepOf(name: string, lane: LaneState): ExpectedEvent {
    return {
      kind: 'stepStarted',
      name,
      ...(lane.iteration.length === 0 ? {} : { iteration: lane.iteration }),
    };
  }

  function* simpleState(lane: LaneState, type: 'Pass' | 'Wait' | 'Choice'): Generator<undefined, Outcome> {
    names += 1;
    const name = `${type}${names}`;
    const step = stepOf(name, lane);
    lane.last = emit(`${type}StateEntered`, lane.last, { name });
    expectStep('stepStarted', step);
    lane.frame = { step, last: lane.last, abortType: type === 'Wait' ? 'WaitStateAborted' : undefined };
    yield undefined;
    lane.last = emit(`${type}StateExited`, lane.last, { name });
    expectStep('stepSucceeded', step);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  function* taskState(lane: LaneState, ending: 'ok' | 'caught' | 'fails'): Generator<undefined, Outcome> {
    names += 1;
    const name = `Task${names}`;
    const step = stepOf(name, lane);
    const work = workTypes[below(workTypes.length)] ?? workTypes[0];
    lane.last = emit('TaskStateEntered', lane.last, { name });
    expectStep('stepStarted', step, 1);
    lane.frame = { step: { ...step, attempt: 1 }, last: lane.last, abortType: 'TaskStateAborted' };
    yield undefined;
    const failures = below(3) + (ending === 'ok' ? 0 : 1);
    const attempts = failures + (ending === 'ok' ? 1 : 0);
    let attempt = 1;
    for (let tries = 1; tries <= attempts; tries += 1) {
      attempt = tries;
      lane.last = emit(work.scheduled, lane.last, { resourceType: 'lambda', resource: 'invoke' });
      if (tries > 1) expectStep('stepRetried', step, tries);
      lane.frame = { step: { ...step, attempt: tries }, last: lane.last, abortType: 'TaskStateAborted' };
      yield undefined;
      lane.last = emit(work.started, lane.last);
      yield undefined;
      const succeeds = ending === 'ok' && tries === attempts;
      lane.last = emit(
        succeeds ? work.succeeded : work.failed,
        lane.last,
        succeeds ? {} : { error: `E${tries}` },
      );
      // Between a failure and its retry nothing but the state itself can be aborted.
      yield undefined;
    }
    if (ending === 'fails') return { failedAt: lane.last, pending: { ...step, attempt } };
    lane.last = emit('TaskStateExited', lane.last, { name });
    expectStep(ending === 'caught' ? 'stepCaught' : 'stepSucceeded', step, attempt);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  function* container(
    lane: LaneState,
    type: 'Map' | 'Parallel',
    depth: number,
    ending: 'ok' | 'caught' | 'fails',
  ): Generator<undefined, Outcome> {
    names += 1;
    const name = `${type}${names}`;
    const step = stepOf(name, lane);
    lane.last = emit(`${type}StateEntered`, lane.last, { name });
    expectStep('stepStarted', step, 1);
    lane.frame = { step: { ...step, attempt: 1 }, last: lane.last, abortType: undefined };
    yield undefined;
    const size = 1 + below(type === 'Map' ? 4 : 3);
    const failing = ending === 'ok' ? -1 : below(size);
    const started = emit(`${type}StateStarted`, lane.last, type === 'Map' ? { length: size } : {});
    lane.last = started;
    yield undefined;
    const concurrency = type === 'Map' ? 1 + below(size) : size;
    const waiting = Array.from({ length: size }, (_unused, index) => index);
    const running: {
      index: number;
      lane: LaneState;
      run: Generator<undefined, Outcome>;
      iterationId: number;
    }[] = [];
    lane.frame = {
      step: { ...step, attempt: 1 },
      last: started,
      abortType: undefined,
      inside: { type, name, started, lanes: running },
    };
    const begin = (from: number) => {
      const index = waiting.shift();
      if (index === undefined) return;
      const iteration = type === 'Map' ? [...lane.iteration, index] : lane.iteration;
      const first = type === 'Map' ? emit('MapIterationStarted', from, { name, index }) : started;
      const inner: LaneState = { iteration, last: first, frame: undefined };
      running.push({
        index,
        lane: inner,
        run: sequence(inner, depth - 1, index === failing ? 'fails' : 'ok'),
        iterationId: first,
      });
    };
    for (let slot = 0; slot < concurrency; slot += 1) begin(started);
    let lastInner = started;
    while (running.length > 0) {
      const at = below(running.length);
      const one = running[at];
      if (one === undefined) break;
      const { done, value } = one.run.next();
      lane.last = one.lane.last;
      if (done !== true) {
        yield undefined;
        continue;
      }
      running.splice(at, 1);
      if (value === 'ok') {
        lastInner = one.lane.last;
        if (type === 'Map') {
          const succeeded = emit('MapIterationSucceeded', lastInner, { name, index: one.index });
          if (waiting.length > 0) begin(lastInner);
          else lastInner = chance(0.5) ? succeeded : lastInner;
        }
        yield undefined;
        continue;
      }
      return yield* failContainer(lane, type, name, step, one.index, value, running, ending);
    }
    const succeeded = emit(`${type}StateSucceeded`, lastInner);
    lane.last = emit(`${type}StateExited`, chance(0.8) ? lastInner : succeeded, { name });
    expectStep('stepSucceeded', step, 1);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  /** What runs beside a failure is stopped, from the inside out. */
  function abortLanes(type: 'Map' | 'Parallel', name: string, lanes: readonly Running[]): void {
    for (const { lane, index } of lanes) {
      const { frame } = lane;
      if (frame?.inside !== undefined) {
        const { inside } = frame;
        abortLanes(inside.type, inside.name, inside.lanes);
        emit(`${inside.type}StateAborted`, inside.started);
        expected.push({ ...frame.step, kind: 'stepFailed' });
      } else if (frame?.abortType !== undefined) {
        emit(frame.abortType, lane.last);
        expected.push({ ...frame.step, kind: 'stepFailed' });
      }
      if (type === 'Map') emit('MapIterationAborted', lane.last, { name, index });
    }
  }

  function* failContainer(
    lane: LaneState,
    type: 'Map' | 'Parallel',
    name: string,
    step: ExpectedEvent,
    index: number,
    failure: Exclude<Outcome, 'ok'>,
    others: readonly Running[],
    ending: 'ok' | 'caught' | 'fails',
  ): Generator<undefined, Outcome> {
    let told = false;
    if (type === 'Map') {
      emit('MapIterationFailed', failure.failedAt, { name, index });
      expected.push({ ...failure.pending, kind: 'stepFailed' });
      told = true;
    }
    abortLanes(type, name, others);
    lane.last = emit(`${type}StateFailed`, failure.failedAt);
    if (!told) expected.push({ ...failure.pending, kind: 'stepFailed' });
    lane.frame = { step: { ...step, attempt: 1 }, last: lane.last, abortType: `${type}StateAborted` };
    yield undefined;
    if (ending === 'fails')
      return { failedAt: chance(0.5) ? lane.last : failure.failedAt, pending: { ...step, attempt: 1 } };
    lane.last = emit(`${type}StateExited`, lane.last, { name });
    expectStep('stepCaught', step, 1);
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  function* anyState(lane: LaneState, depth: number, ending: 'ok' | 'fails'): Generator<undefined, Outcome> {
    const pick = random();
    const mode = ending === 'fails' ? 'fails' : chance(0.2) ? 'caught' : 'ok';
    if (depth > 0 && pick < 0.2) return yield* container(lane, 'Map', depth, mode);
    if (depth > 0 && pick < 0.4) return yield* container(lane, 'Parallel', depth, mode);
    if (ending === 'ok' && pick < 0.65)
      return yield* simpleState(lane, (['Pass', 'Wait', 'Choice'] as const)[below(3)] ?? 'Pass');
    return yield* taskState(lane, mode);
  }

  function* sequence(lane: LaneState, depth: number, ending: 'ok' | 'fails'): Generator<undefined, Outcome> {
    const length = 1 + below(depth === maxDepth ? 3 : 2);
    for (let position = 0; position < length; position += 1) {
      const outcome = yield* anyState(
        lane,
        depth,
        ending === 'fails' && position === length - 1 ? 'fails' : 'ok',
      );
      if (outcome !== 'ok') return outcome;
    }
    return 'ok';
  }

  function runAll(run: Generator<undefined, Outcome>): Outcome {
    for (;;) {
      const { done, value } = run.next();
      if (done === true) return value;
    }
  }

  emit('ExecutionStarted', 0, input === undefined ? { inputMissing: 'excluded' } : { input });
  expected.push({ kind: 'executionStarted' });
  const root: LaneState = { iteration: [], last: 0, frame: undefined };
  const fails = mayFail && chance(0.4);
  const outcome = runAll(sequence(root, maxDepth, fails ? 'fails' : 'ok'));
  if (outcome === 'ok') {
    emit('ExecutionSucceeded', root.last);
    expected.push({ kind: 'executionSucceeded' });
    return { records, expected };
  }
  const failed = emit('ExecutionFailed', outcome.failedAt, { error: 'Broken', cause: 'it broke' });
  expected.push({ ...outcome.pending, kind: 'stepFailed' }, { kind: 'executionFailed' });
  const { name } = outcome.pending;
  if (name?.startsWith('Task') === true && chance(0.6)) {
    redriveCount = 1;
    let last = emit('ExecutionRedriven', failed, { redriveCount: 1 });
    expected.push({ kind: 'executionRedriven' });
    const attempt = (outcome.pending.attempt ?? 1) + 1;
    const last0 = emit('TaskScheduled', last, { resourceType: 'lambda', resource: 'invoke' });
    expected.push({ ...outcome.pending, kind: 'stepRetried', attempt });
    last = emit('TaskSucceeded', last0);
    last = emit('TaskStateExited', last, { name });
    expected.push({ ...outcome.pending, kind: 'stepSucceeded', attempt });
    emit('ExecutionSucceeded', last);
    expected.push({ kind: 'executionSucceeded' });
  }
  return { records, expected };
}

/** The same records in another order, some of them more than once, cut into batches. */
export function shuffledBatches(
  records: readonly ExecutionRecord[],
  random: () => number,
  duplicates: number,
): ExecutionRecord[][] {
  const all = [...records, ...structuredClone(records.filter(() => random() < duplicates))];
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const [one, two] = [all[index], all[other]];
    if (one === undefined || two === undefined) continue;
    all[index] = two;
    all[other] = one;
  }
  const batches: ExecutionRecord[][] = [];
  while (all.length > 0) batches.push(all.splice(0, 1 + Math.floor(random() * 12)));
  return batches;
}
