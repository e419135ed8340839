import type { Clock, Timers } from '@stepcast/kit';
import type {
  InvokeFunction,
  Json,
  MapRunProgress,
  ObjectsPort,
  Ports,
  RecordedHistory,
  ServiceCall,
  StatusChangeDetail,
  TaskTokens,
  WorkflowType,
} from '@stepcast/asl-interpreter';
import type { LoggingRequest } from './api/requests.ts';

export interface StepFunctionsOptions {
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Makes UUIDs: names of unnamed executions, request ids, `States.UUID`. */
  readonly ids: () => string;
  /** From 0 (inclusive) to 1 (exclusive): jitter and `States.MathRandom`. */
  readonly random: () => number;
  readonly invokeFunction: (...call: [...Parameters<InvokeFunction>, tokens: TaskTokens]) => Promise<unknown>;
  /** Calls every service that is neither Lambda nor Step Functions. Without it such tasks fail. */
  readonly callService?: (call: ServiceCall, tokens: TaskTokens) => Promise<Json>;
  /** What item readers and result writers of distributed Maps reach. Without it they fail. */
  readonly objects?: ObjectsPort;
  /** Answers in place of tasks. */
  readonly mocks?: Ports['mocks'];
  /** Called with every event as it is recorded. What it throws goes to `onError` and disturbs no execution. */
  readonly onHistoryEvents?: (history: RecordedHistory) => void;
  /** Called whenever a Map Run has come further. What it throws goes to `onError`. */
  readonly onMapRun?: ((progress: MapRunProgress) => void) | undefined;
  /** Called when an execution starts and when it ends; not of the children of distributed Maps. */
  readonly onStatusChange?: (detail: StatusChangeDetail) => void;
  /** Called with what a listener threw, and of errors that the interpreter should not have had. For the log. */
  readonly onError?: (error: unknown) => void;
  /**
   * A function that gave no answer by then is ended as Lambda would end it (`Sandbox.Timedout`). Default 900,000 ms, the
   * longest time-out that a Lambda function can have. A state's own `TimeoutSeconds` is separate and usually shorter.
   */
  readonly functionTimeoutMs?: number;
  /** How many times faster than they say Waits and the pauses before retries pass. Default 1. */
  readonly speed?: number;
  /** Executions that run at once; StartExecution refuses more. Default 5,000. */
  readonly maxRunningExecutions?: number;
  /** Closed executions that are remembered; the one that closed first is forgotten first. Default 10,000. */
  readonly maxClosedExecutions?: number;
}

export interface MachineFields {
  readonly definition?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly loggingConfiguration?: LoggingRequest | undefined;
}

export interface NewMachine extends MachineFields {
  readonly name: string;
  /** Default STANDARD. */
  readonly type?: WorkflowType | undefined;
  readonly definition: string;
  readonly roleArn: string;
}

export interface NewExecution {
  readonly stateMachineArn: string;
  readonly name?: string | undefined;
  /** JSON text; `{}` when absent. */
  readonly input?: string | undefined;
}
