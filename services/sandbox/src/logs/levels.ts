import type { LogLevel } from './types.ts';

/** Source: AWS, "Using CloudWatch Logs to log execution history", table of log levels. */
const fatal = new Set(['ExecutionAborted', 'ExecutionFailed', 'ExecutionTimedOut']);
const errors = new Set([
  'FailStateEntered',
  'LambdaFunctionFailed',
  'LambdaFunctionScheduleFailed',
  'LambdaFunctionStartFailed',
  'LambdaFunctionTimedOut',
  'MapIterationAborted',
  'MapIterationFailed',
  'MapRunAborted',
  'MapRunFailed',
  'MapStateAborted',
  'MapStateFailed',
  'ParallelStateAborted',
  'ParallelStateFailed',
  'TaskFailed',
  'TaskStartFailed',
  'TaskStateAborted',
  'TaskSubmitFailed',
  'TaskTimedOut',
  'WaitStateAborted',
]);

/** Whether events of a type are written at a level. */
export function isLogged(level: LogLevel, type: string): boolean {
  switch (level) {
    case 'ALL':
      return true;
    case 'ERROR':
      return fatal.has(type) || errors.has(type);
    case 'FATAL':
      return fatal.has(type);
    case 'OFF':
      return false;
  }
}
