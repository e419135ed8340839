import type { ExecutionArn } from '@stepcast/contracts';
import { renderJson, type ExecutionRecord } from '@stepcast/wire';
import { beginsRedrive, type ExecutionFold } from './execution-fold.ts';
import { emissionOf } from './fold-record.ts';
import { MAX_FAILURES_AT_ONCE } from './fold-step.ts';

/** How much the events of one record may take of an entry at most. */
export interface EntryRoom {
  readonly events: number;
  readonly bytes: number;
}

/** Bytes that one character of a text takes as JSON at most: `\u0000`. */
const PER_CHARACTER = 6;
/** Keys, numbers and times of an event, and the indexes of the iterations around it. */
const FRAME = 800;
/** A name of a state has at most 80 characters, name and message of an error 256 each. */
const NAME_AND_ERROR = PER_CHARACTER * (80 + 256 + 256);

const NONE: EntryRoom = { events: 0, bytes: 0 };

/** Types whose record may end steps that are open inside of what failed. */
const endSeveral = new Set([
  'ExecutionFailed',
  'ExecutionTimedOut',
  'ExecutionAborted',
  'MapIterationFailed',
  'MapStateFailed',
  'MapStateStarted',
  'ParallelStateFailed',
  'ParallelStateStarted',
]);

function bytesOf(executionArn: ExecutionArn, events: number): number {
  return events * (FRAME + NAME_AND_ERROR + PER_CHARACTER * executionArn.length);
}

/** Room for events that are no record's: those of a status, and of a Map Run. */
export function roomOf(executionArn: ExecutionArn, events: number): EntryRoom {
  return { events, bytes: bytesOf(executionArn, events) };
}

/**
 * The room that a record's events take at most, known before it is folded: an entry must end before a record that has
 * no room in it, while the fold says how far the entry goes.
 * @param afterGap whether a gap before the record is declared with it
 */
export function roomFor(
  fold: ExecutionFold,
  executionArn: ExecutionArn,
  record: ExecutionRecord,
  afterGap: boolean,
): EntryRoom {
  const { type, details } = record;
  const redrives = beginsRedrive(fold, record);
  if (emissionOf(type) === 'never' && !afterGap && !redrives) return NONE;
  const failing = endSeveral.has(type) ? Math.min(MAX_FAILURES_AT_ONCE, fold.visits.size) : 0;
  const events = failing + (endSeveral.has(type) ? 2 : 1) + (afterGap ? 1 : 0) + (redrives ? 1 : 0);
  const { name, error, cause, state, projections } = details;
  const own = (name?.length ?? 0) + (error?.length ?? 0) + (cause?.length ?? 0) + (state?.length ?? 0);
  const bytes = bytesOf(executionArn, events) + PER_CHARACTER * own;
  if (projections === undefined) return { events, bytes };
  return { events, bytes: bytes + Buffer.byteLength(renderJson(projections)) };
}
