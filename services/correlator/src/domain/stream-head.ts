import {
  applyEvent,
  describeIssues,
  emptyState,
  mutableCopyOf,
  parseValue,
  ProgressEvent,
  readJson,
  UploadState,
  type ExecutionArn,
  type MutableUploadState,
  type ParseResult,
  type StreamMeta,
} from '@stepcast/contracts';
import type { StoredEntry } from '@stepcast/wire';
import * as z from 'zod';
import { CheckpointError, readCheckpoint, readCursor } from './checkpoint.ts';
import type { ExecutionFold } from './execution-fold.ts';

/** What names a stream: one version of an upload. */
export type StreamKey = Pick<StreamMeta, 'identityId' | 'uploadId' | 'epoch'>;

/** Where a stream stands. Its owner is who writes the stream; planning entries changes it in place. */
export interface StreamHead {
  readonly meta: StreamMeta;
  /** 0 before the first event. */
  lastOffset: number;
  readonly state: MutableUploadState;
  /** By execution ARN. */
  readonly folds: Map<string, ExecutionFold>;
  /** Entries after the newest that has a snapshot. */
  entriesSinceSnapshot: number;
}

/** The head of a stream that has no entry yet. */
export function newHead(meta: StreamMeta): StreamHead {
  return {
    meta,
    lastOffset: 0,
    state: mutableCopyOf(emptyState(meta)),
    folds: new Map(),
    entriesSinceSnapshot: 0,
  };
}

const ProgressEvents = z.array(ProgressEvent);

function isState(value: unknown): value is UploadState {
  return parseValue(UploadState, value).ok;
}

function isEvents(value: unknown): value is ProgressEvent[] {
  return parseValue(ProgressEvents, value).ok;
}

/** The value itself, not what a schema would make of it: its keys stay in their order, so that it renders the same again. */
function read<T>(text: string, what: string, isIt: (value: unknown) => value is T): T {
  const json: ParseResult<unknown> = readJson(text);
  if (!json.ok) throw new CheckpointError(`${what} does not read: ${describeIssues(json.issues)}`);
  if (!isIt(json.value)) throw new CheckpointError(`${what} does not read`);
  return json.value;
}

/**
 * The head that a stream's entries leave: state and checkpoint of the newest snapshot, the events after it folded
 * forward, and the cursors after it in their order.
 * @param entries one that has a snapshot (to read little: the newest such), then every entry after it; none: the stream is new
 * @throws CheckpointError
 */
export function headOf(meta: StreamMeta, entries: readonly StoredEntry[]): StreamHead {
  const [first, ...others] = entries;
  if (first === undefined) return newHead(meta);
  if (first.snapshot === undefined) throw new CheckpointError('the entries do not begin with a snapshot');
  const state = mutableCopyOf(read(first.snapshot.state, 'state', isState));
  const folds = readCheckpoint(first.snapshot.checkpoint);
  let { lastOffset } = first;
  for (const entry of others) {
    if (entry.firstOffset !== lastOffset + 1) throw new CheckpointError('the entries have a hole');
    const events = read(entry.events, 'events', isEvents);
    for (const event of events) applyEvent(state, event);
    if (entry.snapshot !== undefined)
      for (const [arn, fold] of readCheckpoint(entry.snapshot.checkpoint)) folds.set(arn, fold);
    else if (entry.cursor !== undefined) folds.set(executionOf(events), readCursor(entry.cursor));
    lastOffset = entry.lastOffset;
  }
  return {
    meta: { ...meta, epochStartedAt: state.epochStartedAt },
    lastOffset,
    state,
    folds,
    entriesSinceSnapshot:
      entries.length - 1 - entries.findLastIndex(({ snapshot }) => snapshot !== undefined),
  };
}

/** The execution that an entry advanced: its events name no other. */
function executionOf(events: readonly ProgressEvent[]): ExecutionArn {
  for (const { executionArn } of events) if (executionArn !== undefined) return executionArn;
  throw new CheckpointError('an entry has a cursor and names no execution');
}

/**
 * Executions that one stream follows: the upload's own and those nested in it. Each takes up to about 1 KB of a
 * snapshot while it runs. More than these emit nothing; the Map that starts them still counts them.
 */
export const MAX_FOLLOWED = 150;

/** Whether a stream follows an execution, or has room for it. */
export function follows({ folds }: StreamHead, executionArn: string): boolean {
  return folds.has(executionArn) || folds.size < MAX_FOLLOWED;
}

const textLength = (text: string | null | undefined) => text?.length ?? 0;
const errorLength = (
  error: { readonly name: string; readonly message?: string | undefined } | null | undefined,
) => (error === null || error === undefined ? 0 : 24 + error.name.length + textLength(error.message));

/** About how many bytes a head takes in memory, for a cache: about the length of its state and checkpoint as JSON. */
export function headBytes({ state, folds }: StreamHead): number {
  let bytes = 400 + 2 * state.key.length + errorLength(state.error);
  if (state.result !== undefined) bytes += JSON.stringify(state.result).length;
  for (const step of state.steps)
    bytes +=
      150 +
      step.name.length +
      errorLength(step.error) +
      (step.iterations === undefined ? 0 : 65) +
      (step.report === undefined ? 0 : 100 + textLength(step.report.text));
  for (const { executionArn, error } of state.executions)
    bytes += 130 + executionArn.length + errorLength(error);
  for (const [arn, fold] of folds) bytes += arn.length + foldBytes(fold);
  return bytes;
}

function foldBytes(fold: ExecutionFold): number {
  let bytes = 80 + 4 * fold.seen.size + 8 * (fold.gaps.length + fold.lost.length);
  for (const { after } of fold.lanes.values()) bytes += 30 + textLength(after);
  for (const { name, failure } of fold.visits.values()) bytes += 60 + name.length + errorLength(failure);
  for (const arn of fold.mapRuns.values()) bytes += 8 + arn.length;
  return bytes + 12 * fold.recent.size + 90 * fold.reports.size;
}
