import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { StoredExecution } from '../data/execution-log.ts';
import type { StatusChangeDetail } from '../stepfunctions/index.ts';

/** What executions say that ended with the sandbox, as when it is stopped in good order. */
export const STOPPED = { error: 'Sandbox.Stopped', cause: 'The sandbox was stopped.' };

/** The fields of an execution that are stored when it starts. */
export const Head = z.object({
  identity: z.object({
    executionArn: z.string(),
    executionName: z.string(),
    stateMachineArn: z.string(),
    stateMachineName: z.string(),
    redriveCount: z.number(),
    mapRunArn: z.string().optional(),
  }),
  loggingConfiguration: z.object({
    level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']),
    includeExecutionData: z.boolean(),
    destinations: z.array(z.object({ logGroupArn: z.string() })),
  }),
  /** What DescribeStateMachineForExecution answers; that of a child is stored with its Map Run. */
  machine: z.looseObject({}).optional(),
  /** Its end was reported to Stepcast after the restart that found it. */
  endReported: z.boolean().optional(),
});
export type Head = z.infer<typeof Head>;

const Details = z.looseObject({
  input: z.string().optional(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
type Details = z.infer<typeof Details>;

/** An event as the API answers it. */
export const View = z.looseObject({
  id: z.number(),
  type: z.string(),
  timestamp: z.number(),
  executionStartedEventDetails: Details.optional(),
  executionSucceededEventDetails: Details.optional(),
  executionFailedEventDetails: Details.optional(),
  executionTimedOutEventDetails: Details.optional(),
  executionAbortedEventDetails: Details.optional(),
});
export type View = z.infer<typeof View>;

/** How the last event of an execution says that it ended. */
export function endOf(view: View): {
  readonly status: StatusChangeDetail['status'];
  readonly details: Details;
} {
  switch (view.type) {
    case 'ExecutionSucceeded':
      return { status: 'SUCCEEDED', details: view.executionSucceededEventDetails ?? {} };
    case 'ExecutionFailed':
      return { status: 'FAILED', details: view.executionFailedEventDetails ?? {} };
    case 'ExecutionTimedOut':
      return { status: 'TIMED_OUT', details: view.executionTimedOutEventDetails ?? {} };
    case 'ExecutionAborted':
      return { status: 'ABORTED', details: view.executionAbortedEventDetails ?? {} };
    default:
      return { status: 'RUNNING', details: {} };
  }
}

/** An execution of an earlier run, read. */
export interface ReadExecution {
  /** With the redrives that its events tell of. */
  readonly head: Head;
  readonly views: readonly View[];
  readonly first: View;
  readonly last: View;
  /** When it was redriven last, in seconds since the epoch. */
  readonly redrivenAt: number | undefined;
}

/** What was stored of an execution; undefined of one whose first event, or head, does not read. */
export function readStored({ head, events }: StoredExecution): ReadExecution | undefined {
  const read = parseJson(Head, head);
  const views = events.flatMap((text) => {
    const view = parseJson(View, text);
    return view.ok ? [view.value] : [];
  });
  const [first] = views;
  const last = views.at(-1);
  if (!read.ok || first === undefined || last === undefined) return undefined;
  const redrives = views.filter(({ type }) => type === 'ExecutionRedriven');
  const identity = { ...read.value.identity, redriveCount: redrives.length };
  return {
    head: { ...read.value, identity },
    views,
    first,
    last,
    redrivenAt: redrives.at(-1)?.timestamp,
  };
}

const count = z.int().nonnegative();
const Counts = z.object({
  pending: count,
  running: count,
  succeeded: count,
  failed: count,
  timedOut: count,
  aborted: count,
  total: count,
  resultsWritten: count,
});

/** How far a Map Run had come. */
export const StoredProgress = z.object({
  mapRunArn: z.string(),
  executionArn: z.string(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED']),
  startedAtMs: z.number(),
  stoppedAtMs: z.optional(z.number()),
  maxConcurrency: z.number(),
  redriveCount: count,
  toleratedFailurePercentage: z.number(),
  toleratedFailureCount: z.number(),
  itemCounts: Counts,
  executionCounts: Counts,
});
