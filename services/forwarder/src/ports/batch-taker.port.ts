import type { ExecutionRecords } from '../domain/plan-messages.ts';

/** Port: what takes the records of a payload. */
export interface BatchTaker {
  /**
   * Takes the records of each execution. Resolves when none of them can be lost any more.
   * @returns in how many parts they went on
   * @throws when not everything was taken; the payload is sent again as a whole
   */
  take(executions: readonly ExecutionRecords[]): Promise<number>;
}
