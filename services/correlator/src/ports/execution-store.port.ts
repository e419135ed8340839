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

/** What came of assigning an owner. */
export interface Assigned {
  /** The assignment that counts: the first one. */
  readonly assignment: Assignment;
  /**
   * Whether something had announced that it waits. Then parked records and nested executions have to be searched for. If
   * not, nothing was parked before, and whatever is parked later finds the assignment.
   */
  readonly awaited: boolean;
}

/** Port: who owns an execution, and what is parked for it. */
export interface ExecutionStore {
  /** Consistent. */
  load(executionArn: ExecutionArn): Promise<StoredExecution>;
  /** Assigns an execution unless it is assigned. Reads nothing for an execution that nothing waits for. */
  assign(executionArn: ExecutionArn, assignment: Assignment): Promise<Assigned>;
  /** Assigns an execution whatever was assigned before. */
  reassign(executionArn: ExecutionArn, assignment: Assignment): Promise<void>;
  /**
   * Announces that something will wait for the execution's owner. It must come before that something is stored, so that
   * the assignment that comes later searches for it.
   * @returns the assignment, when there is one already: then nothing has to wait
   */
  announce(executionArn: ExecutionArn): Promise<Assignment | undefined>;
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

/** Port: executions that have not ended, for the sweep to visit. */
export interface WatchList {
  /** Already watched: nothing changes. */
  watch(watched: Watched): Promise<void>;
  unwatch(executionArns: readonly ExecutionArn[]): Promise<void>;
  /** All of them, a page at a time. */
  pages(): AsyncIterable<readonly Watched[]>;
}
