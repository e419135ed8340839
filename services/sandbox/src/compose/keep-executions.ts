import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { ExecutionLog, KeptExecution } from '../data/data-folder.ts';
import {
  historyEventView,
  RecordingInvalidError,
  RecordingRefusedError,
  type HistoryEvent,
  type RecordedHistory,
  type StatusChangeDetail,
  type StepFunctions,
} from '../stepfunctions/index.ts';

/** What executions say that ended with the sandbox, as when it is stopped in good order. */
const STOPPED = { error: 'Sandbox.Stopped', cause: 'The sandbox was stopped.' };

/** What is kept of an execution at its start. */
const Head = z.object({
  identity: z.object({
    executionArn: z.string(),
    executionName: z.string(),
    stateMachineArn: z.string(),
    stateMachineName: z.string(),
    redriveCount: z.number(),
  }),
  loggingConfiguration: z.object({
    level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']),
    includeExecutionData: z.boolean(),
    destinations: z.array(z.object({ logGroupArn: z.string() })),
  }),
  /** What DescribeStateMachineForExecution answers. */
  machine: z.looseObject({}).optional(),
  /** Its end was reported to Stepcast after the restart that found it. */
  isTold: z.boolean().optional(),
});
type Head = z.infer<typeof Head>;

const Details = z.looseObject({
  input: z.string().optional(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
type Details = z.infer<typeof Details>;

/** An event as the API answers it. */
const View = z.looseObject({
  id: z.number(),
  type: z.string(),
  timestamp: z.number(),
  executionStartedEventDetails: Details.optional(),
  executionSucceededEventDetails: Details.optional(),
  executionFailedEventDetails: Details.optional(),
  executionTimedOutEventDetails: Details.optional(),
  executionAbortedEventDetails: Details.optional(),
});
type View = z.infer<typeof View>;

/** How the last event of an execution says that it ended. */
function endOf(view: View): { readonly status: StatusChangeDetail['status']; readonly details: Details } {
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

/** Step Functions keeps no history of these. */
function isExpress(executionArn: string): boolean {
  return executionArn.split(':')[5] === 'express';
}

type Machines = Pick<StepFunctions, 'machineForExecution'>;

/** Writes executions down as they run. Express ones, and children of distributed Maps, live as long as the process. */
export function createExecutionKeeper(log: ExecutionLog, machines: () => Machines | undefined) {
  return (history: RecordedHistory): void => {
    const { execution: identity, loggingConfiguration, events } = history;
    if (identity.mapRunArn !== undefined || isExpress(identity.executionArn)) return;
    for (const event of events) {
      if (event.id === 1) {
        const machine = machines()?.machineForExecution(identity.executionArn);
        log.begin(identity.executionArn, JSON.stringify({ identity, loggingConfiguration, machine }));
      }
      log.append(identity.executionArn, event.id, JSON.stringify(historyEventView(event, true)));
    }
  };
}

/** What is reported to Stepcast of an execution that ended with the sandbox. */
export interface EndOfExecution {
  readonly history: RecordedHistory;
  readonly status: StatusChangeDetail;
  /** To be called once both are on their way. */
  readonly told: () => void;
}

/**
 * Brings the executions of earlier runs back, as executions that ran somewhere else. Those that ran when the sandbox ended are aborted:
 * nobody knows how far their tasks had come.
 * @returns the ends of which Stepcast may not have heard
 */
export function restoreExecutions(
  log: ExecutionLog,
  stepFunctions: Pick<StepFunctions, 'importExecution'>,
  nowMs: number,
  onRefused: (thrown: Error) => void,
): readonly EndOfExecution[] {
  return log.executions().flatMap((kept) => {
    const read = readKept(kept);
    if (read === undefined) return [];
    const { head } = read;
    const views = [...read.views];
    const last = views.at(-1);
    if (last === undefined) return [];
    let event: HistoryEvent | undefined;
    if (endOf(last).status === 'RUNNING') {
      const timestampMs = Math.max(nowMs, last.timestamp * 1000);
      event = {
        id: last.id + 1,
        previousEventId: 0,
        type: 'ExecutionAborted',
        timestampMs,
        details: STOPPED,
      };
      const view = historyEventView(event, true);
      log.append(kept.arn, event.id, JSON.stringify(view));
      views.push(View.parse(view));
    }
    try {
      stepFunctions.importExecution({
        execution: descriptionOf(head, views),
        history: { events: views },
        ...(head.machine === undefined ? {} : { stateMachine: head.machine }),
      });
    } catch (thrown) {
      // One that does not read must not keep the others, and the sandbox, from coming back.
      if (!(thrown instanceof RecordingInvalidError || thrown instanceof RecordingRefusedError)) throw thrown;
      onRefused(thrown);
      return [];
    }
    const ended = untoldEnd(head, views);
    if (ended === undefined) return [];
    const told = () => log.amend(kept.arn, JSON.stringify({ ...head, isTold: true }));
    return [{ ...ended, told }];
  });
}

function readKept({ head, events }: KeptExecution) {
  const read = parseJson(Head, head);
  const views = events.flatMap((text) => {
    const view = parseJson(View, text);
    return view.ok ? [view.value] : [];
  });
  return read.ok ? { head: read.value, views } : undefined;
}

function descriptionOf({ identity, machine: _machine }: Head, views: readonly View[]): object {
  const [first] = views;
  const { status, details } = endOf(views.at(-1) ?? { id: 0, type: '', timestamp: 0 });
  const { input } = first?.executionStartedEventDetails ?? {};
  return {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    status,
    startDate: first?.timestamp ?? 0,
    stopDate: views.at(-1)?.timestamp ?? 0,
    redriveCount: identity.redriveCount,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The execution ran before the sandbox was started again',
    ...(input === undefined ? {} : { input, inputDetails: { included: true } }),
    ...(details.output === undefined ? {} : { output: details.output, outputDetails: { included: true } }),
    ...(details.error === undefined ? {} : { error: details.error }),
    ...(details.cause === undefined ? {} : { cause: details.cause }),
  };
}

/** An execution that the end of the sandbox ended, in good order or not, and that Stepcast has not been told of since. */
function untoldEnd(
  { identity, loggingConfiguration, isTold }: Head,
  views: readonly View[],
): Omit<EndOfExecution, 'told'> | undefined {
  const last = views.at(-1);
  if (last?.executionAbortedEventDetails?.error !== STOPPED.error || isTold === true) return undefined;
  const [first] = views;
  const timestampMs = Math.round(last.timestamp * 1000);
  const event: HistoryEvent = {
    id: last.id,
    previousEventId: 0,
    type: 'ExecutionAborted',
    timestampMs,
    details: STOPPED,
  };
  return {
    history: { execution: identity, loggingConfiguration, events: [event] },
    status: {
      executionArn: identity.executionArn,
      stateMachineArn: identity.stateMachineArn,
      name: identity.executionName,
      status: 'ABORTED',
      startDate: Math.round((first?.timestamp ?? 0) * 1000),
      stopDate: timestampMs,
      input: first?.executionStartedEventDetails?.input ?? null,
      output: null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: identity.redriveCount,
      redriveDate: null,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: null,
      inputDetails: { included: true },
      outputDetails: null,
      ...STOPPED,
    },
  };
}
