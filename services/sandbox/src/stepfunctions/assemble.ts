import type { JsonService } from '../core/index.ts';
import { stepFunctionsService } from './api/service.ts';
import type { Engine, NewExecution, NewMachine } from './engine.ts';

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

/** Puts the API and the direct calls before an engine. */
export function assemble(engine: Engine): StepFunctions {
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
