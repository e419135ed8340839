import type { ServiceResource } from './definition/resources.ts';
import type { Json } from './json.ts';
import type { MapRunProgress } from './map-run/progress.ts';
import type { Activities } from './tasks/activities.ts';
import type { TaskTokens } from './tasks/task-tokens.ts';
import type { Machine } from './definition/schema.ts';
import type { ExecutionStatus } from './types.ts';

/** One call of a service by a Task that is no Lambda function, activity or nested execution. */
export interface ServiceCall {
  readonly resource: ServiceResource;
  /** Parameters or Arguments, filled in. */
  readonly parameters: Json;
  readonly stateName: string;
  readonly stateMachineArn: string;
  readonly executionArn: string;
  /** 0 for the first call of a state, 1 for its first retry… */
  readonly attempt: number;
  /** Of a `.waitForTaskToken` task. */
  readonly taskToken: string | undefined;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  readonly requestId: string;
}

/**
 * Calls a service and gives its answer. Rejects with a {@link ServiceError} where the service says no; any other error
 * fails the task as `States.TaskFailed`.
 */
export type CallService = (call: ServiceCall) => Promise<Json>;

/** What a service, or a mock in its place, answers instead of a result. */
export class ServiceError extends Error {
  readonly errorName: string;
  constructor(errorName: string, message: string) {
    super(message);
    this.name = 'ServiceError';
    this.errorName = errorName;
  }
}

/** How an execution that another one waits for has ended. */
export interface EndedExecution {
  readonly executionArn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly input: string;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly startedAtMs: number;
  readonly stoppedAtMs: number;
}

export interface StartedExecution {
  readonly executionArn: string;
  readonly startedAtMs: number;
  readonly ended: Promise<EndedExecution>;
  /** Ends it as ABORTED; does nothing once it has ended. */
  stop(): void;
}

/** A child of a distributed Map. */
export interface ChildRequest {
  readonly mapRunArn: string;
  readonly label: string;
  readonly machine: Machine;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** JSON text. */
  readonly input: string;
}

/** Starts executions beside the one that runs. */
export interface ExecutionsPort {
  /** Whether there is such a machine; a call of one that is not here goes to {@link Ports.callService}. */
  has(stateMachineArn: string): boolean;
  /** Throws {@link ServiceError}: a name that is taken, an input that is no JSON. */
  start(request: {
    readonly stateMachineArn: string;
    readonly name: string | undefined;
    /** JSON text. */
    readonly input: string;
  }): StartedExecution;
  /** Starts a child of the execution `parentArn`. */
  startChild(parentArn: string, request: ChildRequest): StartedExecution;
  /** Redrives a child that did not succeed; undefined where it cannot be, and another is to be started in its place. */
  redriveChild?(executionArn: string): StartedExecution | undefined;
  /** Called when a Map Run begins and each time that its counts change; the newest replaces the one before. */
  onMapRun(progress: MapRunProgress): void;
}

/** Objects of S3, as item readers and result writers need them. Rejects with {@link ServiceError}. */
export interface ObjectsPort {
  /**
   * Whether a Map goes on, with made-up items, where there is no such bucket (`S3.NoSuchBucketException`). An object that is missing
   * in a bucket fails it, as in AWS.
   */
  readonly standIns?: boolean;
  /** Up to `maxBytes`; more is an error. */
  read(bucket: string, key: string, maxBytes: number): Promise<Buffer>;
  write(bucket: string, key: string, body: string): Promise<void>;
  list(bucket: string, prefix: string, maxObjects: number): Promise<readonly ListedObject[]>;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
}

/** Which call of which state a mock is asked for. */
export interface MockRequest {
  readonly stateMachineArn: string;
  readonly executionArn: string;
  readonly stateName: string;
  /** 0 for the first call, 1 for the first retry… */
  readonly attempt: number;
}

export type MockAnswer =
  { readonly result: Json } | { readonly error: string | undefined; readonly cause: string | undefined };

/** All that an execution reaches outside of itself. */
export interface Ports {
  /** What a task answers without doing anything; undefined: it has no mock. */
  readonly mocks?: (request: MockRequest) => MockAnswer | undefined;
  readonly callService: CallService;
  readonly executions: ExecutionsPort;
  readonly objects: ObjectsPort;
  readonly tokens: TaskTokens;
  readonly activities: Activities;
}
