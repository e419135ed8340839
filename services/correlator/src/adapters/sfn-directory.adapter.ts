import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  SFNServiceException,
  StartExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { ExecutionArn, parseValue } from '@stepcast/contracts';
import { summariseError, type Projector } from '@stepcast/wire';
import {
  asError,
  createLru,
  createRateGate,
  failureKindOf,
  StepcastError,
  type Clock,
  type FailureKind,
  type Outcome,
  type Timers,
} from '@stepcast/kit';
import type * as z from 'zod';
import type { StatusFact } from '../domain/fold-status.ts';
import type {
  ExecutionDescription,
  ExecutionDirectory,
  ExecutionStarter,
  MachineDescription,
} from '../ports/execution-directory.port.ts';
import { HistoryEvent, recordsOfHistory } from './history-event.schema.ts';
import { profileOf } from './state-machine-definition.schema.ts';

/** Thrown when Step Functions throttled, failed or refused; trying later helps, unless `failure` is `unexpected`. */
export class DirectoryError extends StepcastError {
  readonly code = 'CORRELATOR_DIRECTORY_FAILED';
  readonly retryable = true;
  override readonly failure: FailureKind;
  constructor(message: string, failure: FailureKind, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/**
 * A refusal that nothing explains is about what was asked, and stands however often it is asked again. An answer that does
 * not read, or an error without a status, is the service's fault.
 */
function failureOf(thrown: unknown): FailureKind {
  const kind = failureKindOf(thrown);
  if (kind !== 'unexpected') return kind;
  const isRefusal = thrown instanceof SFNServiceException && thrown.$metadata.httpStatusCode === 400;
  return isRefusal ? 'unexpected' : 'infrastructure';
}

/** Thrown when an execution can never be started with the name and input that it has. */
export class StartError extends StepcastError {
  readonly code = 'CORRELATOR_START_FAILED';
  readonly retryable = false;
  override readonly failure = 'poison';
}

/** Names with which Step Functions says that it knows no such thing (API reference, "Errors" of each action). */
const absent = new Set([
  'ExecutionDoesNotExist',
  'ResourceNotFound',
  'StateMachineDoesNotExist',
  'InvalidArn',
]);

/**
 * Refill rates of us-east-1 from the Step Functions quotas page, a little below each, since others call these too;
 * the buckets are small for the same reason.
 */
const BUDGETS = {
  describe: { capacity: 30, perSecond: 12, maxWaiting: 5_000 },
  history: { capacity: 30, perSecond: 15, maxWaiting: 2_000 },
  machine: { capacity: 10, perSecond: 0.9, maxWaiting: 500 },
  mapRun: { capacity: 10, perSecond: 0.9, maxWaiting: 500 },
} as const;

/** What descriptions of finished executions may take in memory, their inputs above all. */
const FINISHED_BYTES = 16 * 1024 * 1024;

const PAGE_SIZE = 1_000;
/** Step Functions ends an execution at 25,000 events. */
const MAX_PAGES = 30;

const statuses = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const;

function factOf(output: DescribeExecutionCommandOutput): StatusFact {
  return {
    status: statuses[output.status ?? 'RUNNING'],
    redriveCount: output.redriveCount ?? 0,
    startMs: output.startDate?.getTime() ?? null,
    stopMs: output.stopDate?.getTime() ?? null,
    redriveMs: output.redriveDate?.getTime() ?? null,
    error: summariseError(output.error, output.cause),
  };
}

/** What a directory asks of Step Functions. */
export type Operation =
  'DescribeExecution' | 'GetExecutionHistory' | 'DescribeStateMachineForExecution' | 'DescribeMapRun';

export interface SfnDirectoryOptions {
  readonly client: SFNClient;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly project?: Projector | undefined;
  /** Hears how each call ended, for readiness. */
  readonly onOutcome?: ((operation: Operation, outcome: Outcome) => void) | undefined;
}

/** Step Functions as a directory: each API within its budget, concurrent questions about the same thing asked once. */
export function createSfnDirectory(options: SfnDirectoryOptions): ExecutionDirectory {
  const { client, clock, timers, project, onOutcome } = options;
  const gates = {
    describe: createRateGate(BUDGETS.describe, clock, timers),
    history: createRateGate(BUDGETS.history, clock, timers),
    machine: createRateGate(BUDGETS.machine, clock, timers),
    mapRun: createRateGate(BUDGETS.mapRun, clock, timers),
  };
  const asking = new Map<ExecutionArn, Promise<ExecutionDescription | undefined>>();
  /** An execution that is over and not redrivable stays as it is: success is final. */
  const finished = createLru<ExecutionArn, ExecutionDescription>({
    maxBytes: FINISHED_BYTES,
    bytesOf: ({ input }) => 600 + 2 * (input?.length ?? 0),
  });

  async function ask<T>(
    gate: keyof typeof gates,
    operation: Operation,
    send: () => Promise<T>,
  ): Promise<T | undefined> {
    return gates[gate].run(async () => {
      try {
        const answer = await send();
        onOutcome?.(operation, { kind: 'done' });
        return answer;
      } catch (thrown) {
        if (absent.has(asError(thrown).name)) {
          onOutcome?.(operation, { kind: 'done' });
          return undefined;
        }
        const message = `${operation} failed: ${asError(thrown).name}`;
        const error = new DirectoryError(message, failureOf(thrown), { cause: thrown });
        onOutcome?.(operation, { kind: error.failure, reason: error.message });
        throw error;
      }
    });
  }

  async function describe(executionArn: ExecutionArn): Promise<ExecutionDescription | undefined> {
    const output = await ask('describe', 'DescribeExecution', () =>
      client.send(new DescribeExecutionCommand({ executionArn })),
    );
    if (output === undefined) return undefined;
    const description = { fact: factOf(output), input: output.input };
    if (description.fact.status === 'succeeded') finished.set(executionArn, description);
    return description;
  }

  async function history(executionArn: ExecutionArn, afterId: number) {
    const events: z.output<typeof HistoryEvent>[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const token: string | undefined = nextToken;
      const output = await ask('history', 'GetExecutionHistory', () =>
        client.send(
          new GetExecutionHistoryCommand({
            executionArn,
            maxResults: PAGE_SIZE,
            ...(token === undefined ? {} : { nextToken: token }),
          }),
        ),
      );
      if (output === undefined) return undefined;
      for (const event of output.events ?? []) {
        const parsed = parseValue(HistoryEvent, event);
        // One that does not read is missing, as if history did not have it: it must not hold up the others.
        if (parsed.ok) events.push(parsed.value);
      }
      nextToken = output.nextToken;
      if (nextToken === undefined) break;
    }
    return recordsOfHistory(events, project).records.filter((record) => record.id > afterId);
  }

  return {
    describe(executionArn) {
      const known = finished.get(executionArn);
      if (known !== undefined) return Promise.resolve(known);
      const before = asking.get(executionArn);
      if (before !== undefined) return before;
      const asked = describe(executionArn).finally(() => asking.delete(executionArn));
      asking.set(executionArn, asked);
      return asked;
    },
    async history(executionArn, afterId) {
      try {
        return await history(executionArn, afterId);
      } catch (thrown) {
        // Whoever waits for it must not wait for ever.
        if (thrown instanceof DirectoryError && thrown.failure === 'unexpected')
          return { refused: asError(thrown.cause).name };
        throw thrown;
      }
    },
    async machineOf(executionArn): Promise<MachineDescription | undefined> {
      const output = await ask('machine', 'DescribeStateMachineForExecution', () =>
        client.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
      );
      if (output === undefined) return undefined;
      return {
        machine: output.definition === undefined ? undefined : profileOf(output.definition),
        logLevel: output.loggingConfiguration?.level,
      };
    },
    async mapRun(mapRunArn) {
      const output = await ask('mapRun', 'DescribeMapRun', () =>
        client.send(new DescribeMapRunCommand({ mapRunArn })),
      );
      const counts = output?.itemCounts;
      if (counts === undefined) return undefined;
      const failed = (counts.failed ?? 0) + (counts.timedOut ?? 0) + (counts.aborted ?? 0);
      const succeeded = counts.succeeded ?? 0;
      return {
        total: counts.total ?? null,
        started: succeeded + failed + (counts.running ?? 0),
        succeeded,
        failed,
      };
    },
  };
}

/** Errors after which the same call can never succeed (StartExecution API reference). */
const hopeless = new Set(['InvalidName', 'InvalidExecutionInput', 'ValidationException']);

/** Starts executions of one Standard state machine. */
export function createSfnStarter(options: {
  readonly client: SFNClient;
  readonly stateMachineArn: string;
}): ExecutionStarter {
  const { client, stateMachineArn } = options;
  return {
    arnOf: (name) =>
      ExecutionArn.parse(`${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`),
    async start(name, input) {
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
      } catch (thrown) {
        const reason = asError(thrown).name;
        // The same upload event again. The name is made of bucket, key and version, so it is the same execution.
        if (reason === 'ExecutionAlreadyExists') return;
        const message = `StartExecution failed: ${reason}`;
        if (hopeless.has(reason)) throw new StartError(message, { cause: thrown });
        // A machine that is not there is the deployment's fault, and may be there later.
        const kind = failureKindOf(thrown);
        const failure = kind === 'unexpected' ? 'infrastructure' : kind;
        throw new DirectoryError(message, failure, { cause: thrown });
      }
    },
  };
}
