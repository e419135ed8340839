import type { ExecutionRecord } from '@stepcast/wire';
import type { ExecutionFold } from './execution-fold.ts';

/** What becomes of each record that is at hand for an execution. Every one is in exactly one list. */
export interface ReleasePlan {
  /** In order of id; to be folded now. */
  readonly release: readonly ExecutionRecord[];
  /** Released before. */
  readonly duplicates: readonly ExecutionRecord[];
  /** Ids that a declared gap gave up, and that came after all. */
  readonly late: readonly ExecutionRecord[];
  /** Beyond a gap. */
  readonly waiting: readonly ExecutionRecord[];
  /** First and last id of what is missing before `waiting`; before `release` for gaps that are given up. */
  readonly gaps: readonly (readonly [number, number])[];
}

/** Ids remembered of a sparse execution; at level ERROR only failures are logged, so few executions have more. */
export const MAX_SEEN = 500;

/**
 * Decides what to release: everything that follows on without a hole. At a hole everything behind it waits, unless
 * the execution is sparse or the hole is given up.
 * @param candidates in any order, repeated or not
 * @param giveUp no repair is possible: pass over holes, and list them in `gaps`
 */
export function planRelease(
  fold: Pick<ExecutionFold, 'lastId' | 'sparse' | 'seen' | 'gaps'>,
  candidates: readonly ExecutionRecord[],
  giveUp: boolean,
): ReleasePlan {
  const release: ExecutionRecord[] = [];
  const duplicates: ExecutionRecord[] = [];
  const late: ExecutionRecord[] = [];
  const waiting: ExecutionRecord[] = [];
  const gaps: [number, number][] = [];
  const seen = fold.sparse ? new Set(fold.seen) : undefined;
  const waitingIds = new Set<number>();
  let { lastId } = fold;
  for (const record of candidates.toSorted((one, other) => one.id - other.id)) {
    if (seen !== undefined) {
      if (seen.has(record.id)) duplicates.push(record);
      else release.push(record);
      seen.add(record.id);
    } else if (record.id <= lastId) {
      if (fold.gaps.some(([first, last]) => record.id >= first && record.id <= last)) late.push(record);
      else duplicates.push(record);
    } else if (record.id === lastId + 1 || giveUp) {
      if (record.id > lastId + 1) gaps.push([lastId + 1, record.id - 1]);
      release.push(record);
      lastId = record.id;
    } else if (waitingIds.has(record.id)) {
      duplicates.push(record);
    } else {
      if (waiting.length === 0) gaps.push([lastId + 1, record.id - 1]);
      waiting.push(record);
      waitingIds.add(record.id);
    }
  }
  return { release, duplicates, late, waiting, gaps };
}
