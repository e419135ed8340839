import type {
  ErrorSummary,
  ExecutionArn,
  IterationCounts,
  ProgressEvent,
  StepRef,
  UploadStatus,
} from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';

/** First and last id of consecutive records. */
export type IdRange = readonly [first: number, last: number];

/**
 * What the correlator remembers of one execution between two batches: how far its records are released, and where in
 * the workflow each thread of control stands.
 *
 * A *lane* is one sequential thread of control: the execution itself (lane 0), each branch of a Parallel, each iteration
 * of a Map. A *visit* is the time between entering a state and leaving it, named by the id of its `*StateEntered`. Every
 * record belongs to a lane, and inside it to a visit or to the place between two. `previousEventId` says which, so the
 * context of a record must be known for as long as another may point to it. That is so for the last record of each open
 * lane, for the start of each open Map or Parallel, and for a few recent records. The fold forgets the rest, so it stays
 * small for executions of 25,000 events.
 */
export interface ExecutionFold {
  /** Every record up to here is released, or given up in a declared gap. */
  lastId: number;
  /** Log level ERROR or FATAL: ids are sparse by nature, so no record waits for those between. */
  sparse: boolean;
  /** With `sparse`: ids released lately, oldest first, to recognise repeated records by. */
  readonly seen: Set<number>;
  /** Gaps that were declared although there was a history to ask, oldest first. What comes of them later is dropped. */
  readonly gaps: IdRange[];
  /** What is missing of gaps that were declared because there is no history, oldest first. What comes later is taken. */
  readonly lost: IdRange[];
  started: boolean;
  status: UploadStatus;
  redriveCount: number;
  /** Redrive count whose end was emitted, -1 before any. */
  endedRedrive: number;
  startedMs: number | null;
  /** Timestamp of the newest record released. */
  lastMs: number;
  /** 0 to 100, never falling; null when there is nothing to measure by, and in nested executions. */
  percent: number | null;
  /** Part of another execution's stream: its end is not the upload's. */
  readonly nested: boolean;
  /** The visit in which the execution failed: where a redrive goes on. */
  failurePoint: number | null;
  readonly lanes: Map<number, Lane>;
  readonly visits: Map<number, Visit>;
  /** Contexts of recent records, by id, oldest first. */
  readonly recent: Map<number, Context>;
  /** Distributed Maps that run: the visit, and the Map Run to ask. */
  readonly mapRuns: Map<number, string>;
  /** By name of a step: its newest report. One that is not newer is not taken any more. */
  readonly reports: Map<string, ReportMark>;
}

/** What orders the reports of a step. */
export interface ReportMark {
  readonly atMs: number;
  /** Of its log event. Empty: any report of this time or before is too old. */
  readonly id: string;
}

export interface Lane {
  readonly id: number;
  /** The Map or Parallel visit that this lane runs in; null for the execution itself. */
  readonly parent: number | null;
  /** Iteration of a Map, from 0; null for a branch. */
  readonly index: number | null;
  /** Id of the lane's newest record. */
  tip: number;
  /** Name of the state left last, when between two states. */
  after: string | null;
  /** The visit it is in, null between two states. */
  visit: number | null;
  /** Id of the record by which it last entered or left a state; 0 before any. */
  movedBy: number;
}

export interface Visit {
  readonly id: number;
  readonly lane: number;
  readonly name: string;
  readonly type: StepRef['type'];
  attempt: number;
  readonly enteredMs: number;
  /** A failure that may still be retried or caught, or turn out to be final. */
  failure: ErrorSummary | null;
  /** Its end was emitted (failed or aborted). Only a redrive opens it again. */
  closed: boolean;
  /** Id of its newest `…StateStarted`, which lanes inside it point to. */
  fanOut: number | null;
  iterations: Readonly<IterationCounts> | null;
  /** How many iterations must have ended for the next `iterationsProgressed`. */
  nextReport: number;
  /** What its own code said last of how much of this attempt is over, 0 to 1. Null before it says a number. */
  reported: number | null;
}

/** Where a record stands: a lane, and the visit in it unless it is between two. */
export interface Context {
  readonly lane: number;
  readonly visit: number | null;
}

/** An event before it has an offset. */
export type EventDraft = Omit<ProgressEvent, 'offset'>;

export function newFold(nested: boolean): ExecutionFold {
  return {
    lastId: 0,
    sparse: false,
    seen: new Set(),
    gaps: [],
    lost: [],
    started: false,
    status: 'queued',
    redriveCount: 0,
    endedRedrive: -1,
    startedMs: null,
    lastMs: 0,
    percent: null,
    nested,
    failurePoint: null,
    lanes: new Map([[0, newLane(0, null, null)]]),
    visits: new Map(),
    recent: new Map(),
    mapRuns: new Map(),
    reports: new Map(),
  };
}

/** A lane that begins with the record of its id. */
export function newLane(id: number, parent: number | null, index: number | null): Lane {
  return { id, parent, index, tip: id, after: null, visit: null, movedBy: id };
}

/** A copy that shares nothing that changes. Takes time that grows with the open lanes and visits. */
export function cloneFold(fold: ExecutionFold): ExecutionFold {
  const lanes = new Map<number, Lane>();
  for (const [id, lane] of fold.lanes) lanes.set(id, { ...lane });
  const visits = new Map<number, Visit>();
  for (const [id, visit] of fold.visits) visits.set(id, { ...visit });
  return {
    ...fold,
    seen: new Set(fold.seen),
    gaps: [...fold.gaps],
    lost: [...fold.lost],
    lanes,
    visits,
    recent: new Map(fold.recent),
    mapRuns: new Map(fold.mapRuns),
    reports: new Map(fold.reports),
  };
}

/** Whether the execution has reached an end that only a redrive changes. */
export function hasEnded(fold: ExecutionFold): boolean {
  return fold.endedRedrive >= fold.redriveCount;
}

/**
 * Whether a record is the first of its redrive. Not said of a sparse execution: its records come in any order, and an end
 * from before the redrive would be taken for that of the redrive. Its statuses say when it is redriven.
 */
export function beginsRedrive(
  fold: ExecutionFold,
  { redriveCount }: Pick<ExecutionRecord, 'redriveCount'>,
): boolean {
  return !fold.sparse && redriveCount > fold.redriveCount;
}

/** Indexes of the Map iterations around a lane, outermost first; undefined outside of Maps. */
export function iterationPath(fold: ExecutionFold, laneId: number): number[] | undefined {
  const path: number[] = [];
  for (let lane = fold.lanes.get(laneId); lane !== undefined && lane.parent !== null;) {
    if (lane.index !== null) path.unshift(lane.index);
    const parent = fold.visits.get(lane.parent);
    lane = parent === undefined ? undefined : fold.lanes.get(parent.lane);
  }
  return path.length === 0 ? undefined : path;
}

const worksItself = new Set<StepRef['type']>(['Task', 'Map', 'Parallel']);

/** How an event names a visit. */
export function stepOf(fold: ExecutionFold, visit: Visit): StepRef {
  const step: StepRef = { name: visit.name, type: visit.type };
  if (worksItself.has(visit.type)) step.attempt = visit.attempt;
  const iteration = iterationPath(fold, visit.lane);
  if (iteration !== undefined) step.iteration = iteration;
  return step;
}

/** The second written last, and its ISO 8601 text up to the milliseconds: events of one batch have few of them. */
let lastSecond = Number.NaN;
let lastPrefix = '';

/** Time of an event as ISO 8601 in UTC, from the whole milliseconds of its record. */
export function instantOf(timestampMs: number): string {
  const second = Math.floor(timestampMs / 1000);
  if (second !== lastSecond) {
    lastPrefix = new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  const milliseconds = timestampMs - second * 1000;
  return `${lastPrefix}${milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : ''}${milliseconds}Z`;
}

/** An event of an execution. */
export function draftEvent(
  executionArn: ExecutionArn,
  kind: EventDraft['kind'],
  timestampMs: number,
  more: Partial<EventDraft> = {},
): EventDraft {
  return { kind, time: instantOf(timestampMs), executionArn, ...more };
}
