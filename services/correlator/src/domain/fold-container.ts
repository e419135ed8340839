import { closeLane, closeLanesIn, contextOf, isInside, openLane, visitFor, visitsAround } from './chain.ts';
import { newLane, stepOf, type ExecutionFold, type Visit } from './execution-fold.ts';
import { abortState, beginWork } from './fold-state.ts';
import { emit, errorOf, failAll, failPending, here, locate, type Step } from './fold-step.ts';
import { iterationEnded, iterationStarted, NO_ITERATIONS } from './iterations.ts';

/** `MapState…` and `ParallelState…`, except entering and leaving. */
export function foldContainer(step: Step, type: 'Map' | 'Parallel', outcome: string): void {
  const { fold, record } = step;
  // One that has failed already neither fails nor begins again: then this is about the one around it.
  const visit = visitFor(fold, record, (one) => one.type === type && !one.closed && one.failure === null);
  switch (outcome) {
    case 'Started':
      startContainer(step, visit ?? visitFor(fold, record, (one) => one.type === type));
      return;
    case 'Failed':
      if (visit !== undefined) failInside(step, visit);
      locate(step, visit);
      return;
    case 'Aborted':
      abortState(step, type);
      return;
    default:
      locate(step, undefined);
  }
}

function startContainer(step: Step, own: Visit | undefined): void {
  const { fold, record } = step;
  if (own === undefined) {
    locate(step, undefined);
    return;
  }
  // A retry begins where the last try failed; no record says that it did.
  if (own.fanOut !== null && own.failure === null && !own.closed) failInside(step, own);
  closeLanesIn(fold, own.id);
  own.fanOut = record.id;
  beginWork(step, own);
  if (own.type !== 'Map') return;
  const { length = 0 } = record.details;
  own.iterations = { ...NO_ITERATIONS, total: length === 0 ? null : length };
  own.nextReport = 1;
  // How many there are is known before the first has ended; and with a retry the counts begin again.
  if (length > 0) emit(step, 'iterationsProgressed', { step: stepOf(fold, own), iterations: own.iterations });
}

/**
 * A Map or Parallel has failed, by the event that the record points to. That ends what was open inside: nothing says
 * which state an abort is about, because all aborts point to the event that failed, too.
 */
function failInside(step: Step, visit: Visit): void {
  const { fold, record } = step;
  const at = contextOf(fold, record.previousEventId)?.visit ?? null;
  const cause = at === null ? null : fold.visits.get(at)?.failure;
  const fallback = visit.type === 'Parallel' ? 'States.BranchFailed' : 'States.TaskFailed';
  visit.failure = cause ?? errorOf(record, fallback);
  failAll(step, (one) => isInside(fold, one, visit));
}

/** `MapIteration…`: a lane begins or ends. */
export function foldIteration(step: Step, outcome: string): void {
  const { fold, record } = step;
  const { name, index = 0 } = record.details;
  const map = visitFor(
    fold,
    record,
    (one) => one.type === 'Map' && (name === undefined || one.name === name),
  );
  if (map === undefined) {
    locate(step, undefined);
    return;
  }
  if (outcome === 'Started') {
    openLane(fold, newLane(record.id, map.id, index));
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
    emit(step, 'iterationsProgressed', { step: stepOf(fold, map), iterations: counts });
}

function isInsideLane(fold: ExecutionFold, visit: Visit, laneId: number): boolean {
  for (const around of visitsAround(fold, { lane: visit.lane, visit: null }))
    if (around.lane === laneId) return true;
  return false;
}

/** `MapRun…`: a distributed Map. Only its Map Run knows how far it is. */
export function foldMapRun(step: Step, visit: Visit | undefined, outcome: string): void {
  const { fold, record } = step;
  locate(step, visit);
  if (visit === undefined) return;
  const { mapRunArn } = record.details;
  if ((outcome === 'Started' || outcome === 'Redriven') && mapRunArn !== undefined) {
    fold.mapRuns.set(visit.id, mapRunArn);
    // Emitted at once, also so that an entry holds which Map Run is to be asked.
    emit(step, 'iterationsProgressed', {
      step: stepOf(fold, visit),
      iterations: visit.iterations ?? NO_ITERATIONS,
    });
  }
  if (outcome === 'Failed') visit.failure = errorOf(record, 'States.ExceedToleratedFailureThreshold');
}
