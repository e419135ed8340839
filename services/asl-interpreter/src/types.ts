/** What the interpreter records; the names are those of the Step Functions API. */
export type HistoryEventType =
  | 'ExecutionStarted'
  | 'ExecutionSucceeded'
  | 'ExecutionFailed'
  | 'ExecutionTimedOut'
  | 'ExecutionAborted'
  | 'ExecutionRedriven'
  | `${StateType}StateEntered`
  | `${Exclude<StateType, 'Fail'>}StateExited`
  | 'LambdaFunctionScheduled'
  | 'LambdaFunctionStarted'
  | 'LambdaFunctionSucceeded'
  | 'LambdaFunctionFailed'
  | 'LambdaFunctionTimedOut'
  | 'ActivityScheduled'
  | 'ActivityStarted'
  | 'ActivitySucceeded'
  | 'ActivityFailed'
  | 'ActivityTimedOut'
  | 'TaskScheduled'
  | 'TaskStarted'
  | 'TaskSubmitted'
  | 'TaskSucceeded'
  | 'TaskFailed'
  | 'TaskTimedOut'
  | 'TaskStateAborted'
  | 'WaitStateAborted'
  | 'MapStateStarted'
  | 'MapStateSucceeded'
  | 'MapStateFailed'
  | 'MapStateAborted'
  | 'MapIterationStarted'
  | 'MapIterationSucceeded'
  | 'MapIterationFailed'
  | 'MapIterationAborted'
  | 'ParallelStateStarted'
  | 'ParallelStateSucceeded'
  | 'ParallelStateFailed'
  | 'MapRunStarted'
  | 'MapRunSucceeded'
  | 'MapRunFailed'
  | 'MapRunAborted'
  | 'MapRunRedriven'
  | 'EvaluationFailed'
  | 'ParallelStateAborted';

export type StateType = 'Choice' | 'Fail' | 'Map' | 'Parallel' | 'Pass' | 'Succeed' | 'Task' | 'Wait';

/** The `…EventDetails` object of the API, without its wrapper. `input`, `output` and `parameters` are JSON texts. */
export interface HistoryDetails {
  readonly name?: string;
  readonly index?: number;
  readonly length?: number;
  readonly input?: string;
  readonly inputDetails?: { readonly truncated: boolean };
  readonly output?: string;
  readonly outputDetails?: { readonly truncated: boolean };
  readonly roleArn?: string;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly region?: string;
  readonly parameters?: string;
  readonly timeoutInSeconds?: number;
  readonly heartbeatInSeconds?: number;
  readonly error?: string;
  readonly cause?: string;
  readonly workerName?: string;
  readonly mapRunArn?: string;
  /** 1 for the first redrive. */
  readonly redriveCount?: number;
  readonly taskCredentials?: { readonly roleArn: string };
  /** JSON texts by the names of variables. */
  readonly assignedVariables?: Readonly<Record<string, string>>;
  readonly assignedVariablesDetails?: { readonly truncated: boolean };
  /** Field of the state whose expression failed. */
  readonly location?: string;
  /** Name of the state whose expression failed. */
  readonly state?: string;
}

export interface HistoryEvent {
  /** 1, 2, 3… without holes within an execution. */
  readonly id: number;
  /** The event that this one follows in the workflow; 0 for none. */
  readonly previousEventId: number;
  readonly type: HistoryEventType;
  /** Milliseconds since the epoch; never less than that of the event before. */
  readonly timestampMs: number;
  readonly details: HistoryDetails;
}

export type WorkflowType = 'STANDARD' | 'EXPRESS';

export type LogLevel = 'ALL' | 'ERROR' | 'FATAL' | 'OFF';

export interface LoggingConfiguration {
  readonly level: LogLevel;
  readonly includeExecutionData: boolean;
  /** None or one, as in AWS. The ARN of a log group ends in `:*`. */
  readonly destinations: readonly { readonly logGroupArn: string }[];
}

export type RedriveStatus = 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Which execution an event belongs to. */
export interface ExecutionIdentity {
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  /** How often it was redriven when it was asked. */
  readonly redriveCount: number;
  /** Started by StartSyncExecution. */
  readonly isSync?: boolean;
  /** The Map Run that started it; absent in an execution that is no child of a distributed Map. */
  readonly mapRunArn?: string;
}

/** What a listener of history gets, in order of id within an execution. */
export interface RecordedHistory {
  readonly execution: ExecutionIdentity;
  /** As it was when the execution started. */
  readonly loggingConfiguration: LoggingConfiguration;
  readonly events: readonly HistoryEvent[];
}

/**
 * The `detail` of an EventBridge event "Step Functions Execution Status Change". Dates are milliseconds since the epoch.
 * Source: AWS, "Automating Step Functions event delivery with EventBridge".
 */
export interface StatusChangeDetail {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate: number | null;
  readonly input: string | null;
  readonly output: string | null;
  readonly stateMachineVersionArn: null;
  readonly stateMachineAliasArn: null;
  readonly redriveCount: number;
  /** Milliseconds since the epoch. */
  readonly redriveDate: number | null;
  readonly redriveStatus: RedriveStatus;
  readonly redriveStatusReason: string | null;
  readonly inputDetails: { readonly included: boolean } | null;
  readonly outputDetails: { readonly included: boolean } | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** The circumstances of one call of a function. */
export interface Invocation {
  /** Aborted when the answer is no longer wanted: time-out, failure of a sibling, stop of the execution. */
  readonly signal: AbortSignal;
  readonly executionArn: string;
  readonly stateName: string;
  /** 0 for the first call of a state, 1 for its first retry… */
  readonly attempt: number;
  /** A new one for every call. */
  readonly requestId: string;
  /** Of a `.waitForTaskToken` task: the function, or a program that got the token from it, sends it back with the result. */
  readonly taskToken?: string;
}

/**
 * Calls a function with its payload and gives its result (any JSON value; undefined becomes null).
 *
 * An error that it rejects with becomes the failure of the task: its `name` is the error's name, and name, message and
 * stack make the cause, as the Node runtime of Lambda writes it. An error whose name starts with `Lambda.` (such as
 * `Lambda.ResourceNotFoundException`, for a function that does not exist) stands for a failure of the service, and its
 * message is the cause.
 */
export type InvokeFunction = (
  functionName: string,
  payload: unknown,
  invocation: Invocation,
) => Promise<unknown>;
