import type { MapRunProgress } from '@stepcast/asl-interpreter';
import type { JsonService } from '../core/index.ts';
import { stepFunctionsService } from './api/service.ts';
import { machineForExecutionView } from './api/views.ts';
import type { Engine } from './engine.ts';
import { readRecording } from './recordings/recording.schema.ts';
import type { NewExecution, NewMachine } from './types.ts';

export interface ImportedExecution {
  readonly executionArn: string;
  readonly status: string;
  /** How many events its history has. */
  readonly events: number;
}

export interface StepFunctions {
  /** For the front: JSON 1.0, `AWSStepFunctions`, signing name `states`. */
  readonly service: JsonService;
  /** What the operation CreateStateMachine does, without the wire. Throws `AwsError`. */
  createStateMachine(machine: NewMachine): { readonly stateMachineArn: string };
  /** Gives a machine another definition; executions that run keep theirs. Throws `AwsError`. */
  updateStateMachine(stateMachineArn: string, definition: string): void;
  /** Creates a machine, or gives the one that is there this definition. Throws `AwsError`. */
  putStateMachine(machine: NewMachine): void;
  /** What the operation StartExecution does. Throws `AwsError`. */
  startExecution(execution: NewExecution): { readonly executionArn: string; readonly startedAtMs: number };
  /**
   * Imports an execution that ran somewhere else, as the AWS CLI describes it: `{ execution, history, stateMachine?,
   * mapRuns? }`. From then on the API answers for it as for one that ran here, and a production execution can be
   * replayed offline: its records through `POST /awslogs`, and what logs have lost from its history.
   * @throws RecordingInvalidError, RecordingRefusedError
   */
  importExecution(recording: unknown): ImportedExecution;
  /** A Map Run that an earlier run of the sandbox has stored; the API answers for it as for one that ran here. */
  importMapRun(progress: MapRunProgress): void;
  /** What DescribeStateMachineForExecution answers of an execution that runs or ran here; undefined of any other. */
  machineForExecution(executionArn: string): object | undefined;
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
    updateStateMachine: (arn, definition) => void engine.updateStateMachine(arn, { definition }),
    putStateMachine: (machine) => {
      const known = engine.registry.machine(engine.arns.stateMachine(machine.name));
      if (known === undefined) engine.createStateMachine(machine);
      else engine.updateStateMachine(known.stateMachineArn, machine);
    },
    startExecution: (request) => {
      const execution = engine.startExecution(request);
      return {
        executionArn: execution.options.identity.executionArn,
        startedAtMs: execution.startedAtMs,
      };
    },
    importExecution: (value) => {
      const recording = readRecording(value);
      engine.importExecution(recording);
      const { executionArn, status } = recording.description;
      return { executionArn, status, events: recording.events.length };
    },
    importMapRun: (progress) => {
      engine.mapRuns.put(progress);
    },
    machineForExecution: (executionArn) => {
      const execution = engine.registry.execution(executionArn);
      return execution === undefined ? undefined : machineForExecutionView(execution);
    },
    close: () => engine.close(),
  };
}
