import type { ExecutionArn, IterationCounts } from '@stepcast/contracts';
import type { ExecutionRecord, Report } from '@stepcast/wire';
import { EntryPlanner, type PlannedEntry } from './entry-planner.ts';
import { roomFor, roomOf, type EntryRoom } from './entry-room.ts';
import {
  cloneFold,
  draftEvent,
  hasEnded,
  newFold,
  type EventDraft,
  type ExecutionFold,
} from './execution-fold.ts';
import { foldRecord, surelyEmits } from './fold-record.ts';
import { foldStatus, isEmittedAlready, needsRecordsFirst, type StatusFact } from './fold-status.ts';
import type { StateDuration } from './fold-step.ts';
import { foldLateRecord } from './late-record.ts';
import { foldMapRunCounts } from './map-run-counts.ts';
import type { Profile } from './percent.ts';
import { takeReport, type ReportBecame } from './reports.ts';
import { MAX_GAPS, MAX_SEEN, planRelease, removeLost, type ReleasePlan } from './release.ts';
import { follows, type StreamHead } from './stream-head.ts';

/** What is at hand for one execution. */
export interface Advance {
  readonly executionArn: ExecutionArn;
  /** CloudEvents `source` of its events. */
  readonly source: string;
  readonly nested: boolean;
  /** Incoming and parked ones, in any order, repeated or not. */
  readonly records: readonly ExecutionRecord[];
  readonly statuses: readonly StatusFact[];
  /** What tasks of it say of their own progress. Taken after records and statuses. Default none. */
  readonly reports?: readonly Report[];
  /** Known to be logged at ERROR or FATAL. */
  readonly sparse: boolean;
  /** No repair is possible, for this reason: pass over holes, and believe a status without its records. */
  readonly giveUp: string | undefined;
  readonly profile: Profile | undefined;
  /** Counts of distributed Maps, by Map Run ARN, when they were asked for. */
  readonly mapRunCounts?: ReadonlyMap<string, IterationCounts>;
}

/** The reason to give up where no history exists: what comes of such a gap later is taken all the same. */
export const NO_HISTORY = 'expressHasNoHistory';

/** What became of a record. */
export type Became =
  /** It is in the entries. */
  | 'released'
  /** It was released before. */
  | 'duplicate'
  /** It waits behind a gap, or emits nothing and no entry holds it yet: it must be given again with the next ones. */
  | 'parked'
  /** It came after its gap was declared and adds nothing, or its execution is not followed. */
  | 'late';

export interface RecordOutcome {
  readonly record: ExecutionRecord;
  readonly became: Became;
}

export interface Advanced {
  /** To be written in this order; empty when nothing is emitted. */
  readonly entries: readonly PlannedEntry[];
  /** Each record of the input once. */
  readonly records: readonly RecordOutcome[];
  /** First and last ids of what is missing before records that wait; empty when none waits. */
  readonly gaps: ReleasePlan['gaps'];
  readonly gapsDeclared: number;
  /** Statuses whose records are still awaited; all others are emitted. */
  readonly waitingStatuses: readonly StatusFact[];
  /** What became of each report. */
  readonly reports: readonly { readonly report: Report; readonly became: ReportBecame }[];
  /** Of states that ended well. */
  readonly durations: readonly StateDuration[];
  /** The head is beyond the last of the entries: it must not be used any more, but read again. */
  readonly changedWithoutEntry: boolean;
}

/** The entry that begins a stream when its upload is known before any execution; empty when it has begun. */
export function planUploaded(head: StreamHead): readonly PlannedEntry[] {
  if (head.lastOffset > 0) return [];
  const planner = new EntryPlanner(head, 'stepcast');
  planner.cut(undefined, undefined);
  return planner.entries;
}

/**
 * Advances a stream, in place, by the records and statuses at hand for one execution, and returns the entries to write.
 * The head is afterwards where the last entry ends; without an entry it is as it was before. A head of which an entry
 * could not be written, or on which this function threw, must not be used any more.
 *
 * Records are released in order of id and folded one after the other. So the events of an execution depend on its records
 * alone, not on how they were batched, ordered or repeated on the way. Only records that come after their gap was declared
 * are an exception, see {@link foldLateRecord}.
 */
export function advanceStream(head: StreamHead, input: Advance): Advanced {
  if (!follows(head, input.executionArn)) return notFollowed(input, 'ended');
  // A report begins nothing: neither the stream nor its part of an execution.
  if (!head.folds.has(input.executionArn) && input.records.length + input.statuses.length === 0)
    return notFollowed(input, 'early');
  return new Advancing(head, input).run();
}

function notFollowed({ records, reports = [] }: Advance, became: ReportBecame): Advanced {
  return {
    entries: [],
    records: records.map((record) => ({ record, became: 'late' })),
    gaps: [],
    gapsDeclared: 0,
    waitingStatuses: [],
    reports: reports.map((report) => ({ report, became })),
    durations: [],
    changedWithoutEntry: false,
  };
}

/** One call of {@link advanceStream}. */
class Advancing {
  readonly #head: StreamHead;
  readonly #input: Advance;
  readonly #fold: ExecutionFold;
  readonly #plan: ReleasePlan;
  readonly #planner: EntryPlanner;
  readonly #durations: StateDuration[] = [];
  readonly #waitingStatuses: StatusFact[] = [];
  readonly #reports: Advanced['reports'][number][] = [];
  /** How many of the records to release are in entries. */
  #written = 0;

  constructor(head: StreamHead, input: Advance) {
    const known = head.folds.get(input.executionArn) ?? newFold(input.nested);
    const sparse = known.sparse || input.sparse;
    this.#head = head;
    this.#input = input;
    const released = sparse === known.sparse ? known : { ...releaseState(known), sparse };
    this.#plan = planRelease(released, input.records, input.giveUp !== undefined);
    const begins = head.lastOffset === 0;
    this.#fold = begins || this.#surelyAdvances(known, sparse) ? known : cloneFold(known);
    this.#fold.sparse = sparse;
    this.#planner = new EntryPlanner(head, input.source);
  }

  run(): Advanced {
    const { statuses } = this.#input;
    const release = this.#plan.release;
    // A start known by status comes first, as it would from the records, unless they are here themselves.
    if (release[0]?.id !== 1)
      for (const fact of statuses) if (!needsRecordsFirst(fact)) this.#emitStatus(fact, 0);
    for (const record of this.#plan.late) this.#takeLate(record);
    release.forEach((record, index) => {
      this.#take(record, index);
    });
    this.#emitMapRuns();
    for (const fact of statuses) this.#takeStatus(fact);
    for (const report of this.#input.reports ?? []) this.#takeReport(report);
    if (this.#planner.isPending) this.#cut(release.length);
    return this.#result();
  }

  /** Whether an event is sure to be emitted. If not, the fold is worked on as a copy, so that the head stays as it was. */
  #surelyAdvances(fold: ExecutionFold, sparse: boolean): boolean {
    const { giveUp, statuses } = this.#input;
    const { release, gaps } = this.#plan;
    if (release.some((record) => surelyEmits(fold, record))) return true;
    if (giveUp !== undefined && gaps.length > 0) return true;
    return statuses.some(
      (fact) => !isEmittedAlready(fold, fact) && (!needsRecordsFirst(fact) || sparse || giveUp !== undefined),
    );
  }

  #take(record: ExecutionRecord, index: number): void {
    const fold = this.#fold;
    const { executionArn, profile } = this.#input;
    const afterGap = !fold.sparse && record.id > fold.lastId + 1;
    if (this.#planner.isPending) this.#makeRoom(roomFor(fold, executionArn, record, afterGap), index);
    const gap = afterGap ? this.#declareGap(record) : undefined;
    const { events, duration } = foldRecord(fold, executionArn, record);
    if (fold.sparse) noteSeen(fold.seen, record.id);
    if (record.id > fold.lastId) fold.lastId = record.id;
    this.#planner.emit(gap === undefined ? events : [gap, ...events], fold, profile);
    if (duration !== undefined) this.#durations.push(duration);
  }

  #takeLate(record: ExecutionRecord): void {
    const fold = this.#fold;
    const { executionArn, profile } = this.#input;
    const { state, folds } = this.#head;
    if (this.#planner.isPending) this.#makeRoom(roomFor(fold, executionArn, record, false), 0);
    const others = [...folds].filter(([arn]) => arn !== executionArn).map(([, one]) => one);
    const { events, duration } = foldLateRecord(fold, executionArn, record, {
      state,
      folds: [...others, fold],
    });
    removeLost(fold.lost, record.id);
    this.#planner.emit(events, fold, profile);
    if (duration !== undefined) this.#durations.push(duration);
  }

  #declareGap({ id, timestampMs }: ExecutionRecord): EventDraft {
    const { executionArn, giveUp = 'unknown' } = this.#input;
    const fold = this.#fold;
    const [firstEventId, lastEventId] = [fold.lastId + 1, id - 1];
    const ranges = giveUp === NO_HISTORY ? fold.lost : fold.gaps;
    ranges.push([firstEventId, lastEventId]);
    if (ranges.length > MAX_GAPS) ranges.shift();
    return draftEvent(executionArn, 'gapDeclared', timestampMs, {
      gap: { firstEventId, lastEventId, reason: giveUp },
    });
  }

  #emitMapRuns(): void {
    const { executionArn, mapRunCounts, profile } = this.#input;
    if (mapRunCounts === undefined) return;
    for (const [visitId, mapRunArn] of this.#fold.mapRuns) {
      const counts = mapRunCounts.get(mapRunArn);
      if (counts === undefined) continue;
      this.#makeRoom(roomOf(executionArn, 1), this.#plan.release.length);
      this.#planner.emit(foldMapRunCounts(this.#fold, executionArn, visitId, counts), this.#fold, profile);
    }
  }

  #takeStatus(fact: StatusFact): void {
    if (isEmittedAlready(this.#fold, fact)) return;
    if (needsRecordsFirst(fact) && !this.#fold.sparse && this.#input.giveUp === undefined)
      this.#waitingStatuses.push(fact);
    else this.#emitStatus(fact, this.#plan.release.length);
  }

  #takeReport(report: Report): void {
    const { executionArn, profile } = this.#input;
    const { became, event } = takeReport(this.#fold, executionArn, report);
    this.#reports.push({ report, became });
    if (event === undefined) return;
    this.#makeRoom(roomOf(executionArn, 1), this.#plan.release.length);
    this.#planner.emit([event], this.#fold, profile);
  }

  #emitStatus(fact: StatusFact, released: number): void {
    const { executionArn, profile } = this.#input;
    // A status emits a start, a redrive and an end at most.
    this.#makeRoom(roomOf(executionArn, 3), released);
    this.#planner.emit(foldStatus(this.#fold, executionArn, fact), this.#fold, profile);
  }

  /** @param released how many records of the plan are folded so far */
  #makeRoom(room: EntryRoom, released: number): void {
    if (!this.#planner.hasRoomFor(room)) this.#cut(released);
  }

  #cut(released: number): void {
    this.#planner.cut(this.#input.executionArn, this.#fold);
    this.#written = released;
  }

  #result(): Advanced {
    const { entries } = this.#planner;
    const { waiting, gaps, release } = this.#plan;
    const declares = this.#input.giveUp !== undefined && !this.#fold.sparse;
    return {
      entries,
      records: this.#outcomes(),
      gaps: waiting.length === 0 ? [] : gaps,
      gapsDeclared: declares ? gaps.length : 0,
      waitingStatuses: this.#waitingStatuses,
      reports: this.#reports,
      durations: this.#durations,
      changedWithoutEntry: entries.length > 0 && this.#written < release.length,
    };
  }

  #outcomes(): RecordOutcome[] {
    const { late, release, waiting, duplicates, dropped } = this.#plan;
    const outcomes = release.map((record, index): RecordOutcome => ({
      record,
      became: index < this.#written ? 'released' : 'parked',
    }));
    const add = (records: readonly ExecutionRecord[], became: Became) => {
      for (const record of records) outcomes.push({ record, became });
    };
    // Of an execution that has ended nothing more comes that a record could go along with.
    const withoutEntry = hasEnded(this.#fold) ? 'late' : 'parked';
    add(late, this.#planner.entries.length > 0 ? 'released' : withoutEntry);
    add(waiting, 'parked');
    add(duplicates, 'duplicate');
    add(dropped, 'late');
    return outcomes;
  }
}

function releaseState({ lastId, seen, gaps, lost }: ExecutionFold) {
  return { lastId, seen, gaps, lost };
}

function noteSeen(seen: Set<number>, id: number): void {
  seen.add(id);
  if (seen.size <= MAX_SEEN) return;
  const [oldest] = seen;
  if (oldest !== undefined) seen.delete(oldest);
}
