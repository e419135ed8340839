import { ABORTED_ERROR, type ErrorSummary, type ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { contextOf, noteContext } from './chain.ts';
import {
  draftEvent,
  stepOf,
  type Context,
  type EventDraft,
  type ExecutionFold,
  type Visit,
} from './execution-fold.ts';

/** Failed steps that one record tells of at most; it bounds the size of a journal entry. */
const MAX_FAILURES_AT_ONCE = 100;

/** What one record did. */
export interface Folded {
  readonly events: EventDraft[];
  /** A stay in a state that ended well, to learn durations from. */
  stay?: { readonly name: string; readonly durationMs: number };
}

/** One record on its way into a fold, and what it has told so far. */
export interface Step {
  readonly fold: ExecutionFold;
  readonly arn: ExecutionArn;
  readonly record: ExecutionRecord;
  readonly folded: Folded;
}

/** What a record says went wrong. */
export function errorOf(record: ExecutionRecord, fallback: string): ErrorSummary {
  const { error, cause } = record.details;
  return { name: error ?? fallback, ...(cause === undefined ? {} : { message: cause }) };
}

/** An event of this record. */
export function tell(
  { arn, record, folded }: Step,
  kind: EventDraft['kind'],
  more: Partial<EventDraft> = {},
): void {
  folded.events.push(draftEvent(arn, kind, record.timestampMs, more));
}

/** An event of this record about a state. */
export function tellStep(
  step: Step,
  kind: EventDraft['kind'],
  visit: Visit,
  error?: ErrorSummary | null,
): void {
  tell(step, kind, {
    step: stepOf(step.fold, visit),
    ...(error === undefined || error === null ? {} : { error }),
  });
}

/** Tells the end of a visit that failed, once. */
export function fail(step: Step, visit: Visit, error: ErrorSummary): void {
  if (visit.closed) return;
  visit.closed = true;
  tellStep(step, 'stepFailed', visit, error);
}

/** Failures that nothing has retried or caught are final once what is around them fails. */
export function failPending(step: Step, among: (visit: Visit) => boolean): void {
  failAll(step, (visit) => visit.failure !== null && among(visit));
}

/** Ends visits that are open: with their failure, or, those that had none, as stopped. */
export function failAll(step: Step, among: (visit: Visit) => boolean): void {
  const open = [...step.fold.visits.values()]
    .filter((visit) => !visit.closed && among(visit))
    .sort((one, other) => one.id - other.id);
  for (const [index, visit] of open.entries()) {
    if (index < MAX_FAILURES_AT_ONCE) fail(step, visit, visit.failure ?? { name: ABORTED_ERROR });
    else visit.closed = true;
  }
}

/** Notes where the record stands. */
export function here(step: Step, context: Context): void {
  noteContext(step.fold, step.record.id, context);
}

/** The record is about this visit; when that is not known, it stands where its predecessor did. */
export function stay(step: Step, visit: Visit | undefined): void {
  const { fold, record } = step;
  if (visit !== undefined) here(step, { lane: visit.lane, visit: visit.id });
  else here(step, contextOf(fold, record.previousEventId) ?? { lane: 0, visit: null });
}
