import type { DataProblem } from '../data/problems.ts';

/**
 * Longest cause, in characters; a quota of Step Functions. A cause that quotes another, level by level, would double with each.
 */
export const MAX_CAUSE_LENGTH = 32_768;

/**
 * A state failed. What became of it is decided further out: a Retry, a Catch, the state around it, or the execution.
 */
export class StateFailure extends Error {
  /** Name of the error, for example `States.Timeout`; a Fail state may have none. */
  readonly errorName: string | undefined;
  readonly failureCause: string | undefined;
  /** `States.Runtime` and an output over the size limit end the execution whatever Retry and Catch say. */
  readonly recoverable: boolean;
  /** A second name by which a Retry or Catch may ask for it. */
  readonly alsoNamed: string | undefined;
  constructor(
    errorName: string | undefined,
    failureCause: string | undefined,
    recoverable = true,
    alsoNamed?: string,
  ) {
    super(errorName ?? 'failed');
    this.name = 'StateFailure';
    this.errorName = errorName;
    this.failureCause = failureCause?.slice(0, MAX_CAUSE_LENGTH);
    this.recoverable = recoverable;
    this.alsoNamed = alsoNamed;
  }
}

/** Thrown to unwind a branch whose execution, or whose sibling, has ended. Never seen outside the engine. */
export class BranchAbortedError extends Error {
  constructor() {
    super('the branch was aborted');
    this.name = 'BranchAbortedError';
  }
}

/**
 * Whether a Retry or Catch that lists `names` is meant for this failure. `States.TaskFailed` stands for everything but a
 * time-out, `States.ALL` for everything.
 */
export function matchesError(names: readonly string[], failure: StateFailure): boolean {
  if (!failure.recoverable) return false;
  return names.some(
    (name) =>
      name === 'States.ALL' ||
      name === failure.errorName ||
      name === failure.alsoNamed ||
      (name === 'States.TaskFailed' && failure.errorName !== 'States.Timeout'),
  );
}

/** How the size limit is worded by AWS. */
export function dataLimitCause(what: string): string {
  return `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`;
}

/** A problem of the data as the failure of a state, worded as AWS does: with the state and the event it was entered at. */
export function failureOfProblem(name: string, enteredId: number, problem: DataProblem): StateFailure {
  return new StateFailure(
    problem.errorName,
    `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}). ${problem.message}`,
    problem.errorName !== 'States.Runtime' && problem.errorName !== 'States.DataLimitExceeded',
  );
}
