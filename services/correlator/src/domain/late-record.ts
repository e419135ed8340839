import type { ExecutionArn, UploadState } from '@stepcast/contracts';
import { stateBoundary, type ExecutionRecord } from '@stepcast/wire';
import { contextOf, visitFor } from './chain.ts';
import { hasEnded, instantOf, type ExecutionFold, type Visit } from './execution-fold.ts';
import { foldIteration } from './fold-container.ts';
import { foldExecution } from './fold-execution.ts';
import { addProjections } from './fold-record.ts';
import { enterState, leave } from './fold-state.ts';
import { emit, here, type Folded, type Step } from './fold-step.ts';
import { iterationStarted } from './iterations.ts';

/** What a late record is held against. */
export interface StreamSoFar {
  readonly state: Pick<UploadState, 'steps'>;
  /** Folds of all executions of the stream, with what is not written yet. */
  readonly folds: Iterable<ExecutionFold>;
}

/**
 * Folds, in place, a record that comes after its gap was declared, where no history could be asked (Express executions).
 *
 * Records after it are folded already, and their events have the offsets before. So a late record adds what is still
 * true, and takes nothing back:
 * - `ExecutionStarted` starts an execution that neither started nor ended.
 * - A state that is entered starts only in the execution's own lane, outside of Maps and Parallels, as long as that lane
 *   has neither entered nor left a state since, the state of the upload has not seen the step end since, and the execution
 *   has not ended. Inside of Maps and Parallels it cannot be known whether the step was left.
 * - A state that is left ends the visit that it left. If that visit is not known, it ends the step if the state of the upload
 *   does not list it yet, or lists more open visits than the executions have: one of those was left unseen.
 * - Iterations that start or end count in the Map that they belong to.
 * - Every other record emits nothing and changes nothing: what it led to is known already.
 *
 * So no step, execution or upload that has ended runs again, and percent never falls.
 */
export function foldLateRecord(
  fold: ExecutionFold,
  executionArn: ExecutionArn,
  record: ExecutionRecord,
  stream: StreamSoFar,
): Folded {
  const folded: Folded = { events: [] };
  foldByType({ fold, arn: executionArn, record, folded }, stream);
  addProjections(folded, record);
  return folded;
}

function foldByType(step: Step, stream: StreamSoFar): void {
  const { fold, record } = step;
  const boundary = stateBoundary(record.type);
  if (boundary?.edge === 'entered') {
    if (mayEnter(step, stream)) enterState(step, boundary.stepType);
  } else if (boundary !== undefined) {
    leaveLate(step, boundary.stepType, stream);
  } else if (record.type === 'ExecutionStarted') {
    if (hasEnded(fold)) fold.started = true;
    else foldExecution(step, 'Started');
  } else if (record.type.startsWith('MapIteration')) {
    countIteration(step, record.type.slice('MapIteration'.length));
  }
}

/** Id of the execution's own lane. */
const OWN_LANE = 0;

function mayEnter({ fold, record }: Step, { state }: StreamSoFar): boolean {
  const lane = fold.lanes.get(OWN_LANE);
  if (lane === undefined || hasEnded(fold) || lane.movedBy > record.id) return false;
  const context = contextOf(fold, record.previousEventId);
  if (context === undefined ? fold.lanes.size > 1 : context.lane !== OWN_LANE) return false;
  const current = lane.visit === null ? undefined : fold.visits.get(lane.visit);
  if (current?.type === 'Map' || current?.type === 'Parallel') return false;
  const known = state.steps.find(({ name }) => name === record.details.name);
  return known === undefined || known.endedAt === null || known.endedAt < instantOf(record.timestampMs);
}

function leaveLate(step: Step, type: Visit['type'], stream: StreamSoFar): void {
  const { fold, record } = step;
  const name = record.details.name ?? '';
  const visit = visitFor(fold, record, (one) => one.name === name && one.id < record.id);
  if (visit !== undefined) leave(step, visit);
  else if (hasUnseenEnd(name, stream)) emit(step, 'stepSucceeded', { step: { name, type } });
}

/** Whether the state lists more open visits of a step than there are, or does not list the step yet. */
function hasUnseenEnd(name: string, { state, folds }: StreamSoFar): boolean {
  const known = state.steps.find((one) => one.name === name);
  if (known === undefined) return true;
  let open = 0;
  for (const { visits } of folds)
    for (const one of visits.values()) if (one.name === name && !one.closed) open += 1;
  return known.visits - known.ended > open;
}

function countIteration(step: Step, outcome: string): void {
  const { fold, record } = step;
  const { name } = record.details;
  const map = visitFor(fold, record, (one) => one.type === 'Map' && one.name === name);
  // Of a try before the present one: the counts have begun again since.
  if (map === undefined || map.id > record.id || (map.fanOut ?? 0) > record.id) return;
  if (outcome === 'Started') {
    iterationStarted(map);
    here(step, { lane: map.lane, visit: map.id });
  } else foldIteration(step, outcome);
}
