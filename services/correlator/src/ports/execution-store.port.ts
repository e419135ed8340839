import type { ExecutionArn } from '@stepcast/contracts';
import type { Assignment } from '../domain/ownership.ts';
import type { ParkedItem } from '../domain/parked.ts';

/** All that is stored of one execution. */
export interface StoredExecution {
  readonly assignment: Assignment | undefined;
  readonly parked: readonly ParkedItem[];
  /** Nested executions that wait for this one's owner. */
  readonly children: readonly ExecutionArn[];
}

/** Port: who owns an execution, and what is kept for it. */
export interface ExecutionStore {
  /** Consistent. */
  load(executionArn: ExecutionArn): Promise<StoredExecution>;
  /**
   * The first assignment stays, unless `replace`: then this one does.
   * @returns the one that stays
   */
  assign(
    executionArn: ExecutionArn,
    assignment: Assignment,
    options?: { readonly replace: boolean },
  ): Promise<Assignment>;
  /** The same key again changes nothing. */
  park(executionArn: ExecutionArn, items: readonly ParkedItem[]): Promise<void>;
  unpark(executionArn: ExecutionArn, keys: readonly string[]): Promise<void>;
  addChild(parent: ExecutionArn, child: ExecutionArn): Promise<void>;
}

export interface Watched {
  readonly executionArn: ExecutionArn;
  /** When it was first seen. */
  readonly sinceMs: number;
}

/** Port: executions that have not ended, for the sweep to look after. */
export interface WatchList {
  /** Already watched: nothing changes. */
  watch(watched: Watched): Promise<void>;
  unwatch(executionArns: readonly ExecutionArn[]): Promise<void>;
  /** All of them, a page at a time. */
  pages(): AsyncIterable<readonly Watched[]>;
}
