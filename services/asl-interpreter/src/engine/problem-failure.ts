import type { DataProblem } from '../data/problems.ts';
import type { Branch } from './branch.ts';
import { failureOfProblem, type StateFailure } from './failures.ts';
import type { StateScope } from './run.ts';

/**
 * A problem of the data as the failure of its state. That of an expression is an event of its own, which follows the event
 * before the state was entered as long as the state has done nothing; only a Wait has by then begun (recorded from AWS).
 */
export function failureOf(problem: DataProblem, scope: StateScope, branch: Branch): StateFailure {
  const { name, entered } = scope;
  const failure = failureOfProblem(name, entered.id, problem);
  if (problem.location === undefined) return failure;
  if (branch.previousEventId === entered.id && branch.open?.type !== 'Wait')
    branch.previousEventId = entered.from;
  branch.advance('EvaluationFailed', {
    error: problem.errorName,
    ...(failure.failureCause === undefined ? {} : { cause: failure.failureCause }),
    location: problem.location,
    state: name,
  });
  return failure;
}
