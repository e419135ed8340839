import type { ErrorSummary, IterationCounts, StepRef, StepReport, UploadStatus } from '@stepcast/contracts';

/** How something is that began. */
export type TraceStatus = 'running' | 'retrying' | 'succeeded' | 'failed' | 'caught' | 'aborted';

/** One try of a step. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  readonly startedAt: number;
  endedAt: number | null;
  status: TraceStatus;
  error: ErrorSummary | undefined;
}

/** A state of the workflow, entered once. Times are milliseconds since the epoch. */
export interface Visit {
  readonly scope: Scope;
  /** Unique in the trace, and the same each time that the same events are folded. */
  readonly id: string;
  readonly name: string;
  type: StepRef['type'];
  status: TraceStatus;
  readonly startedAt: number;
  endedAt: number | null;
  readonly attempts: Attempt[];
  error: ErrorSummary | undefined;
  /** Of a Map: its own counts, as they came last. */
  iterations: IterationCounts | undefined;
  /** What its code said last of its progress, while it runs. */
  report: StepReport | undefined;
  /** Of a Map: what is held of its iterations, by index. */
  readonly lanes: Map<number, Scope>;
  /** Of a Map: iterations that were let go, to stay within bounds. */
  lanesLetGo: number;
  /** Of a Parallel, and of a Map whose steps do not say which iteration they are of. */
  inner: Scope;
  /** Another state began after it. */
  followed: boolean;
}

/** What runs one after the other: a workflow, a branch, an iteration. A Parallel's branches share one. */
export interface Scope {
  /** The Map or Parallel that it is in. */
  readonly inside: Visit | null;
  readonly visits: Visit[];
  /** Visits that were let go, to stay within bounds. */
  visitsLetGo: number;
}

/** One execution. */
export interface ExecutionTrace {
  readonly arn: string;
  readonly nested: boolean;
  status: UploadStatus;
  startedAt: number | null;
  endedAt: number | null;
  redriveCount: number;
  error: ErrorSummary | undefined;
  readonly scope: Scope;
  /** Which state was followed by which, in order of first time. */
  readonly edges: Map<string, Edge>;
}

/** A way that was taken between two states. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  times: number;
  /** The last state before failed and its error was caught. */
  caught: boolean;
}

export function newScope(inside: Visit | null): Scope {
  return { inside, visits: [], visitsLetGo: 0 };
}

/** Whether it still works. */
export const isOpen = ({ status }: { readonly status: TraceStatus }): boolean =>
  status === 'running' || status === 'retrying';

/** Whether something went wrong in it that a person may want to examine, even if all was well in the end. */
export function isTroubled(visit: Visit): boolean {
  return (
    visit.attempts.length > 1 ||
    visit.status === 'failed' ||
    visit.status === 'caught' ||
    visit.inner.visits.some(isTroubled) ||
    [...visit.lanes.values()].some((lane) => lane.visits.some(isTroubled))
  );
}

/** How an iteration is, by its steps. */
export function laneStatus(visits: readonly Visit[]): TraceStatus {
  if (visits.some((visit) => visit.status === 'retrying')) return 'retrying';
  if (visits.some(isOpen)) return 'running';
  const last = visits.at(-1);
  // What the workflow caught is over.
  return last === undefined || last.status === 'caught' ? 'succeeded' : last.status;
}
