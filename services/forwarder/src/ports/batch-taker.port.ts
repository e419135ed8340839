import type { TargetReports } from '@stepcast/wire';
import type { ExecutionRecords } from '../domain/plan-messages.ts';

/** Port: what takes the records of a payload, or its reports: it has one or the other. */
export interface BatchTaker {
  /**
   * Takes the records of each execution. Resolves when none of them can be lost any more. Of reports, those that a queue takes; one
   * that waits in memory for its step is not waited for.
   * @returns in how many parts they went on
   * @throws when not everything was taken; the payload is sent again as a whole
   */
  take(executions: readonly ExecutionRecords[], reports: readonly TargetReports[]): Promise<number>;
}
