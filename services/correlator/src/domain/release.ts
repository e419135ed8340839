import type { ExecutionRecord } from '@stepcast/wire';
import type { ExecutionFold, IdRange } from './execution-fold.ts';

/** What becomes of each record that is at hand for an execution. Every one is in exactly one list. */
export interface ReleasePlan {
  /** Missing of a gap that was declared without a history to ask, in order of id; to be folded before `release`. */
  readonly late: readonly ExecutionRecord[];
  /** In order of id; to be folded now. */
  readonly release: readonly ExecutionRecord[];
  /** Released before. */
  readonly duplicates: readonly ExecutionRecord[];
  /** Came after a gap was declared that a history was asked about. */
  readonly dropped: readonly ExecutionRecord[];
  /** Beyond a gap. */
  readonly waiting: readonly ExecutionRecord[];
  /** First and last id of what is missing before `waiting`; before `release` for gaps that are given up. */
  readonly gaps: readonly IdRange[];
}

/** Ids remembered of a sparse execution. At level ERROR only failures are logged, so few executions have more. */
export const MAX_SEEN = 500;
/** Ranges of ids remembered of declared gaps, of either kind. What falls into a forgotten one counts as a duplicate. */
export const MAX_GAPS = 50;

/** What releasing depends on. */
export type ReleaseState = Pick<ExecutionFold, 'lastId' | 'sparse' | 'gaps' | 'lost'> & {
  readonly seen: ReadonlySet<number>;
};

interface Lists {
  readonly late: ExecutionRecord[];
  readonly release: ExecutionRecord[];
  readonly duplicates: ExecutionRecord[];
  readonly dropped: ExecutionRecord[];
  readonly waiting: ExecutionRecord[];
  readonly gaps: IdRange[];
}

function isIn(ranges: readonly IdRange[], id: number): boolean {
  return ranges.some(([first, last]) => id >= first && id <= last);
}

function inOrder(candidates: readonly ExecutionRecord[]): readonly ExecutionRecord[] {
  let previous = 0;
  for (const { id } of candidates) {
    if (id < previous) return candidates.toSorted((one, other) => one.id - other.id);
    previous = id;
  }
  return candidates;
}

/**
 * Decides what to release: every record that follows on without a hole. At a hole all records behind it wait, unless the
 * execution is sparse or the hole is given up.
 * @param candidates in any order, repeated or not
 * @param giveUp no repair is possible: pass over holes, and list them in `gaps`
 */
export function planRelease(
  fold: ReleaseState,
  candidates: readonly ExecutionRecord[],
  giveUp: boolean,
): ReleasePlan {
  const lists: Lists = { late: [], release: [], duplicates: [], dropped: [], waiting: [], gaps: [] };
  if (fold.sparse) releaseSparse(fold, inOrder(candidates), lists);
  else releaseDense(fold, inOrder(candidates), giveUp, lists);
  return lists;
}

function releaseSparse({ seen }: ReleaseState, candidates: readonly ExecutionRecord[], lists: Lists): void {
  let previous = 0;
  for (const record of candidates) {
    if (record.id === previous || seen.has(record.id)) lists.duplicates.push(record);
    else lists.release.push(record);
    previous = record.id;
  }
}

function releaseDense(
  fold: ReleaseState,
  candidates: readonly ExecutionRecord[],
  giveUp: boolean,
  lists: Lists,
): void {
  const { release, waiting, gaps } = lists;
  let { lastId } = fold;
  let previous = 0;
  for (const record of candidates) {
    const { id } = record;
    if (id === previous) lists.duplicates.push(record);
    else if (id <= lastId) listOfPassed(fold, id, lists).push(record);
    else if (id === lastId + 1 || giveUp) {
      if (id > lastId + 1) gaps.push([lastId + 1, id - 1]);
      release.push(record);
      lastId = id;
    } else {
      if (waiting.length === 0) gaps.push([lastId + 1, id - 1]);
      waiting.push(record);
    }
    previous = id;
  }
}

/** Where a record belongs whose id was passed already. */
function listOfPassed(fold: ReleaseState, id: number, lists: Lists): ExecutionRecord[] {
  if (isIn(fold.lost, id)) return lists.late;
  return isIn(fold.gaps, id) ? lists.dropped : lists.duplicates;
}

/** Takes a record out of what is missing, so that it counts as a duplicate from now on. */
export function removeLost(lost: IdRange[], id: number): void {
  const index = lost.findIndex(([first, last]) => id >= first && id <= last);
  const range = lost[index];
  if (range === undefined) return;
  const [first, last] = range;
  const rest: IdRange[] = [];
  if (first < id) rest.push([first, id - 1]);
  if (id < last) rest.push([id + 1, last]);
  lost.splice(index, 1, ...rest);
  if (lost.length > MAX_GAPS) lost.shift();
}
