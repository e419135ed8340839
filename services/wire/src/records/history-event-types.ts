import type { StepRef } from '@stepcast/contracts';

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

const stepTypes = ['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'] as const;

/** What `TaskStateEntered` and its like say: which type of state, and whether it was entered or left. */
export interface StateBoundary {
  readonly stepType: StepRef['type'];
  readonly edge: 'entered' | 'exited';
}

const boundaries = new Map<string, StateBoundary>();
for (const stepType of stepTypes) {
  boundaries.set(`${stepType}StateEntered`, { stepType, edge: 'entered' });
  boundaries.set(`${stepType}StateExited`, { stepType, edge: 'exited' });
}

/** The boundary that an event type names; undefined for every other type. */
export function stateBoundary(eventType: string): StateBoundary | undefined {
  return boundaries.get(eventType);
}
