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

type Outcome = 'ok' | { readonly failedAt: number };

/** What a lane is in: which state a failure or an abort would be told of. */
interface Frame {
  readonly step: ExpectedEvent;
  readonly enteredId: number;
  /** What is written when it is stopped; nothing for a Map or Parallel that has failed as a whole. */
  readonly abortType: string | undefined;
  /** Its end was told. */
  told?: boolean;
  /** For a Map or Parallel: what runs inside it, or ran when it failed. */
  inside?: { readonly type: 'Map' | 'Parallel'; readonly name: string; readonly lanes: readonly Running[] };
  /** It waits for its retry: nothing runs inside. */
  rests?: boolean;
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
    lane.frame = {
      step,
      enteredId: lane.last,
      abortType: type === 'Wait' ? 'WaitStateAborted' : undefined,
    };
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
    const frame = { enteredId: lane.last, abortType: 'TaskStateAborted' };
    lane.frame = { ...frame, step: { ...step, attempt: 1 } };
    yield undefined;
    const failures = below(3) + (ending === 'ok' ? 0 : 1);
    const attempts = failures + (ending === 'ok' ? 1 : 0);
    let attempt = 1;
    for (let tries = 1; tries <= attempts; tries += 1) {
      attempt = tries;
      lane.last = emit(work.scheduled, lane.last, { resourceType: 'lambda', resource: 'invoke' });
      if (tries > 1) expectStep('stepRetried', step, tries);
      lane.frame = { ...frame, step: { ...step, attempt: tries } };
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
    if (ending === 'fails') return { failedAt: lane.last };
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
    const enteredId = emit(`${type}StateEntered`, lane.last, { name });
    lane.last = enteredId;
    expectStep('stepStarted', step, 1);
    const failures = (chance(0.2) ? 1 : 0) + (ending === 'ok' ? 0 : 1);
    const attempts = failures + (ending === 'ok' ? 1 : 0);
    const abortType = `${type}StateAborted`;
    for (let attempt = 1; ; attempt += 1) {
      const frame: Frame = { step: { ...step, attempt }, enteredId, abortType };
      if (attempt === 1) lane.frame = frame;
      yield undefined;
      // A retry begins at the event that failed; nothing else says that there was a failure.
      const outcome = yield* runInside(lane, frame, type, name, depth, attempt <= failures);
      if (outcome === 'ok') {
        lane.last = emit(`${type}StateExited`, lane.last, { name });
        expectStep('stepSucceeded', step, attempt);
        break;
      }
      lane.last = outcome.failedAt;
      frame.rests = true;
      yield undefined;
      if (attempt < attempts) continue;
      lane.last = emit(`${type}StateFailed`, outcome.failedAt);
      expectStopped(frame);
      lane.frame = { step: frame.step, enteredId, abortType: undefined };
      if (ending === 'fails') return { failedAt: chance(0.5) ? lane.last : outcome.failedAt };
      yield undefined;
      lane.last = emit(`${type}StateExited`, lane.last, { name });
      expectStep('stepCaught', step, attempt);
      break;
    }
    lane.frame = undefined;
    yield undefined;
    return 'ok';
  }

  /** One try of a Map or Parallel. */
  function* runInside(
    lane: LaneState,
    frame: Frame,
    type: 'Map' | 'Parallel',
    name: string,
    depth: number,
    fails: boolean,
  ): Generator<undefined, Outcome> {
    const size = 1 + below(type === 'Map' ? 4 : 3);
    const failing = fails ? below(size) : -1;
    const started = emit(`${type}StateStarted`, lane.last, type === 'Map' ? { length: size } : {});
    if (lane.frame !== undefined && lane.frame !== frame) {
      expectStopped(lane.frame);
      expected.push({ ...frame.step, kind: 'stepRetried' });
    }
    lane.last = started;
    const concurrency = type === 'Map' ? 1 + below(size) : size;
    const waiting = Array.from({ length: size }, (_unused, index) => index);
    const running: { index: number; lane: LaneState; run: Generator<undefined, Outcome> }[] = [];
    lane.frame = frame;
    frame.inside = { type, name, lanes: running };
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
      });
    };
    yield undefined;
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
      if (value !== 'ok') {
        failLanes(type, name, one, value.failedAt, running);
        return value;
      }
      running.splice(at, 1);
      lastInner = one.lane.last;
      if (type === 'Map') {
        const succeeded = emit('MapIterationSucceeded', lastInner, { name, index: one.index });
        if (waiting.length > 0) begin(lastInner);
        else lastInner = chance(0.5) ? succeeded : lastInner;
      }
      yield undefined;
    }
    const succeeded = emit(`${type}StateSucceeded`, lastInner);
    lane.last = chance(0.8) ? lastInner : succeeded;
    return 'ok';
  }

  /** All that a failure writes at once, in the order of recorded histories: each record points to the event that failed. */
  function failLanes(
    type: 'Map' | 'Parallel',
    name: string,
    failed: Running,
    failedAt: number,
    lanes: readonly Running[],
  ): void {
    if (type === 'Map') {
      emit('MapIterationFailed', failedAt, { name, index: failed.index });
      const { frame } = failed.lane;
      if (frame !== undefined) {
        expected.push({ ...frame.step, kind: 'stepFailed' });
        frame.told = true;
      }
    }
    abortLane(failed.lane, failedAt);
    for (const other of lanes) {
      if (other === failed) continue;
      if (type === 'Map') emit('MapIterationAborted', failedAt, { name, index: other.index });
      abortLane(other.lane, failedAt);
    }
  }

  /** From the outside inwards. */
  function abortLane({ frame }: LaneState, failedAt: number): void {
    if (frame?.abortType === undefined) return;
    emit(frame.abortType, failedAt);
    if (frame.rests === true) return;
    for (const { lane, index } of frame.inside?.lanes ?? []) {
      if (frame.inside?.type === 'Map')
        emit('MapIterationAborted', failedAt, { name: frame.inside.name, index });
      abortLane(lane, failedAt);
    }
  }

  /** What was open inside is told to have ended, in the order in which it was entered. */
  function expectStopped({ inside }: Frame): void {
    const open: Frame[] = [];
    const gather = (lanes: readonly Running[]) => {
      for (const { lane } of lanes) {
        if (lane.frame === undefined || lane.frame.told === true) continue;
        open.push(lane.frame);
        gather(lane.frame.inside?.lanes ?? []);
      }
    };
    gather(inside?.lanes ?? []);
    for (const frame of open.toSorted((one, other) => one.enteredId - other.enteredId)) {
      expected.push({ ...frame.step, kind: 'stepFailed' });
      frame.told = true;
    }
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
  const pending: ExpectedEvent = root.frame?.step ?? { kind: 'stepFailed' };
  expected.push({ ...pending, kind: 'stepFailed' }, { kind: 'executionFailed' });
  const { name } = pending;
  if (name?.startsWith('Task') === true && chance(0.6)) {
    redriveCount = 1;
    let last = emit('ExecutionRedriven', failed, { redriveCount: 1 });
    expected.push({ kind: 'executionRedriven' });
    const attempt = (pending.attempt ?? 1) + 1;
    const last0 = emit('TaskScheduled', last, { resourceType: 'lambda', resource: 'invoke' });
    expected.push({ ...pending, kind: 'stepRetried', attempt });
    last = emit('TaskSucceeded', last0);
    last = emit('TaskStateExited', last, { name });
    expected.push({ ...pending, kind: 'stepSucceeded', attempt });
    emit('ExecutionSucceeded', last);
    expected.push({ kind: 'executionSucceeded' });
  }
  return { records, expected };
}

/**
 * The same records in another order, some of them more than once, cut into batches that are small or large: overtaking
 * their next neighbours only, those further away, or any.
 */
export function shuffledBatches(
  records: readonly ExecutionRecord[],
  random: () => number,
  duplicates: number,
): ExecutionRecord[][] {
  const below = (limit: number) => Math.floor(random() * limit);
  const reach = [4, 40, 1e9][below(3)] ?? 4;
  const all = records
    .flatMap((record) => (random() < duplicates ? [record, structuredClone(record)] : [record]))
    .map((record, index) => ({ record, place: index + reach * random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ record }) => record);
  const batches: ExecutionRecord[][] = [];
  const mostInBatch = 1 + below(12);
  while (all.length > 0) batches.push(all.splice(0, 1 + below(mostInBatch)));
  return batches;
}
