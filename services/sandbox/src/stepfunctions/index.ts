import type { JsonService } from '../core/index.ts';
import { stepFunctionsService } from './api/service.ts';
import { Engine, type NewExecution, type NewMachine } from './engine.ts';
import type { StepFunctionsOptions } from './types.ts';

export type { NewExecution, NewMachine } from './engine.ts';
export type * from './types.ts';

export interface StepFunctions {
  /** For the front: JSON 1.0, `AWSStepFunctions`, signing name `states`. */
  readonly service: JsonService;
  /** What the operation CreateStateMachine does, without the wire. Throws `AwsError`. */
  createStateMachine(machine: NewMachine): { readonly stateMachineArn: string };
  /** What the operation StartExecution does. Throws `AwsError`. */
  startExecution(execution: NewExecution): { readonly executionArn: string; readonly startedAtMs: number };
  /** Aborts what runs (status ABORTED) and resolves when the interpreter is quiet. Starting is refused from then on. */
  close(): Promise<void>;
}

/**
 * Step Functions as far as the sandbox has it: Standard machines in JSONPath, run by an interpreter that records the
 * history events of AWS.
 *
 * @example
 * const stepFunctions = createStepFunctions({
 *   region: 'us-east-1', accountId: '111122223333', clock: systemClock, timers: systemTimers,
 *   ids: randomUUID, random: Math.random, invokeFunction: (name, payload) => handlers[name](payload),
 * });
 */
export function createStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const engine = new Engine(options);
  return {
    service: stepFunctionsService(engine),
    createStateMachine: (machine) => ({
      stateMachineArn: engine.createStateMachine(machine).stateMachineArn,
    }),
    startExecution: (request) => {
      const execution = engine.startExecution(request);
      return {
        executionArn: execution.options.identity.executionArn,
        startedAtMs: execution.startedAtMs,
      };
    },
    close: () => engine.close(),
  };
}
