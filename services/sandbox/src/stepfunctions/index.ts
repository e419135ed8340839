import { assemble, type StepFunctions } from './assemble.ts';
import { Engine } from './engine.ts';
import type { StepFunctionsOptions } from './types.ts';

export type { ImportedExecution, StepFunctions } from './assemble.ts';
export { historyEventView } from './api/views.ts';
export { RecordingInvalidError, RecordingRefusedError } from './recordings/errors.ts';
export type * from './types.ts';
export type {
  ExecutionStatus,
  HistoryEvent,
  Invocation,
  LogLevel,
  RecordedHistory,
  StatusChangeDetail,
} from '@stepcast/asl-interpreter';

/**
 * Step Functions as far as the sandbox has it: Standard and Express machines, run by an interpreter that records the
 * history events of AWS.
 *
 * @example
 * const stepFunctions = createStepFunctions({
 *   region: 'us-east-1', accountId: '111122223333', clock: systemClock, timers: systemTimers,
 *   ids: randomUUID, random: Math.random, invokeFunction: (name, payload) => handlers[name](payload),
 * });
 */
export function createStepFunctions(options: StepFunctionsOptions): StepFunctions {
  return assemble(new Engine(options));
}
