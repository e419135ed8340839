import { type ExecutionArn } from '@stepcast/contracts';
import { stateBoundary, type ExecutionRecord } from '@stepcast/wire';
import { visitFor } from './chain.ts';
import type { ExecutionFold } from './execution-fold.ts';
import { foldContainer, foldIteration, foldMapRun } from './fold-container.ts';
import { foldExecution } from './fold-execution.ts';
import { abortState, beginWork, enterState, exitState, failWork } from './fold-state.ts';
import { stay, type Folded, type Step } from './fold-step.ts';

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
  const stopped = aborted.exec(type)?.[1];
  if (stopped !== undefined) {
    abortState(step, stopped === 'Wait' ? 'Wait' : 'Task');
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
