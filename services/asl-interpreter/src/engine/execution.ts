import type { Clock, Timers } from '@stepcast/kit';
import type { Definition } from '../definition/schema.ts';
import { jsonOfText, textOfJson, type Json, type JsonObject } from '../json.ts';
import type {
  ExecutionIdentity,
  ExecutionStatus,
  HistoryDetails,
  HistoryEvent,
  HistoryEventType,
  LoggingConfiguration,
  RedriveStatus,
  WorkflowType,
} from '../types.ts';
import { Branch } from './branch.ts';
import { BranchAbortedError, StateFailure } from './failures.ts';
import { History, HistoryFullError, MAX_HISTORY_EVENTS } from './history.ts';
import { errorDetails } from './tasks/lambda-function.ts';
import type { Run } from './run.ts';
import { runStates } from './run-states.ts';

export interface ExecutionOptions {
  readonly identity: ExecutionIdentity;
  readonly definition: Definition;
  /** The text that `definition` was read from. */
  readonly definitionText: string;
  readonly roleArn: string;
  readonly loggingConfiguration: LoggingConfiguration;
  /** Default STANDARD. */
  readonly type?: WorkflowType;
  readonly machineUpdatedAtMs: number;
  readonly revisionId: string;
  /** Goes over the context object; for a state that is tested alone. */
  readonly context?: JsonObject;
  /** JSON text, unchanged. */
  readonly input: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly environment: Pick<
    Run,
    'region' | 'random' | 'ids' | 'invokeFunction' | 'functionTimeoutMs' | 'ports' | 'speed'
  >;
  readonly onEvent: (execution: Execution, event: HistoryEvent) => void;
  readonly onStatus: (execution: Execution) => void;
  /** Called with an error that the engine should not have had. The execution has failed because of it. */
  readonly onError: (error: unknown) => void;
}

export interface End {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly stoppedAtMs: number;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

const truncated = { truncated: false };

/** 14 days. Source: AWS, "Restarting state machine executions with redrive". */
const REDRIVABLE_MS = 14 * 24 * 3_600_000;
/** The longest that an execution of an Express machine may take. A hard quota. */
const EXPRESS_SECONDS = 300;

function timeoutOf({ definition, type }: ExecutionOptions): number | undefined {
  const { TimeoutSeconds } = definition;
  return type === 'EXPRESS' ? Math.min(TimeoutSeconds ?? EXPRESS_SECONDS, EXPRESS_SECONDS) : TimeoutSeconds;
}

/**
 * One execution. It is RUNNING from its start until exactly one of these happens, whichever is first: the last state
 * ends (SUCCEEDED), a failure reaches the outermost machine (FAILED), the machine's TimeoutSeconds pass (TIMED_OUT), it is
 * stopped (ABORTED). The end is set in one place, `#finish`; a redrive is the only way back to RUNNING.
 */
export class Execution {
  readonly options: ExecutionOptions;
  readonly startedAtMs: number;
  readonly history: History;
  #root: Branch;
  #redriveCount: number;
  #redrivenAtMs: number | undefined;
  #end: End | undefined;
  #closing = Promise.withResolvers<End>();
  #cancelTimeout: () => void = () => undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: ExecutionOptions) {
    this.options = options;
    this.history = new History(options.clock, (event) => options.onEvent(this, event));
    this.startedAtMs = options.clock.nowMs();
    this.#root = new Branch(this.history, 0);
    this.#redriveCount = options.identity.redriveCount;
  }

  get identity(): ExecutionIdentity {
    return { ...this.options.identity, redriveCount: this.#redriveCount };
  }

  /** When it was redriven last. */
  get redrivenAtMs(): number | undefined {
    return this.#redrivenAtMs;
  }

  /** Why it cannot be redriven, in the words of the service; undefined if it can. */
  get notRedrivable(): string | undefined {
    if (this.options.type === 'EXPRESS')
      return 'Execution is of an EXPRESS state machine and cannot be redriven';
    if (this.#end === undefined || this.#end.status === 'SUCCEEDED')
      return `Execution is ${this.status} and cannot be redriven`;
    if (this.history.lastId >= MAX_HISTORY_EVENTS - 1)
      return 'Execution history event limit exceeded and cannot be redriven';
    return this.options.clock.nowMs() - this.#end.stoppedAtMs > REDRIVABLE_MS
      ? 'Execution has exceeded the redrivable period and cannot be redriven'
      : undefined;
  }

  get redriveStatus(): RedriveStatus {
    if (this.notRedrivable !== undefined) return 'NOT_REDRIVABLE';
    return this.options.identity.mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN';
  }

  get status(): ExecutionStatus {
    return this.#end?.status ?? 'RUNNING';
  }

  get end(): End | undefined {
    return this.#end;
  }

  /** Resolves when the execution has ended; what it had begun may still come to rest. */
  get closed(): Promise<End> {
    return this.#closing.promise;
  }

  /** Resolves when the execution has ended and nothing of it runs any more. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** Called once. Records ExecutionStarted and lets the states run. */
  start(): void {
    const { options } = this;
    const { input, roleArn } = options;
    this.history.record('ExecutionStarted', 0, { input, inputDetails: truncated, roleArn }, this.startedAtMs);
    this.#begin();
  }

  /**
   * Goes on where a failed, aborted or timed-out execution stopped: the states that did not succeed run again with the
   * input that they had and all their retries, those that did do not. Only while {@link notRedrivable} is undefined.
   *
   * The history goes on after ExecutionRedriven. A state that was entered before is not entered again, except a Fail.
   */
  redrive(): void {
    const before = this.#root;
    const hasFailed = this.#end?.status === 'FAILED';
    this.#redriveCount += 1;
    const redrivenAtMs = this.history.nowMs();
    this.#redrivenAtMs = redrivenAtMs;
    this.#end = undefined;
    this.#closing = Promise.withResolvers<End>();
    const redrivenId = this.history.record(
      'ExecutionRedriven',
      this.history.lastId,
      { redriveCount: this.#redriveCount },
      redrivenAtMs,
    );
    // What was ended from outside follows no event, so a chain through it would lead nowhere.
    this.#root = new Branch(this.history, hasFailed ? redrivenId : before.previousEventId);
    this.#root.resumeFrom(before.progress);
    this.#begin();
  }

  #begin(): void {
    const { options } = this;
    options.onStatus(this);
    const seconds = timeoutOf(options);
    if (seconds !== undefined)
      this.#cancelTimeout = options.timers.after(seconds * 1000, () => this.#interrupt('ExecutionTimedOut'));
    this.#settled = this.#runAll(this.#root);
  }

  /** Ends a running execution as ABORTED; does nothing to one that has ended. */
  stop(error: string | undefined, cause: string | undefined): void {
    this.#interrupt('ExecutionAborted', error, cause);
  }

  async #runAll(root: Branch): Promise<void> {
    try {
      const input = jsonOfText(this.options.input) ?? null;
      const output = await runStates(this.options.definition, input, root, this.#run(input));
      if (root === this.#root) this.#succeed(textOfJson(output));
    } catch (error) {
      // A run that was ended may come to rest after a redrive has begun another.
      if (root === this.#root) this.#fail(error);
    }
  }

  #succeed(output: string): void {
    this.#finish('SUCCEEDED', 'ExecutionSucceeded', this.#root.previousEventId, {
      output,
      outputDetails: truncated,
    });
  }

  #fail(error: unknown): void {
    if (error instanceof BranchAbortedError) return;
    if (error instanceof StateFailure) {
      this.#finish('FAILED', 'ExecutionFailed', this.#root.previousEventId, errorDetails(error));
      return;
    }
    // Whatever else goes wrong in here must not leave an execution that runs for ever.
    this.#root.abort();
    const cause =
      error instanceof HistoryFullError ? error.message : 'The sandbox failed to run this state machine.';
    this.#finish('FAILED', 'ExecutionFailed', this.history.lastId, { error: 'States.Runtime', cause });
    if (!(error instanceof HistoryFullError)) this.options.onError(error);
  }

  #interrupt(type: 'ExecutionAborted' | 'ExecutionTimedOut', error?: string, cause?: string): void {
    if (this.#end !== undefined) return;
    this.#root.abort();
    // Both come from outside of the workflow: AWS links them to no event (recorded for ExecutionAborted).
    this.#finish(type === 'ExecutionAborted' ? 'ABORTED' : 'TIMED_OUT', type, 0, {
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #finish(
    status: End['status'],
    type: HistoryEventType,
    previousEventId: number,
    details: HistoryDetails,
  ): void {
    if (this.#end !== undefined) return;
    this.#cancelTimeout();
    // One moment for both: DescribeExecution says what the history says.
    const stoppedAtMs = this.history.nowMs();
    this.#end = {
      status,
      stoppedAtMs,
      output: details.output,
      error: details.error,
      cause: details.cause,
    };
    this.history.recordEnd(type, previousEventId, details, stoppedAtMs);
    this.#closing.resolve(this.#end);
    this.options.onStatus(this);
  }

  #run(input: Json): Run {
    const { options } = this;
    const { identity } = this;
    return {
      ...options.environment,
      executionArn: identity.executionArn,
      stateMachineArn: identity.stateMachineArn,
      queryLanguage: options.definition.QueryLanguage ?? 'JSONPath',
      clock: options.clock,
      timers: options.timers,
      context: {
        Execution: {
          Id: identity.executionArn,
          Input: input,
          StartTime: new Date(this.startedAtMs).toISOString(),
          Name: identity.executionName,
          RoleArn: options.roleArn,
          // As recorded from AWS: not there in a synchronous execution.
          ...(identity.isSync === true ? {} : { RedriveCount: identity.redriveCount }),
        },
        StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
        ...options.context,
      },
    };
  }
}
