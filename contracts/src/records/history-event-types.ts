import type { StepRef } from '../progress.ts';

/**
 * Every HistoryEventType of Step Functions at the time of writing (`@aws-sdk/client-sfn` 3.1163, 62 of them).
 * AWS adds types, so nothing refuses one that is not listed; the list is for fixtures and tests.
 */
export const HISTORY_EVENT_TYPES = [
  'ActivityFailed',
  'ActivityScheduled',
  'ActivityScheduleFailed',
  'ActivityStarted',
  'ActivitySucceeded',
  'ActivityTimedOut',
  'ChoiceStateEntered',
  'ChoiceStateExited',
  'EvaluationFailed',
  'ExecutionAborted',
  'ExecutionFailed',
  'ExecutionRedriven',
  'ExecutionStarted',
  'ExecutionSucceeded',
  'ExecutionTimedOut',
  'FailStateEntered',
  'LambdaFunctionFailed',
  'LambdaFunctionScheduled',
  'LambdaFunctionScheduleFailed',
  'LambdaFunctionStarted',
  'LambdaFunctionStartFailed',
  'LambdaFunctionSucceeded',
  'LambdaFunctionTimedOut',
  'MapIterationAborted',
  'MapIterationFailed',
  'MapIterationStarted',
  'MapIterationSucceeded',
  'MapRunAborted',
  'MapRunFailed',
  'MapRunRedriven',
  'MapRunStarted',
  'MapRunSucceeded',
  'MapStateAborted',
  'MapStateEntered',
  'MapStateExited',
  'MapStateFailed',
  'MapStateStarted',
  'MapStateSucceeded',
  'ParallelStateAborted',
  'ParallelStateEntered',
  'ParallelStateExited',
  'ParallelStateFailed',
  'ParallelStateStarted',
  'ParallelStateSucceeded',
  'PassStateEntered',
  'PassStateExited',
  'SucceedStateEntered',
  'SucceedStateExited',
  'TaskFailed',
  'TaskScheduled',
  'TaskStarted',
  'TaskStartFailed',
  'TaskStateAborted',
  'TaskStateEntered',
  'TaskStateExited',
  'TaskSubmitFailed',
  'TaskSubmitted',
  'TaskSucceeded',
  'TaskTimedOut',
  'WaitStateAborted',
  'WaitStateEntered',
  'WaitStateExited',
] as const;

const boundary = /^(Task|Pass|Choice|Wait|Succeed|Fail|Parallel|Map)State(Entered|Exited)$/;

const stepTypes: Readonly<Record<string, StepRef['type']>> = {
  Task: 'Task',
  Pass: 'Pass',
  Choice: 'Choice',
  Wait: 'Wait',
  Succeed: 'Succeed',
  Fail: 'Fail',
  Parallel: 'Parallel',
  Map: 'Map',
};

/** What `TaskStateEntered` and its like say: which type of state, and whether it was entered or left. */
export function stateBoundary(
  eventType: string,
): { readonly stepType: StepRef['type']; readonly edge: 'entered' | 'exited' } | undefined {
  const match = boundary.exec(eventType);
  if (match === null) return undefined;
  return {
    stepType: stepTypes[match[1] ?? ''] ?? 'Unknown',
    edge: match[2] === 'Entered' ? 'entered' : 'exited',
  };
}
