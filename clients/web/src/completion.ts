import { isTerminal, type UploadState } from '@stepcast/contracts';

/** Whether a state says that everything known of the upload has ended. */
export function isComplete(state: UploadState): boolean {
  return isTerminal(state.status) && state.executions.every(({ status }) => isTerminal(status));
}

/** What is remembered of the state that `complete` was emitted with. */
export interface Completed {
  readonly status: UploadState['status'];
  readonly redrives: ReadonlyMap<string, number>;
}

export function completedOf({ status, executions }: UploadState): Completed {
  return {
    status,
    redrives: new Map(executions.map(({ executionArn, redriveCount }) => [executionArn, redriveCount])),
  };
}

/** Whether a complete state has ended anew: a redrive and its end may come in one message, or in one answer to a catch-up. */
export function hasEndedAnew(before: Completed, { status, executions }: UploadState): boolean {
  return (
    status !== before.status ||
    executions.some(
      ({ executionArn, redriveCount }) => redriveCount > (before.redrives.get(executionArn) ?? redriveCount),
    )
  );
}
