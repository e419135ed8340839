import { describeIssues, parseValue } from '@stepcast/contracts';
import { z } from 'zod';
import { arnProblem } from '../arns.ts';
import { MAX_HISTORY_EVENTS } from '@stepcast/asl-interpreter';
import { RecordingInvalidError } from './errors.ts';

/**
 * A moment as the AWS CLI and the SDKs write it, as the wire has it: seconds since the epoch. ISO 8601 text (version 2 of
 * the CLI, a `Date` of an SDK as JSON) or such a number (version 1 of the CLI).
 */
const Moment = z.union([
  z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), 'no date and time in ISO 8601')
    .transform((text) => Date.parse(text) / 1_000),
  z.number(),
]);

const executionArn = z
  .string()
  .max(256)
  .refine((arn) => arnProblem(arn, 'execution') === undefined, 'no ARN of an execution');

/** What `aws stepfunctions describe-execution` answers. What is not named here stays as it is. */
const Description = z
  .looseObject({
    executionArn,
    stateMachineArn: z.string().max(256),
    name: z.string(),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
    startDate: Moment,
    stopDate: z.optional(Moment),
    redriveDate: z.optional(Moment),
    redriveCount: z.optional(z.int().nonnegative()),
    /** The Map Run that started it, in a child of a distributed Map. */
    mapRunArn: z.optional(z.string().max(2_000)),
  })
  .refine(
    ({ executionArn: arn, mapRunArn }) => mapRunArn !== undefined || arn.split(':')[5] === 'execution',
    { path: ['executionArn'], message: 'an Express execution has no history to import' },
  );

const Event = z.looseObject({
  id: z.int().positive(),
  previousEventId: z.int().nonnegative().default(0),
  type: z.string().min(1),
  timestamp: Moment,
});

/** What `aws stepfunctions get-execution-history` answers; the CLI gathers all pages into one by itself. */
const History = z.object({ events: z.array(Event), nextToken: z.optional(z.unknown()) });

/** What `aws stepfunctions describe-map-run` answers. */
const MapRun = z.looseObject({
  mapRunArn: z.string().max(2_000),
  executionArn: z.string(),
  startDate: z.optional(Moment),
  stopDate: z.optional(Moment),
  redriveDate: z.optional(Moment),
});

const Recording = z.object({
  execution: Description,
  history: z.union([History, z.array(History).min(1)]),
  stateMachine: z.optional(z.looseObject({ stateMachineArn: z.string(), updateDate: z.optional(Moment) })),
  mapRuns: z.optional(z.array(MapRun)),
});

/** One event, as `GetExecutionHistory` answers it. */
export type RecordedEvent = z.output<typeof Event>;

/** An execution that ran somewhere else, in the form in which the API answers. Dates are seconds since the epoch. */
export interface RecordedExecution {
  readonly description: z.output<typeof Description>;
  /** All of them, ids 1, 2, 3… */
  readonly events: readonly RecordedEvent[];
  /** Answer of `DescribeStateMachineForExecution`. */
  readonly stateMachine: object | undefined;
  /** Answers of `DescribeMapRun`. */
  readonly mapRuns: readonly z.output<typeof MapRun>[];
}

const endOf: Readonly<Record<string, string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/**
 * Reads a recording: `{ execution, history, stateMachine?, mapRuns? }`, each of them the unchanged output of the AWS CLI
 * (`describe-execution`, `get-execution-history`, `describe-state-machine-for-execution`, `describe-map-run`). `history`
 * may be a list of pages.
 * @throws RecordingInvalidError
 */
export function readRecording(value: unknown): RecordedExecution {
  const parsed = parseValue(Recording, value);
  if (!parsed.ok)
    throw new RecordingInvalidError(
      `the recording does not read: ${describeIssues(parsed.issues.slice(0, 5))}. Give ` +
        '{"execution": output of describe-execution, "history": output of get-execution-history}',
    );
  const { execution, history, stateMachine, mapRuns = [] } = parsed.value;
  const pages = Array.isArray(history) ? history : [history];
  if ((pages.at(-1)?.nextToken ?? null) !== null)
    throw new RecordingInvalidError(
      'history: its last page has a nextToken, so there are more; give all pages as a list, or let the CLI gather them',
    );
  const events = pages.flatMap((page) => page.events).toSorted((one, other) => one.id - other.id);
  checkEvents(execution, events);
  const foreign = mapRuns.find((run) => run.executionArn !== execution.executionArn);
  if (foreign !== undefined)
    throw new RecordingInvalidError(
      `mapRuns: ${foreign.mapRunArn} was not started by ${execution.executionArn}`,
    );
  return { description: execution, events, stateMachine, mapRuns };
}

function checkEvents({ status }: RecordedExecution['description'], events: readonly RecordedEvent[]): void {
  if (events.length > MAX_HISTORY_EVENTS)
    throw new RecordingInvalidError(
      `history: ${events.length} events; an execution has at most ${MAX_HISTORY_EVENTS}`,
    );
  const wrong = events.findIndex((event, index) => event.id !== index + 1);
  if (events.length === 0 || wrong >= 0)
    throw new RecordingInvalidError(
      `history: event ${Math.max(0, wrong) + 1} is missing or there twice; ids must be 1, 2, 3… Give all pages, each once`,
    );
  const end = endOf[status];
  const last = events.at(-1)?.type;
  if (end !== undefined && last !== end)
    throw new RecordingInvalidError(
      `history: it ends with ${last ?? 'nothing'}, but the execution is ${status}, which ends with ${end}; record both after the end`,
    );
}
