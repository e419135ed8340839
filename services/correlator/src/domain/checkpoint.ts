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
import { MAX_RECENT } from './chain.ts';
import type { Context, ExecutionFold, IdRange, Visit } from './execution-fold.ts';

/** Thrown for journal entries that do not read: a version wrote them that this one does not know. */
export class CheckpointError extends StepcastError {
  readonly code = 'CORRELATOR_CHECKPOINT_INVALID';
  readonly retryable = false;
  override readonly failure = 'poison';
}

const Id = z.number().int().min(0);
const Nullable = Id.nullable();

/** Tuples make it short: every journal entry holds one. */
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
  lost: z.array(z.tuple([Id, Id])).optional(),
  failed: Id.optional(),
  lanes: z.array(z.tuple([Id, Nullable, Nullable, Id, z.string().nullable(), Nullable, Id])).optional(),
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
  /** Records one after the other that stand in the same place: first id, how many, lane and visit, without brackets. */
  recent: z
    .array(Nullable)
    .refine((all) => all.length % 4 === 0)
    .optional(),
  mapRuns: z.array(z.tuple([Id, z.string()])).optional(),
  /** Beside the visits: a version from before reports strips it, and reads the rest. */
  reports: z.array(z.tuple([z.string(), Id, z.string()])).optional(),
  /** Of visits whose code said how much is over. */
  parts: z.array(z.tuple([Id, z.number()])).optional(),
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

function storeContexts(contexts: ReadonlyMap<number, Context>): (number | null)[] | undefined {
  if (contexts.size === 0) return undefined;
  const stored: (number | null)[] = [];
  let first = 0;
  let count = 0;
  let at: Context | undefined;
  const end = () => {
    if (at !== undefined) stored.push(first, count, at.lane, at.visit);
  };
  // Each entry has dozens of them: a loop would make an array of each.
  contexts.forEach((context, id) => {
    if (at !== undefined && id === first + count && context.lane === at.lane && context.visit === at.visit) {
      count += 1;
      return;
    }
    end();
    first = id;
    count = 1;
    at = context;
  });
  end();
  return stored;
}

function restoreContexts(stored: readonly (number | null)[]): Map<number, Context> {
  const contexts = new Map<number, Context>();
  for (let at = 0; at < stored.length; at += 4) {
    const first = stored[at] ?? 0;
    const count = Math.min(stored[at + 1] ?? 0, MAX_RECENT);
    const context = { lane: stored[at + 2] ?? 0, visit: stored[at + 3] ?? null };
    for (let id = first; id < first + count; id += 1) contexts.set(id, context);
  }
  return contexts;
}

function storeParts(visits: ReadonlyMap<number, Visit>): [number, number][] | undefined {
  let stored: [number, number][] | undefined;
  for (const { id, reported } of visits.values()) if (reported !== null) (stored ??= []).push([id, reported]);
  return stored;
}

function ranges(all: readonly IdRange[]): [number, number][] | undefined {
  return all.length === 0 ? undefined : all.map(([first, last]) => [first, last]);
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
    gaps: ranges(fold.gaps),
    lost: ranges(fold.lost),
    failed: fold.failurePoint ?? undefined,
    lanes: some(fold.lanes, (one) => [
      one.id,
      one.parent,
      one.index,
      one.tip,
      one.after,
      one.visit,
      one.movedBy,
    ]),
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
    recent: storeContexts(fold.recent),
    mapRuns: some(fold.mapRuns, (arn, id) => [id, arn]),
    reports:
      fold.reports.size === 0 ? undefined : [...fold.reports].map(([step, { atMs, id }]) => [step, atMs, id]),
    parts: storeParts(fold.visits),
  };
}

function restore(stored: StoredFold): ExecutionFold {
  const [started, status, redriveCount, endedRedrive, startedMs, lastMs, percent] = stored.s;
  const parts = new Map(stored.parts);
  return {
    lastId: stored.n,
    sparse: stored.sparse !== undefined,
    seen: new Set(stored.sparse),
    gaps: stored.gaps ?? [],
    lost: stored.lost ?? [],
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
      (stored.lanes ?? []).map(([id, parent, index, tip, after, visit, movedBy]) => [
        id,
        { id, parent, index, tip, after, visit, movedBy },
      ]),
    ),
    visits: new Map(
      (stored.visits ?? []).map(
        ([id, lane, name, type, attempt, enteredMs, failure, closed, fanOut, iterations, nextReport]) => {
          const reported = parts.get(id) ?? null;
          return [
            id,
            {
              id,
              lane,
              name,
              type,
              attempt,
              enteredMs,
              failure,
              closed,
              fanOut,
              iterations,
              nextReport,
              reported,
            },
          ];
        },
      ),
    ),
    recent: restoreContexts(stored.recent ?? []),
    mapRuns: new Map(stored.mapRuns ?? []),
    reports: new Map((stored.reports ?? []).map(([step, atMs, id]) => [step, { atMs, id }])),
  };
}

/** The folds of all executions of a stream as text: the `checkpoint` of a snapshot. */
export function writeCheckpoint(folds: Iterable<readonly [arn: string, fold: ExecutionFold]>): string {
  // Written around the texts of the folds: an object with ARNs as keys would give V8 a new shape for each.
  const executions: string[] = [];
  for (const [arn, fold] of folds) executions.push(`${JSON.stringify(arn)}:${writeCursor(fold)}`);
  return `{"v":1,"executions":{${executions.join(',')}}}`;
}

/**
 * The fold of the one execution that an entry advanced, as text: the `cursor` of an entry without snapshot. It does not
 * name the execution: the events of the entry do, and ARNs are long.
 */
export function writeCursor(fold: ExecutionFold): string {
  return JSON.stringify(store(fold));
}

/** @throws CheckpointError */
export function readCheckpoint(text: string): Map<string, ExecutionFold> {
  const parsed = parseJson(StoredCheckpoint, text);
  if (!parsed.ok) throw new CheckpointError(`checkpoint does not read: ${describeIssues(parsed.issues)}`);
  return new Map(Object.entries(parsed.value.executions).map(([arn, fold]) => [arn, restore(fold)]));
}

/** @throws CheckpointError */
export function readCursor(text: string): ExecutionFold {
  const parsed = parseJson(StoredFold, text);
  if (!parsed.ok) throw new CheckpointError(`cursor does not read: ${describeIssues(parsed.issues)}`);
  return restore(parsed.value);
}
