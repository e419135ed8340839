import type { ErrorSummary } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { contextOf } from './chain.ts';
import { beginsRedrive, hasEnded, type EventDraft, type ExecutionFold } from './execution-fold.ts';
import { emit, errorOf, failPending, here, locate, type Step } from './fold-step.ts';

/** `Execution…`: start, redrive, end. */
export function foldExecution(step: Step, outcome: string): void {
  const { fold, record } = step;
  switch (outcome) {
    case 'Started':
      here(step, { lane: 0, visit: null });
      if (fold.started) return;
      startExecution(step);
      return;
    case 'Redriven': {
      const point = fold.failurePoint === null ? undefined : fold.visits.get(fold.failurePoint);
      here(step, { lane: point?.lane ?? 0, visit: point?.id ?? null });
      beginRedrive(step, Math.max(1, record.details.redriveCount ?? 0, record.redriveCount));
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
      locate(step, undefined);
  }
}

/**
 * Begins the redrive that a record belongs to, unless its own record did. That one may be lost, or not be logged at all;
 * without it the end of the redrive would be taken for the end before.
 */
export function noticeRedrive(step: Step): void {
  const { fold, record } = step;
  if (record.type !== 'ExecutionRedriven' && beginsRedrive(fold, record))
    beginRedrive(step, record.redriveCount);
}

function beginRedrive(step: Step, count: number): void {
  const { fold } = step;
  if (fold.redriveCount >= count) return;
  fold.redriveCount = count;
  fold.status = 'running';
  emit(step, 'executionRedriven');
}

function startExecution(step: Step): void {
  const { fold, record } = step;
  fold.started = true;
  fold.status = 'running';
  fold.startedMs = record.timestampMs;
  emit(step, 'executionStarted');
}

function endExecution(step: Step, status: ExecutionFold['status'], kind: EventDraft['kind']): void {
  const { fold, record } = step;
  const error = status === 'succeeded' ? undefined : summaryOf(record, status);
  if (status !== 'succeeded') {
    const place = contextOf(fold, record.previousEventId)?.visit ?? null;
    const at = place === null ? undefined : fold.visits.get(place);
    const blamed = at?.type === 'Fail' || (at?.failure === null && status === 'failed');
    if (blamed && error !== undefined) at.failure = error;
    failPending(step, () => true);
    fold.failurePoint = at?.id ?? null;
  }
  locate(step, undefined);
  if (hasEnded(fold)) return;
  fold.endedRedrive = fold.redriveCount;
  fold.status = status;
  emit(step, kind, error === undefined ? {} : { error });
  if (status !== 'succeeded') return;
  // Final for good: a success cannot be redriven, so no record will ever point back into it.
  fold.visits.clear();
  fold.lanes.clear();
  fold.recent.clear();
  fold.mapRuns.clear();
  fold.reports.clear();
}

function summaryOf(record: ExecutionRecord, status: ExecutionFold['status']): ErrorSummary | undefined {
  const { error, cause } = record.details;
  if (error === undefined && cause === undefined) {
    if (status === 'timedOut') return { name: 'States.Timeout' };
    return status === 'failed' ? { name: 'States.TaskFailed' } : undefined;
  }
  return errorOf(record, 'Unknown');
}
