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

/** Steps that one record fails with an event each. Others end without one, so that a journal entry holds all of them. */
export const MAX_FAILURES_AT_ONCE = 90;

/** How long one visit of a state took. */
export interface StateDuration {
  readonly name: string;
  readonly durationMs: number;
}

/** What one record did. */
export interface Folded {
  readonly events: EventDraft[];
  /** How long a state took that ended well, to learn durations from. */
  duration?: StateDuration;
}

/** One record on its way into a fold, and what it has emitted so far. */
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

/** Emits an event of this record. */
export function emit(
  { arn, record, folded }: Step,
  kind: EventDraft['kind'],
  more: Partial<EventDraft> = {},
): void {
  folded.events.push(draftEvent(arn, kind, record.timestampMs, more));
}

/** Emits an event of this record about a state. */
export function emitStep(
  step: Step,
  kind: EventDraft['kind'],
  visit: Visit,
  error?: ErrorSummary | null,
): void {
  const at = stepOf(step.fold, visit);
  emit(step, kind, error === undefined || error === null ? { step: at } : { step: at, error });
}

/** Emits the end of a visit that failed, once. */
export function fail(step: Step, visit: Visit, error: ErrorSummary): void {
  if (visit.closed) return;
  visit.closed = true;
  emitStep(step, 'stepFailed', visit, error);
}

/** Failures that were neither retried nor caught are final once what is around them fails. */
export function failPending(step: Step, among: (visit: Visit) => boolean): void {
  failAll(step, (visit) => visit.failure !== null && among(visit));
}

/** Ends visits that are open: with their failure, or as stopped where they had none. */
export function failAll(step: Step, among: (visit: Visit) => boolean): void {
  const open: Visit[] = [];
  for (const visit of step.fold.visits.values()) if (!visit.closed && among(visit)) open.push(visit);
  open.sort((one, other) => one.id - other.id);
  for (const [index, visit] of open.entries()) {
    if (index < MAX_FAILURES_AT_ONCE) fail(step, visit, visit.failure ?? { name: ABORTED_ERROR });
    else visit.closed = true;
  }
}

/** Notes where the record stands. */
export function here(step: Step, context: Context): void {
  noteContext(step.fold, step.record.id, context);
}

/** Notes that the record is about this visit; where that is not known, that it stands where its predecessor did. */
export function locate(step: Step, visit: Visit | undefined): void {
  const { fold, record } = step;
  if (visit !== undefined) here(step, { lane: visit.lane, visit: visit.id });
  else here(step, contextOf(fold, record.previousEventId) ?? { lane: 0, visit: null });
}
