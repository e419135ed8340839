import type { ErrorSummary, ExecutionArn } from '@stepcast/contracts';
import { draftEvent, hasEnded, type EventDraft, type ExecutionFold } from './execution-fold.ts';

/** What `Step Functions Execution Status Change`, or `DescribeExecution`, says of an execution. */
export interface StatusFact {
  readonly status: 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted';
  readonly redriveCount: number;
  readonly startMs: number | null;
  readonly stopMs: number | null;
  readonly redriveMs: number | null;
  /** Summarised already. */
  readonly error?: ErrorSummary | undefined;
}

const endKinds = {
  succeeded: 'executionSucceeded',
  failed: 'executionFailed',
  timedOut: 'executionTimedOut',
  aborted: 'executionAborted',
} as const;

/**
 * Whether records have emitted already what a status says. An execution has one start, and a redrive one end, so of the
 * two sources the one that comes second is recognised.
 */
export function isEmittedAlready(fold: ExecutionFold, fact: StatusFact): boolean {
  // An end from before a redrive that has begun comes too late to be emitted.
  if (fact.status !== 'running')
    return fold.endedRedrive >= fact.redriveCount || fold.redriveCount > fact.redriveCount;
  // Of an execution that has ended, the start is known even where its record was lost.
  return fact.redriveCount === 0 ? fold.started || hasEnded(fold) : fold.redriveCount >= fact.redriveCount;
}

/**
 * Whether a status must wait for the records that lead up to it. All must but the start of an execution: an end emitted
 * early would have the steps before it follow after it.
 */
export function needsRecordsFirst(fact: StatusFact): boolean {
  return fact.status !== 'running' || fact.redriveCount > 0;
}

/** Folds a status, in place, and returns the events that the records have not emitted. */
export function foldStatus(fold: ExecutionFold, arn: ExecutionArn, fact: StatusFact): EventDraft[] {
  const events: EventDraft[] = [];
  if (isEmittedAlready(fold, fact)) return events;
  const startMs = fact.startMs ?? fact.stopMs ?? fold.lastMs;
  if (!fold.started && !hasEnded(fold)) {
    fold.started = true;
    fold.status = 'running';
    fold.startedMs = startMs;
    events.push(draftEvent(arn, 'executionStarted', startMs));
  }
  if (fact.redriveCount > fold.redriveCount) {
    fold.redriveCount = fact.redriveCount;
    fold.status = 'running';
    events.push(draftEvent(arn, 'executionRedriven', fact.redriveMs ?? startMs));
  }
  if (fact.status === 'running' || hasEnded(fold)) return events;
  const endMs = fact.stopMs ?? Math.max(fold.lastMs, startMs);
  fold.endedRedrive = fold.redriveCount;
  fold.status = fact.status;
  events.push(
    draftEvent(arn, endKinds[fact.status], endMs, fact.error === undefined ? {} : { error: fact.error }),
  );
  return events;
}
