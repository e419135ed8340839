export type MapRunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

/** How far a Map Run has come; the names are those of DescribeMapRun. */
export interface MapRunProgress {
  readonly mapRunArn: string;
  /** The parent. */
  readonly executionArn: string;
  readonly status: MapRunStatus;
  readonly startedAtMs: number;
  readonly stoppedAtMs: number | undefined;
  readonly maxConcurrency: number;
  readonly redriveCount: number;
  readonly toleratedFailurePercentage: number;
  readonly toleratedFailureCount: number;
  /** Items, which with an ItemBatcher are more than the executions. */
  readonly itemCounts: Counts;
  readonly executionCounts: Counts;
}

export interface Counts {
  readonly pending: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly aborted: number;
  readonly total: number;
  readonly resultsWritten: number;
}

export type CountedState = 'pending' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted';

/** Counts of a Map Run, moved from one state to the next. The sum over the states is always the total. */
export class Tally {
  readonly #counts: Record<CountedState, number>;
  readonly #total: number;
  resultsWritten = 0;

  constructor(total: number) {
    this.#total = total;
    this.#counts = { pending: total, running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0 };
  }

  move(count: number, from: CountedState, to: CountedState): void {
    this.#counts[from] -= count;
    this.#counts[to] += count;
  }

  /** What still runs or waits is aborted. */
  abortRest(): void {
    this.move(this.#counts.running, 'running', 'aborted');
    this.move(this.#counts.pending, 'pending', 'aborted');
  }

  get failures(): number {
    return this.#counts.failed + this.#counts.timedOut;
  }

  get total(): number {
    return this.#total;
  }

  view(): Counts {
    return { ...this.#counts, total: this.#total, resultsWritten: this.resultsWritten };
  }
}
