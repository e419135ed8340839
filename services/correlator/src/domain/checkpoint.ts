import {
  describeIssues,
  parseJson,
  StepRef,
  UploadStatus,
  IterationCounts,
  ErrorSummary,
} from '@stepcast/contracts';
import { StepcastError } from '@stepcast/kit';
import * as z from 'zod';
import type { ExecutionFold } from './execution-fold.ts';

/** Thrown for a journal entry whose checkpoint does not read: written by a version that this one does not know. */
export class CheckpointError extends StepcastError {
  readonly code = 'CORRELATOR_CHECKPOINT_INVALID';
  readonly retryable = false;
}

const Id = z.number().int().min(0);
const Nullable = Id.nullable();

/** Tuples keep it short: this is in every journal entry. */
const StoredFold = z.object({
  n: z.number(),
  s: z.tuple([
    z.boolean(),
    UploadStatus,
    z.number(),
    z.number(),
    z.number().nullable(),
    z.number(),
    z.number().nullable(),
  ]),
  nested: z.literal(true).optional(),
  sparse: z.array(Id).optional(),
  gaps: z.array(z.tuple([Id, Id])).optional(),
  failed: Id.optional(),
  lanes: z.array(z.tuple([Id, Nullable, Nullable, Id, z.string().nullable(), Nullable])).optional(),
  visits: z
    .array(
      z.tuple([
        Id,
        Id,
        z.string(),
        StepRef.shape.type,
        z.number(),
        z.number(),
        z.nullable(ErrorSummary),
        z.boolean(),
        Nullable,
        z.nullable(IterationCounts),
        z.number(),
      ]),
    )
    .optional(),
  recent: z.array(z.tuple([Id, Id, Nullable])).optional(),
  mapRuns: z.array(z.tuple([Id, z.string()])).optional(),
});
const StoredCheckpoint = z.object({ v: z.literal(1), executions: z.record(z.string(), StoredFold) });
type StoredFold = z.infer<typeof StoredFold>;

/** Nothing is stored of what is empty. */
function some<From, To>(
  items: ReadonlyMap<number, From>,
  to: (item: From, id: number) => To,
): To[] | undefined {
  if (items.size === 0) return undefined;
  const stored: To[] = [];
  for (const [id, item] of items) stored.push(to(item, id));
  return stored;
}

function store(fold: ExecutionFold): StoredFold {
  return {
    n: fold.lastId,
    s: [
      fold.started,
      fold.status,
      fold.redriveCount,
      fold.endedRedrive,
      fold.startedMs,
      fold.lastMs,
      fold.percent,
    ],
    nested: fold.nested ? true : undefined,
    sparse: fold.sparse ? [...fold.seen] : undefined,
    gaps: fold.gaps.length === 0 ? undefined : fold.gaps.map(([first, last]) => [first, last]),
    failed: fold.failurePoint ?? undefined,
    lanes: some(fold.lanes, (one) => [one.id, one.parent, one.index, one.tip, one.after, one.visit]),
    visits: some(fold.visits, (one) => [
      one.id,
      one.lane,
      one.name,
      one.type,
      one.attempt,
      one.enteredMs,
      one.failure,
      one.closed,
      one.fanOut,
      one.iterations,
      one.nextReport,
    ]),
    recent: some(fold.recent, (context, id) => [id, context.lane, context.visit]),
    mapRuns: some(fold.mapRuns, (arn, id) => [id, arn]),
  };
}

function restore(stored: StoredFold): ExecutionFold {
  const [started, status, redriveCount, endedRedrive, startedMs, lastMs, percent] = stored.s;
  return {
    lastId: stored.n,
    sparse: stored.sparse !== undefined,
    seen: stored.sparse ?? [],
    gaps: stored.gaps ?? [],
    started,
    status,
    redriveCount,
    endedRedrive,
    startedMs,
    lastMs,
    percent,
    nested: stored.nested ?? false,
    failurePoint: stored.failed ?? null,
    lanes: new Map(
      (stored.lanes ?? []).map(([id, parent, index, tip, after, visit]) => [
        id,
        { id, parent, index, tip, after, visit },
      ]),
    ),
    visits: new Map(
      (stored.visits ?? []).map(
        ([id, lane, name, type, attempt, enteredMs, failure, closed, fanOut, iterations, nextReport]) => [
          id,
          { id, lane, name, type, attempt, enteredMs, failure, closed, fanOut, iterations, nextReport },
        ],
      ),
    ),
    recent: new Map((stored.recent ?? []).map(([id, lane, visit]) => [id, { lane, visit }])),
    mapRuns: new Map(stored.mapRuns ?? []),
  };
}

/** The folds of every execution of a stream, as the `checkpoint` text of a journal entry. */
export function writeCheckpoint(folds: ReadonlyMap<string, ExecutionFold>): string {
  return JSON.stringify({
    v: 1,
    executions: Object.fromEntries([...folds].map(([arn, fold]) => [arn, store(fold)])),
  });
}

/**
 * @param text undefined for an entry without a checkpoint: nothing is remembered
 * @throws CheckpointError
 */
export function readCheckpoint(text: string | undefined): Map<string, ExecutionFold> {
  if (text === undefined) return new Map();
  const parsed = parseJson(StoredCheckpoint, text);
  if (!parsed.ok) throw new CheckpointError(`checkpoint does not read: ${describeIssues(parsed.issues)}`);
  return new Map(Object.entries(parsed.value.executions).map(([arn, fold]) => [arn, restore(fold)]));
}
