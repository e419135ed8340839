import { ABORTED_ERROR } from '@stepcast/contracts';
import { closeLanesIn, contextOf, openLane, visitFor, visitsAround } from './chain.ts';
import { newLane, type ExecutionFold, type Visit } from './execution-fold.ts';
import { noteAttempt } from './reports.ts';
import { emit, emitStep, errorOf, fail, here, locate, type Step } from './fold-step.ts';

/** A state is entered: a visit begins, and with the first state of a branch a lane. */
export function enterState(step: Step, type: Visit['type']): void {
  const { fold, record } = step;
  const previous = contextOf(fold, record.previousEventId);
  const inside =
    previous?.visit === null || previous === undefined ? undefined : fold.visits.get(previous.visit);
  let laneId = previous?.lane ?? 0;
  if (inside?.type === 'Parallel' && inside.fanOut === record.previousEventId) {
    // The first state of a branch points to the start of its Parallel.
    laneId = record.id;
    openLane(fold, newLane(laneId, inside.id, null));
  }
  const lane = fold.lanes.get(laneId);
  const visit: Visit = {
    id: record.id,
    lane: laneId,
    name: record.details.name ?? '',
    type,
    attempt: 1,
    enteredMs: record.timestampMs,
    // A Fail state fails. With which error is known when what is around it has failed.
    failure: type === 'Fail' ? { name: 'States.Fail' } : null,
    closed: false,
    fanOut: null,
    iterations: null,
    nextReport: 1,
    reported: null,
  };
  // A lane is in one state at a time. One whose exit fell into a declared gap is over.
  if (lane?.visit !== null && lane?.visit !== undefined) forget(fold, lane.visit);
  fold.visits.set(visit.id, visit);
  if (lane !== undefined) {
    lane.visit = visit.id;
    lane.movedBy = visit.id;
  }
  here(step, { lane: laneId, visit: visit.id });
  emitStep(step, 'stepStarted', visit);
}

function forget(fold: ExecutionFold, visitId: number): void {
  closeLanesIn(fold, visitId);
  fold.visits.delete(visitId);
  fold.mapRuns.delete(visitId);
}

/** A state is left: well, or after a failure that was caught. */
export function exitState(step: Step, type: Visit['type']): void {
  const { fold, record } = step;
  const name = record.details.name ?? '';
  const visit = visitFor(fold, record, (one) => one.name === name);
  if (visit !== undefined) {
    leave(step, visit);
    return;
  }
  // Its entry fell into a gap. What ended is known all the same, and from here on the lane is.
  const laneId = contextOf(fold, record.previousEventId)?.lane ?? 0;
  const lane = fold.lanes.get(laneId);
  if (lane !== undefined) lane.movedBy = record.id;
  here(step, { lane: laneId, visit: null });
  emit(step, 'stepSucceeded', { step: { name, type } });
}

/** A visit ends. Its lane stands behind it, unless it has moved on already (a late record). */
export function leave(step: Step, visit: Visit): void {
  const { fold, record } = step;
  const { name, failure } = visit;
  if (failure === null) {
    step.folded.duration = { name, durationMs: Math.max(0, record.timestampMs - visit.enteredMs) };
    emitStep(step, 'stepSucceeded', visit);
  } else {
    emitStep(step, 'stepCaught', visit, failure);
  }
  forget(fold, visit.id);
  const lane = fold.lanes.get(visit.lane);
  if (lane?.visit === visit.id) {
    lane.visit = null;
    if (lane.movedBy < record.id) {
      lane.movedBy = record.id;
      lane.after = name;
    }
  }
  here(step, { lane: visit.lane, visit: null });
}

/** Work begins: the first time silently, since `stepStarted` was emitted; again after a failure as a retry. */
export function beginWork(step: Step, visit: Visit | undefined): void {
  locate(step, visit);
  if (visit === undefined) return;
  if (visit.failure === null && !visit.closed) return;
  visit.attempt += 1;
  visit.reported = null;
  noteAttempt(step.fold, visit.name, step.record.timestampMs);
  const error = visit.failure;
  // After a redrive the Maps and Parallels around it work again too, whether or not they say so themselves.
  for (const around of visitsAround(step.fold, { lane: visit.lane, visit: visit.id })) {
    around.failure = null;
    around.closed = false;
  }
  const lane = step.fold.lanes.get(visit.lane);
  if (lane !== undefined) lane.visit = visit.id;
  emitStep(step, 'stepRetried', visit, error);
}

/** Work failed. Whether for good is seen later. */
export function failWork(step: Step, visit: Visit | undefined, fallback: string): void {
  locate(step, visit);
  const error = errorOf(step.record, fallback);
  if (visit !== undefined) visit.failure = error;
  // Which step it was is not known (at level ERROR the entries are not logged).
  else
    emit(step, 'stepFailed', {
      step: { name: step.record.details.state ?? 'unknown', type: 'Unknown' },
      error,
    });
}

/**
 * A state was stopped from outside. AWS links such a record to the event that failed, which is in another state, or in
 * the one that failed itself; then what is open is ended with the Map or Parallel around. Only when the record points
 * into a state of its type that works is it about that one.
 */
export function abortState(step: Step, type: Visit['type']): void {
  const { fold, record } = step;
  const at = contextOf(fold, record.previousEventId)?.visit ?? null;
  const visit = at === null ? undefined : fold.visits.get(at);
  locate(step, visit);
  if (visit?.type === type && visit.failure === null) fail(step, visit, { name: ABORTED_ERROR });
}
