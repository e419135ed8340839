import type { Clock, Timers } from '@stepcast/kit';
import type { Definition } from '../definition/schema.ts';
import { jsonOfText, textOfJson, type Json } from '../json.ts';
import type {
  ExecutionIdentity,
  ExecutionStatus,
  HistoryDetails,
  HistoryEvent,
  HistoryEventType,
  LoggingConfiguration,
} from '../types.ts';
import { Branch } from './branch.ts';
import { BranchAbortedError, StateFailure } from './failures.ts';
import { History, HistoryFullError } from './history.ts';
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
  readonly machineUpdatedAtMs: number;
  readonly revisionId: string;
  /** JSON text, kept as it came. */
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

/**
 * One execution. It is RUNNING from its start until exactly one of these happens, whichever is first: the last state
 * ends (SUCCEEDED), a failure reaches the outermost machine (FAILED), the machine's TimeoutSeconds pass (TIMED_OUT), it is
 * stopped (ABORTED). The end is set in one place, `#finish`, and never changes again; a later redrive will be the only way
 * back to RUNNING.
 */
export class Execution {
  readonly options: ExecutionOptions;
  readonly startedAtMs: number;
  readonly history: History;
  readonly #root: Branch;
  #end: End | undefined;
  readonly #closing = Promise.withResolvers<End>();
  #cancelTimeout: () => void = () => undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: ExecutionOptions) {
    this.options = options;
    this.history = new History(options.clock, (event) => options.onEvent(this, event));
    this.startedAtMs = options.clock.nowMs();
    this.#root = new Branch(this.history, 0);
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
    this.history.record('ExecutionStarted', 0, {
      input: options.input,
      inputDetails: truncated,
      roleArn: options.roleArn,
    });
    options.onStatus(this);
    const { TimeoutSeconds } = options.definition;
    if (TimeoutSeconds !== undefined)
      this.#cancelTimeout = options.timers.after(TimeoutSeconds * 1000, () =>
        this.#interrupt('ExecutionTimedOut'),
      );
    this.#settled = this.#runAll();
  }

  /** Ends a running execution as ABORTED; does nothing to one that has ended. */
  stop(error: string | undefined, cause: string | undefined): void {
    this.#interrupt('ExecutionAborted', error, cause);
  }

  async #runAll(): Promise<void> {
    try {
      const input = jsonOfText(this.options.input) ?? null;
      const output = await runStates(this.options.definition, input, this.#root, this.#run(input));
      this.#succeed(textOfJson(output));
    } catch (error) {
      this.#fail(error);
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
    this.#end = {
      status,
      stoppedAtMs: Math.max(this.options.clock.nowMs(), this.startedAtMs),
      output: details.output,
      error: details.error,
      cause: details.cause,
    };
    this.history.recordEnd(type, previousEventId, details);
    this.#closing.resolve(this.#end);
    this.options.onStatus(this);
  }

  #run(input: Json): Run {
    const { options } = this;
    const { identity } = options;
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
          RedriveCount: identity.redriveCount,
        },
        StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
      },
    };
  }
}
