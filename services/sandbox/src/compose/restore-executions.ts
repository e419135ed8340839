import type { MapRunProgress } from '@stepcast/asl-interpreter';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { ExecutionLog, StoredExecution } from '../data/execution-log.ts';
import {
  historyEventView,
  RecordingInvalidError,
  RecordingRefusedError,
  type HistoryEvent,
  type RecordedHistory,
  type StatusChangeDetail,
  type StepFunctions,
} from '../stepfunctions/index.ts';
import {
  endOf,
  StoredProgress,
  readStored,
  STOPPED,
  View,
  type ReadExecution,
} from './stored-execution.schema.ts';

/** What is reported to Stepcast of an execution that ended with the sandbox. */
export interface EndOfExecution {
  readonly history: RecordedHistory;
  /** Undefined of a child of a distributed Map, of which the sandbox says no status. */
  readonly status: StatusChangeDetail | undefined;
  /** To be called once both are on their way; the end is not reported again after that. */
  readonly markReported: () => void;
}

interface Restoring {
  readonly log: ExecutionLog;
  readonly stepFunctions: Pick<StepFunctions, 'importExecution' | 'importMapRun'>;
  readonly nowMs: number;
  readonly onRefused: (thrown: Error) => void;
}

/**
 * Brings the executions of earlier runs back, with their Map Runs and children, as executions that ran somewhere else. Those that ran
 * when the sandbox ended are aborted: nobody knows how far their tasks had come.
 * @returns the ends of which Stepcast may not have heard
 */
export function restoreExecutions(restoring: Restoring): readonly EndOfExecution[] {
  const { log } = restoring;
  const machines = new Map(
    log.mapRuns().map((stored) => {
      const progress = parseJson(StoredProgress, stored.progress);
      if (progress.ok)
        restoreMapRun(restoring, { ...progress.value, stoppedAtMs: progress.value.stoppedAtMs });
      const machine = parseJson(z.looseObject({}), stored.machine ?? '');
      return [stored.arn, machine.ok ? machine.value : undefined];
    }),
  );
  return [
    ...log.executions().flatMap((stored) => restore(restoring, stored, ({ machine }) => machine)),
    ...log
      .children()
      .flatMap((stored) =>
        restore(restoring, stored, ({ identity }) => machines.get(identity.mapRunArn ?? '')),
      ),
  ];
}

function restoreMapRun({ log, stepFunctions, nowMs }: Restoring, progress: MapRunProgress): void {
  if (progress.status !== 'RUNNING') {
    stepFunctions.importMapRun(progress);
    return;
  }
  const aborted: MapRunProgress = {
    ...progress,
    status: 'ABORTED',
    stoppedAtMs: Math.max(nowMs, progress.startedAtMs),
    itemCounts: abortRest(progress.itemCounts),
    executionCounts: abortRest(progress.executionCounts),
  };
  log.putMapRun(progress.mapRunArn, progress.executionArn, JSON.stringify(aborted));
  stepFunctions.importMapRun(aborted);
}

function abortRest(counts: MapRunProgress['itemCounts']): MapRunProgress['itemCounts'] {
  return { ...counts, running: 0, pending: 0, aborted: counts.aborted + counts.running + counts.pending };
}

function restore(
  { log, stepFunctions, nowMs, onRefused }: Restoring,
  stored: StoredExecution,
  machineOf: (head: ReadExecution['head']) => object | undefined,
): readonly EndOfExecution[] {
  let read = readStored(stored);
  if (read === undefined) return [];
  if (endOf(read.last).status === 'RUNNING') {
    const { id, timestamp } = read.last;
    const last = View.parse(historyEventView(abortedEvent(id + 1, Math.max(nowMs, timestamp * 1000)), true));
    log.append(stored.arn, last.id, JSON.stringify(last));
    read = { ...read, views: [...read.views, last], last };
  }
  const machine = machineOf(read.head);
  try {
    stepFunctions.importExecution({
      execution: descriptionOf(read),
      history: { events: read.views },
      ...(machine === undefined ? {} : { stateMachine: machine }),
    });
  } catch (thrown) {
    // One that does not read must not keep the others, and the sandbox, from coming back.
    if (!(thrown instanceof RecordingInvalidError || thrown instanceof RecordingRefusedError)) throw thrown;
    onRefused(thrown);
    return [];
  }
  const { head, last } = read;
  if (last.executionAbortedEventDetails?.error !== STOPPED.error || head.endReported === true) return [];
  const markReported = () => log.amend(stored.arn, JSON.stringify({ ...head, endReported: true }));
  return [{ ...endToReport(read), markReported }];
}

function abortedEvent(id: number, timestampMs: number): HistoryEvent {
  return { id, previousEventId: 0, type: 'ExecutionAborted', timestampMs, details: STOPPED };
}

function whyNotRedrivable(status: StatusChangeDetail['status']): string {
  return status === 'SUCCEEDED'
    ? 'Execution is SUCCEEDED and cannot be redriven'
    : 'The execution ran before the sandbox was started again';
}

function descriptionOf({ head: { identity }, first, last, redrivenAt }: ReadExecution): object {
  const { status, details } = endOf(last);
  const { input } = first.executionStartedEventDetails ?? {};
  return {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    status,
    startDate: first.timestamp,
    stopDate: last.timestamp,
    ...(identity.mapRunArn === undefined ? {} : { mapRunArn: identity.mapRunArn }),
    redriveCount: identity.redriveCount,
    ...(redrivenAt === undefined ? {} : { redriveDate: redrivenAt }),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: whyNotRedrivable(status),
    ...(input === undefined ? {} : { input, inputDetails: { included: true } }),
    ...(details.output === undefined ? {} : { output: details.output, outputDetails: { included: true } }),
    ...(details.error === undefined ? {} : { error: details.error }),
    ...(details.cause === undefined ? {} : { cause: details.cause }),
  };
}

/** The end of an execution that ended with the sandbox, in good order or not, and that was not reported to Stepcast since. */
function endToReport({ head, first, last, redrivenAt }: ReadExecution): Omit<EndOfExecution, 'markReported'> {
  const { identity, loggingConfiguration } = head;
  const timestampMs = Math.round(last.timestamp * 1000);
  const history = {
    execution: identity,
    loggingConfiguration,
    events: [abortedEvent(last.id, timestampMs)],
  };
  if (identity.mapRunArn !== undefined) return { history, status: undefined };
  const status: StatusChangeDetail = {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    status: 'ABORTED',
    startDate: Math.round(first.timestamp * 1000),
    stopDate: timestampMs,
    input: first.executionStartedEventDetails?.input ?? null,
    output: null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: identity.redriveCount,
    redriveDate: redrivenAt === undefined ? null : Math.round(redrivenAt * 1000),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: null,
    inputDetails: { included: true },
    outputDetails: null,
    ...STOPPED,
  };
  return { history, status };
}
