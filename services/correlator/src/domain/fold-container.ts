import { closeLane, closeLanesIn, isInside, openLane, visitFor } from './chain.ts';
import { stepOf, type ExecutionFold, type Visit } from './execution-fold.ts';
import { abortState, beginWork } from './fold-state.ts';
import { errorOf, failPending, here, stay, tell, type Step } from './fold-step.ts';
import { iterationEnded, iterationStarted, NO_ITERATIONS } from './iterations.ts';

/** `MapState…` and `ParallelState…`, except entering and leaving. */
export function foldContainer(step: Step, type: 'Map' | 'Parallel', outcome: string): void {
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

/** `MapRun…`: a distributed Map, of which only its Map Run knows how far it is. */
export function foldMapRun(step: Step, visit: Visit | undefined, outcome: string): void {
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
