import {
  stateBoundary,
  type ErrorSummary,
  type ExecutionArn,
  type ExecutionRecord,
} from '@stepcast/contracts';
import {
  closeLane,
  closeLanesIn,
  contextOf,
  isInside,
  noteContext,
  openLane,
  visitFor,
  visitsAround,
} from './chain.ts';
import {
  draftEvent,
  hasEnded,
  stepOf,
  type Context,
  type EventDraft,
  type ExecutionFold,
  type Visit,
} from './execution-fold.ts';
import { iterationEnded, iterationStarted, NO_ITERATIONS } from './iterations.ts';

/** Error name of a step that was stopped because something else failed. Not AWS's: there is none for it. */
export const ABORTED_ERROR = 'Stepcast.Aborted';
/** Failed steps that one record tells of at most; it bounds the size of a journal entry. */
const MAX_FAILURES_AT_ONCE = 100;

/** What one record did. */
export interface Folded {
  readonly events: EventDraft[];
  /** A stay in a state that ended well, to learn durations from. */
  stay?: { readonly name: string; readonly durationMs: number };
}

interface Step {
  readonly fold: ExecutionFold;
  readonly arn: ExecutionArn;
  readonly record: ExecutionRecord;
  readonly folded: Folded;
}

function errorOf(record: ExecutionRecord, fallback: string): ErrorSummary {
  const { error, cause } = record.details;
  return { name: error ?? fallback, ...(cause === undefined ? {} : { message: cause }) };
}

function tell({ arn, record, folded }: Step, kind: EventDraft['kind'], more: Partial<EventDraft> = {}): void {
  folded.events.push(draftEvent(arn, kind, record.timestampMs, more));
}

function tellStep(step: Step, kind: EventDraft['kind'], visit: Visit, error?: ErrorSummary | null): void {
  tell(step, kind, {
    step: stepOf(step.fold, visit),
    ...(error === undefined || error === null ? {} : { error }),
  });
}

function fail(step: Step, visit: Visit, error: ErrorSummary): void {
  if (visit.closed) return;
  visit.closed = true;
  tellStep(step, 'stepFailed', visit, error);
}

/** Failures that nothing has retried or caught are final once what is around them fails. */
function failPending(step: Step, among: (visit: Visit) => boolean): ErrorSummary | undefined {
  const pending = [...step.fold.visits.values()]
    .filter((visit) => visit.failure !== null && !visit.closed && among(visit))
    .sort((one, other) => one.id - other.id);
  for (const [index, visit] of pending.entries()) {
    if (index < MAX_FAILURES_AT_ONCE) fail(step, visit, visit.failure ?? { name: 'Unknown' });
    else visit.closed = true;
  }
  return pending[0]?.failure ?? undefined;
}

function here(step: Step, context: Context): void {
  noteContext(step.fold, step.record.id, context);
}

function stay(step: Step, visit: Visit | undefined): void {
  const { fold, record } = step;
  if (visit !== undefined) here(step, { lane: visit.lane, visit: visit.id });
  else here(step, contextOf(fold, record.previousEventId) ?? { lane: 0, visit: null });
}

function enterState(step: Step, type: Visit['type']): void {
  const { fold, record } = step;
  const previous = contextOf(fold, record.previousEventId);
  const inside =
    previous?.visit === null || previous === undefined ? undefined : fold.visits.get(previous.visit);
  let laneId = previous?.lane ?? 0;
  if (inside?.type === 'Parallel' && inside.fanOut === record.previousEventId) {
    // The first state of a branch points to the start of its Parallel.
    laneId = record.id;
    openLane(fold, { id: laneId, parent: inside.id, index: null, tip: record.id, after: null, visit: null });
  }
  const lane = fold.lanes.get(laneId);
  const visit: Visit = {
    id: record.id,
    lane: laneId,
    name: record.details.name ?? '',
    type,
    attempt: 1,
    enteredMs: record.timestampMs,
    // A Fail state fails: what it is told with is known when what is around it has failed.
    failure: type === 'Fail' ? { name: 'States.Fail' } : null,
    closed: false,
    fanOut: null,
    iterations: null,
    nextReport: 1,
  };
  // A lane is in one state at a time; one it was left in without a record (a declared gap) is over.
  if (lane?.visit !== null && lane?.visit !== undefined) forget(fold, lane.visit);
  fold.visits.set(visit.id, visit);
  if (lane !== undefined) lane.visit = visit.id;
  here(step, { lane: laneId, visit: visit.id });
  tellStep(step, 'stepStarted', visit);
}

function forget(fold: ExecutionFold, visitId: number): void {
  closeLanesIn(fold, visitId);
  fold.visits.delete(visitId);
  fold.mapRuns.delete(visitId);
}

function exitState(step: Step, type: Visit['type']): void {
  const { fold, record } = step;
  const name = record.details.name ?? '';
  const visit = visitFor(fold, record, (one) => one.name === name);
  if (visit === undefined) {
    // Its entry fell into a gap. What ended is known all the same, and from here on the lane is.
    const lane = contextOf(fold, record.previousEventId)?.lane ?? 0;
    here(step, { lane, visit: null });
    tell(step, 'stepSucceeded', { step: { name, type } });
    return;
  }
  const { failure } = visit;
  if (failure === null) {
    step.folded.stay = { name, durationMs: Math.max(0, record.timestampMs - visit.enteredMs) };
    tellStep(step, 'stepSucceeded', visit);
  } else {
    tellStep(step, 'stepCaught', visit, failure);
  }
  forget(fold, visit.id);
  const lane = fold.lanes.get(visit.lane);
  if (lane?.visit === visit.id) {
    lane.visit = null;
    lane.after = name;
  }
  here(step, { lane: visit.lane, visit: null });
}

/** Work begins: the first time silently, since the step was told as started; again after a failure as a retry. */
function beginWork(step: Step, visit: Visit | undefined): void {
  stay(step, visit);
  if (visit === undefined) return;
  if (visit.failure === null && !visit.closed) return;
  visit.attempt += 1;
  const error = visit.failure;
  // After a redrive the Maps and Parallels around it work again too, whether or not they say so themselves.
  for (const around of visitsAround(step.fold, { lane: visit.lane, visit: visit.id })) {
    around.failure = null;
    around.closed = false;
  }
  const lane = step.fold.lanes.get(visit.lane);
  if (lane !== undefined) lane.visit = visit.id;
  tellStep(step, 'stepRetried', visit, error);
}

function failWork(step: Step, visit: Visit | undefined, fallback: string): void {
  stay(step, visit);
  const error = errorOf(step.record, fallback);
  if (visit !== undefined) visit.failure = error;
  // Which step it was is not known (at level ERROR the entries are not logged): the failure is told without it.
  else
    tell(step, 'stepFailed', {
      step: { name: step.record.details.state ?? 'unknown', type: 'Unknown' },
      error,
    });
}

function abortState(step: Step, visit: Visit | undefined): void {
  stay(step, visit);
  if (visit !== undefined) fail(step, visit, { name: ABORTED_ERROR });
}

function foldContainer(step: Step, type: 'Map' | 'Parallel', outcome: string): void {
  const { fold, record } = step;
  // One that has failed already does not fail again: then this is about the one around it.
  const visit = visitFor(
    fold,
    record,
    (one) => one.type === type && !one.closed && (outcome !== 'Failed' || one.failure === null),
  );
  switch (outcome) {
    case 'Started': {
      const own = visitFor(fold, record, (one) => one.type === type);
      if (own !== undefined) {
        closeLanesIn(fold, own.id);
        own.fanOut = record.id;
        if (type === 'Map') {
          const { length } = record.details;
          own.iterations = {
            total: length === undefined || length === 0 ? null : length,
            started: 0,
            succeeded: 0,
            failed: 0,
          };
          own.nextReport = 1;
        }
      }
      beginWork(step, own);
      return;
    }
    case 'Failed': {
      stay(step, visit);
      if (visit === undefined) return;
      const inner = failPending(step, (one) => isInside(fold, one, visit));
      visit.failure =
        inner ?? errorOf(record, type === 'Parallel' ? 'States.BranchFailed' : 'States.TaskFailed');
      return;
    }
    case 'Aborted':
      abortState(step, visit);
      return;
    default:
      stay(step, visit);
  }
}

function foldIteration(step: Step, outcome: string): void {
  const { fold, record } = step;
  const { name, index = 0 } = record.details;
  const map = visitFor(
    fold,
    record,
    (one) => one.type === 'Map' && (name === undefined || one.name === name),
  );
  if (map === undefined) {
    stay(step, undefined);
    return;
  }
  if (outcome === 'Started') {
    openLane(fold, { id: record.id, parent: map.id, index, tip: record.id, after: null, visit: null });
    here(step, { lane: record.id, visit: null });
    iterationStarted(map);
    return;
  }
  const lane = [...fold.lanes.values()].find((one) => one.parent === map.id && one.index === index);
  if (outcome === 'Failed' && lane !== undefined)
    failPending(step, (one) => one.lane === lane.id || isInsideLane(fold, one, lane.id));
  here(step, lane === undefined ? { lane: map.lane, visit: map.id } : { lane: lane.id, visit: lane.visit });
  if (outcome === 'Succeeded' && lane !== undefined) closeLane(fold, lane.id);
  const counts = iterationEnded(map, outcome === 'Succeeded');
  if (counts !== undefined)
    tell(step, 'iterationsProgressed', { step: stepOf(fold, map), iterations: counts });
}

function isInsideLane(fold: ExecutionFold, visit: Visit, laneId: number): boolean {
  const lane = fold.lanes.get(visit.lane);
  if (lane === undefined || lane.parent === null) return false;
  const around = fold.visits.get(lane.parent);
  return around !== undefined && (around.lane === laneId || isInsideLane(fold, around, laneId));
}

function foldExecution(step: Step, outcome: string): void {
  const { fold, record } = step;
  switch (outcome) {
    case 'Started':
      here(step, { lane: 0, visit: null });
      if (fold.started) return;
      startExecution(step);
      return;
    case 'Redriven': {
      const count = Math.max(1, record.details.redriveCount ?? 0, record.redriveCount);
      const point = fold.failurePoint === null ? undefined : fold.visits.get(fold.failurePoint);
      here(step, { lane: point?.lane ?? 0, visit: point?.id ?? null });
      if (fold.redriveCount >= count) return;
      fold.redriveCount = count;
      fold.status = 'running';
      tell(step, 'executionRedriven');
      return;
    }
    case 'Succeeded':
      endExecution(step, 'succeeded', 'executionSucceeded');
      return;
    case 'Failed':
      endExecution(step, 'failed', 'executionFailed');
      return;
    case 'TimedOut':
      endExecution(step, 'timedOut', 'executionTimedOut');
      return;
    case 'Aborted':
      endExecution(step, 'aborted', 'executionAborted');
      return;
    default:
      stay(step, undefined);
  }
}

function startExecution(step: Step): void {
  const { fold, record } = step;
  fold.started = true;
  fold.status = 'running';
  fold.startedMs = record.timestampMs;
  tell(step, 'executionStarted');
}

function endExecution(step: Step, status: ExecutionFold['status'], kind: EventDraft['kind']): void {
  const { fold, record } = step;
  const point = contextOf(fold, record.previousEventId);
  const error = status === 'succeeded' ? undefined : summaryOf(record, status);
  if (error !== undefined) {
    const at = point?.visit === null || point === undefined ? undefined : fold.visits.get(point.visit);
    if (at !== undefined && (at.type === 'Fail' || (at.failure === null && status === 'failed')))
      at.failure = error;
    failPending(step, () => true);
    fold.failurePoint = at?.id ?? null;
  }
  stay(step, undefined);
  if (hasEnded(fold)) return;
  fold.endedRedrive = fold.redriveCount;
  fold.status = status;
  tell(step, kind, error === undefined ? {} : { error });
  if (status !== 'succeeded') return;
  // Final for good: a success cannot be redriven, so nothing will ever point back into it.
  fold.visits.clear();
  fold.lanes.clear();
  fold.recent.clear();
  fold.mapRuns.clear();
}

function summaryOf(record: ExecutionRecord, status: ExecutionFold['status']): ErrorSummary | undefined {
  const { error, cause } = record.details;
  if (error === undefined && cause === undefined) {
    if (status === 'timedOut') return { name: 'States.Timeout' };
    return status === 'failed' ? { name: 'States.TaskFailed' } : undefined;
  }
  return errorOf(record, 'Unknown');
}

/** A visit that works: the innermost around the record, whatever its type. */
const anyVisit = () => true;

const work = /^(?:Task|LambdaFunction|Activity)(.+)$/;
const container = /^(Map|Parallel)State(Started|Succeeded|Failed|Aborted)$/;
const aborted = /^(Task|Wait)StateAborted$/;

/**
 * Takes one record into the fold and says what it tells. The fold is changed in place: it is the caller's own copy.
 * Records must come in order of id. Total: any record of any type is taken, known or not.
 */
export function foldRecord(fold: ExecutionFold, executionArn: ExecutionArn, record: ExecutionRecord): Folded {
  const folded: Folded = { events: [] };
  const step: Step = { fold, arn: executionArn, record, folded };
  fold.lastMs = Math.max(fold.lastMs, record.timestampMs);
  foldByType(step);
  const { projections } = record.details;
  const [first] = folded.events;
  if (projections !== undefined && first !== undefined) folded.events[0] = { ...first, projections };
  return folded;
}

function foldByType(step: Step): void {
  const { fold, record } = step;
  const { type } = record;
  const boundary = stateBoundary(type);
  if (boundary !== undefined) {
    if (boundary.edge === 'entered') enterState(step, boundary.stepType);
    else exitState(step, boundary.stepType);
    return;
  }
  if (type.startsWith('Execution')) {
    foldExecution(step, type.slice('Execution'.length));
    return;
  }
  if (type.startsWith('MapIteration')) {
    foldIteration(step, type.slice('MapIteration'.length));
    return;
  }
  const around = container.exec(type);
  if (around !== null) {
    foldContainer(step, around[1] === 'Map' ? 'Map' : 'Parallel', around[2] ?? '');
    return;
  }
  const visit = visitFor(fold, record, anyVisit);
  if (type.startsWith('MapRun')) {
    foldMapRun(step, visit, type.slice('MapRun'.length));
    return;
  }
  if (aborted.test(type)) {
    abortState(step, visit);
    return;
  }
  if (type === 'EvaluationFailed') {
    const { state } = record.details;
    const named = visitFor(fold, record, (one) => state === undefined || one.name === state);
    failWork(step, named, 'States.QueryEvaluationError');
    return;
  }
  const outcome = work.exec(type)?.[1];
  if (outcome === 'Scheduled') beginWork(step, visit);
  else if (outcome !== undefined && /(Failed|TimedOut)$/.test(outcome))
    failWork(step, visit, outcome === 'TimedOut' ? 'States.Timeout' : 'States.TaskFailed');
  else stay(step, visit);
}

function foldMapRun(step: Step, visit: Visit | undefined, outcome: string): void {
  const { fold, record } = step;
  stay(step, visit);
  if (visit === undefined) return;
  const { mapRunArn } = record.details;
  if ((outcome === 'Started' || outcome === 'Redriven') && mapRunArn !== undefined) {
    fold.mapRuns.set(visit.id, mapRunArn);
    // Told at once, also so that an entry holds which Map Run is to be asked.
    tell(step, 'iterationsProgressed', {
      step: stepOf(fold, visit),
      iterations: visit.iterations ?? NO_ITERATIONS,
    });
  }
  if (outcome === 'Failed') visit.failure = errorOf(record, 'States.ExceedToleratedFailureThreshold');
}
