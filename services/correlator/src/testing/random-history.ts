import type { ExecutionRecord } from '@stepcast/wire';
import {
  HistoryRecorder,
  type ExpectedEvent,
  type LaneState,
  type Outcome,
  type Run,
} from './history-recorder.ts';
import { createScopeRuns } from './history-scopes.ts';
import { createStateRuns } from './history-states.ts';
import { seededRandom } from './seeded-random.ts';

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

/**
 * Makes a history as Step Functions would have recorded it: dense ids, `previousEventId` by the rules seen in recorded
 * histories (Map iterations linked to the iteration before, `*StateExited` to the last record inside), branches and
 * iterations interleaved, retries, catches, aborts, a redrive. An interpreter it is not: it follows no definition, it
 * only never writes what AWS would not.
 */
export function randomHistory(seed: number, shape: HistoryShape = {}): RandomHistory {
  const random = seededRandom(seed);
  const { maxDepth = 3, mayFail = true, input, startMs = Date.UTC(2026, 10, 3, 10, 15, 30) } = shape;
  const recorder = new HistoryRecorder(startMs);
  let names = 0;
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (probability: number) => random() < probability;
  const nextName = (type: string) => {
    names += 1;
    return `${type}${names}`;
  };
  const { records, expected } = recorder;
  const making = { recorder, below, chance, nextName };
  const { simpleState, taskState } = createStateRuns(making);
  const container = createScopeRuns(making, sequence);

  function* anyState(lane: LaneState, depth: number, ending: 'ok' | 'fails'): Run {
    const pick = random();
    const mode = ending === 'fails' ? 'fails' : chance(0.2) ? 'caught' : 'ok';
    if (depth > 0 && pick < 0.2) return yield* container(lane, 'Map', depth, mode);
    if (depth > 0 && pick < 0.4) return yield* container(lane, 'Parallel', depth, mode);
    if (ending === 'ok' && pick < 0.65)
      return yield* simpleState(lane, (['Pass', 'Wait', 'Choice'] as const)[below(3)] ?? 'Pass');
    return yield* taskState(lane, mode);
  }

  function* sequence(lane: LaneState, depth: number, ending: 'ok' | 'fails'): Run {
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

  function runAll(run: Run): Outcome {
    for (;;) {
      const { done, value } = run.next();
      if (done === true) return value;
    }
  }

  recorder.emit('ExecutionStarted', 0, input === undefined ? { inputMissing: 'excluded' } : { input });
  expected.push({ kind: 'executionStarted' });
  const root: LaneState = { iteration: [], last: 0, frame: undefined };
  const fails = mayFail && chance(0.4);
  const outcome = runAll(sequence(root, maxDepth, fails ? 'fails' : 'ok'));
  if (outcome === 'ok') {
    recorder.emit('ExecutionSucceeded', root.last);
    expected.push({ kind: 'executionSucceeded' });
    return { records, expected };
  }
  const failed = recorder.emit('ExecutionFailed', outcome.failedAt, { error: 'Broken', cause: 'it broke' });
  const pending: ExpectedEvent = root.frame?.step ?? { kind: 'stepFailed' };
  expected.push({ ...pending, kind: 'stepFailed' }, { kind: 'executionFailed' });
  const { name } = pending;
  if (name?.startsWith('Task') === true && chance(0.6)) {
    recorder.redriveCount = 1;
    let last = recorder.emit('ExecutionRedriven', failed, { redriveCount: 1 });
    expected.push({ kind: 'executionRedriven' });
    const attempt = (pending.attempt ?? 1) + 1;
    const last0 = recorder.emit('TaskScheduled', last, { resourceType: 'lambda', resource: 'invoke' });
    expected.push({ ...pending, kind: 'stepRetried', attempt });
    last = recorder.emit('TaskSucceeded', last0);
    last = recorder.emit('TaskStateExited', last, { name });
    expected.push({ ...pending, kind: 'stepSucceeded', attempt });
    recorder.emit('ExecutionSucceeded', last);
    expected.push({ kind: 'executionSucceeded' });
  }
  return { records, expected };
}
