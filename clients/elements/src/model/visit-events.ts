import { ABORTED_ERROR, type ErrorSummary, type ProgressEvent, type StepRef } from '@stepcast/contracts';
import { isOpen, newScope, type Attempt, type Scope, type TraceStatus, type Visit } from './trace.ts';

/** Tries of one visit that are held: the first, and the newest. */
export const MAX_ATTEMPTS = 50;

export function newVisit(id: string, scope: Scope, step: StepRef, startedAt: number): Visit {
  const visit: Visit = {
    id,
    scope,
    name: step.name,
    type: step.type,
    status: 'running',
    startedAt,
    endedAt: null,
    attempts: [newAttempt(step.attempt ?? 1, startedAt)],
    error: undefined,
    iterations: undefined,
    report: undefined,
    lanes: new Map(),
    lanesLetGo: 0,
    inner: newScope(null),
    followed: false,
  };
  visit.inner = newScope(visit);
  return visit;
}

/** Folds what happened in a visit. What begins it changes nothing more. */
export function foldVisit(visit: Visit, event: ProgressEvent, step: StepRef, time: number): void {
  if (visit.type === 'Unknown') visit.type = step.type;
  switch (event.kind) {
    case 'stepRetried':
      reopen(visit.scope.inside);
      endAttempt(visit, 'failed', time, event.error);
      visit.attempts.push(newAttempt(step.attempt ?? (visit.attempts.at(-1)?.number ?? 0) + 1, time));
      if (visit.attempts.length > MAX_ATTEMPTS) visit.attempts.splice(1, 1);
      visit.status = 'retrying';
      visit.report = undefined;
      visit.endedAt = null;
      visit.error = event.error ?? visit.error;
      return;
    case 'stepSucceeded':
      closeVisit(visit, 'succeeded', time, undefined);
      return;
    case 'stepCaught':
      closeVisit(visit, 'caught', time, event.error);
      return;
    case 'stepFailed':
      closeVisit(visit, event.error?.name === ABORTED_ERROR ? 'aborted' : 'failed', time, event.error);
      return;
    case 'stepReported':
      if (isOpen(visit)) visit.report = event.report;
      return;
    case 'iterationsProgressed':
      visit.iterations = event.iterations ?? visit.iterations;
      return;
    default:
  }
}

export function closeVisit(
  visit: Visit,
  status: TraceStatus,
  time: number,
  error: ErrorSummary | undefined,
): void {
  visit.status = status;
  visit.endedAt = Math.max(time, visit.startedAt);
  visit.error = error;
  visit.report = undefined;
  endAttempt(visit, status, time, error);
}

function endAttempt(visit: Visit, status: TraceStatus, time: number, error: ErrorSummary | undefined): void {
  const last = visit.attempts.at(-1);
  if (last?.endedAt !== null) return;
  last.status = status;
  last.endedAt = Math.max(time, last.startedAt);
  last.error = error;
}

/** After a redrive, the Maps and Parallels around a step that works again do too; no event says so. */
function reopen(container: Visit | null): void {
  for (let at = container; at !== null && at.endedAt !== null; at = at.scope.inside) {
    at.status = 'running';
    at.endedAt = null;
    at.error = undefined;
    const last = at.attempts.at(-1);
    if (last !== undefined) Object.assign(last, { status: 'running', endedAt: null, error: undefined });
  }
}

function newAttempt(number: number, startedAt: number): Attempt {
  return { number, startedAt, endedAt: null, status: 'running', error: undefined };
}
