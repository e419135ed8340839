import type { ExecutionArn, ProgressEvent } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { EntryPlanner, type PlannedEntry, type StreamHead } from './entry-planner.ts';
import {
  cloneFold,
  draftEvent,
  instantOf,
  newFold,
  type EventDraft,
  type ExecutionFold,
} from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { foldStatus, isToldAlready, needsRecordsFirst, type StatusFact } from './fold-status.ts';
import type { Profile } from './percent.ts';
import { MAX_SEEN, planRelease } from './release.ts';
import { emptyState, type StreamMeta } from './upload-fold.ts';

/** What is at hand for one execution. */
export interface Advance {
  readonly executionArn: ExecutionArn;
  /** CloudEvents `source` of what it tells. */
  readonly source: string;
  readonly nested: boolean;
  /** New ones and parked ones, in any order, repeated or not. */
  readonly records: readonly ExecutionRecord[];
  readonly statuses: readonly StatusFact[];
  /** Known to be logged at ERROR or FATAL. */
  readonly sparse: boolean;
  /** No repair is possible: pass over holes, and believe a status without its records. */
  readonly giveUp: string | undefined;
  readonly profile: Profile | undefined;
  /** Counts of distributed Maps, by Map Run ARN, when they were asked for. */
  readonly mapRunCounts?: ReadonlyMap<string, NonNullable<ProgressEvent['iterations']>>;
}

export interface Advanced {
  /** To be written in this order; empty when nothing is told. */
  readonly entries: readonly PlannedEntry[];
  /** Taken into the entries. */
  readonly released: readonly ExecutionRecord[];
  /** Could be released, but tell nothing, so no entry holds them yet. They must be kept until one does. */
  readonly untold: readonly ExecutionRecord[];
  readonly duplicates: readonly ExecutionRecord[];
  /** Came after their gap was declared, or of an execution that is not followed. */
  readonly late: readonly ExecutionRecord[];
  /** Beyond a gap. */
  readonly waiting: readonly ExecutionRecord[];
  /** What is missing before `waiting`. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly gapsDeclared: number;
  /** Statuses whose records are still awaited; all others are told. */
  readonly waitingStatuses: readonly StatusFact[];
  /** Durations of stays in states that ended well. */
  readonly stays: readonly { readonly name: string; readonly durationMs: number }[];
}

const NOTHING: Advanced = {
  entries: [],
  released: [],
  untold: [],
  duplicates: [],
  late: [],
  waiting: [],
  gaps: [],
  gapsDeclared: 0,
  waitingStatuses: [],
  stays: [],
};

export function newHead(meta: StreamMeta): StreamHead {
  return { meta, lastOffset: 0, state: emptyState(meta), folds: new Map() };
}

/** The entry that begins a stream when its upload is known before any execution; empty when it has begun. */
export function planUploaded(head: StreamHead): readonly PlannedEntry[] {
  if (head.lastOffset > 0) return [];
  const planner = new EntryPlanner(head, 'stepcast');
  planner.cut(undefined, undefined);
  return planner.entries;
}

/**
 * Executions that one stream follows: the upload's own and those nested in it. Each takes up to about 1 KB of every
 * entry while it runs. Of more than these nothing is told; the Map that starts them still counts them.
 */
export const MAX_FOLLOWED = 150;

/** Whether a stream follows an execution, or has room for it. */
export function follows({ folds }: StreamHead, executionArn: ExecutionArn): boolean {
  return folds.has(executionArn) || folds.size < MAX_FOLLOWED;
}

/**
 * What the records and statuses at hand add to a stream. Pure: the head is not changed.
 *
 * Records are released in order of id and told one after the other, so the events of an execution depend on its
 * records alone, not on how they were batched, ordered or repeated on the way.
 */
export function advanceStream(head: StreamHead, input: Advance): Advanced {
  const { executionArn, profile } = input;
  if (!follows(head, executionArn)) return { ...NOTHING, late: input.records };
  const before = head.folds.get(executionArn);
  const fold = before === undefined ? newFold(input.nested) : cloneFold(before);
  if (input.sparse) fold.sparse = true;
  const plan = planRelease(fold, input.records, input.giveUp !== undefined);
  const planner = new EntryPlanner(head, input.source);
  const stays: { name: string; durationMs: number }[] = [];
  let told = 0;

  const early = input.statuses.filter((fact) => !needsRecordsFirst(fact));
  // A start told by status comes first, as it would have from the records, unless they are here to tell it.
  if (plan.release[0]?.id !== 1)
    for (const fact of early) planner.tell(foldStatus(fold, executionArn, fact), fold, profile);

  for (const [index, record] of plan.release.entries()) {
    if (!fold.sparse && record.id > fold.lastId + 1) declareGap(fold, planner, input, record);
    const { events, stay } = foldRecord(fold, executionArn, record);
    if (fold.sparse) fold.seen = [...fold.seen, record.id].slice(-MAX_SEEN);
    fold.lastId = Math.max(fold.lastId, record.id);
    planner.tell(events, fold, profile);
    if (stay !== undefined) stays.push(stay);
    if (planner.isFull) {
      planner.cut(executionArn, cloneFold(fold));
      told = index + 1;
    }
  }

  for (const [visitId, mapRunArn] of fold.mapRuns)
    planner.tell(mapRunProgress(fold, visitId, input, mapRunArn), fold, profile);

  const waitingStatuses: StatusFact[] = [];
  for (const fact of input.statuses) {
    if (isToldAlready(fold, fact)) continue;
    if (needsRecordsFirst(fact) && !fold.sparse && input.giveUp === undefined) waitingStatuses.push(fact);
    else planner.tell(foldStatus(fold, executionArn, fact), fold, profile);
  }
  if (planner.pending) {
    planner.cut(executionArn, fold);
    told = plan.release.length;
  }
  const gapsDeclared = input.giveUp === undefined || fold.sparse ? 0 : plan.gaps.length;
  return {
    entries: planner.entries,
    released: plan.release.slice(0, told),
    untold: plan.release.slice(told),
    duplicates: plan.duplicates,
    late: plan.late,
    waiting: plan.waiting,
    gaps: plan.waiting.length === 0 ? [] : plan.gaps,
    gapsDeclared,
    waitingStatuses,
    stays,
  };
}

/** Declared gaps remembered of one execution, to tell late records from repeated ones. */
export const MAX_GAPS = 50;

function declareGap(fold: ExecutionFold, planner: EntryPlanner, input: Advance, next: ExecutionRecord): void {
  const [firstEventId, lastEventId] = [fold.lastId + 1, next.id - 1];
  fold.gaps = [...fold.gaps, [firstEventId, lastEventId] as const].slice(-MAX_GAPS);
  const gap = { firstEventId, lastEventId, reason: input.giveUp ?? 'unknown' };
  planner.tell(
    [draftEvent(input.executionArn, 'gapDeclared', next.timestampMs, { gap })],
    fold,
    input.profile,
  );
}

function mapRunProgress(
  fold: ExecutionFold,
  visitId: number,
  { executionArn, mapRunCounts }: Advance,
  mapRunArn: string,
): EventDraft[] {
  const counts = mapRunCounts?.get(mapRunArn);
  const visit = fold.visits.get(visitId);
  if (counts === undefined || visit === undefined) return [];
  const { iterations } = visit;
  const same =
    iterations !== null &&
    iterations.total === counts.total &&
    iterations.started === counts.started &&
    iterations.succeeded === counts.succeeded &&
    iterations.failed === counts.failed;
  if (same) return [];
  visit.iterations = { ...counts };
  return [
    {
      kind: 'iterationsProgressed',
      time: instantOf(fold.lastMs),
      executionArn,
      step: { name: visit.name, type: visit.type },
      iterations: counts,
    },
  ];
}
