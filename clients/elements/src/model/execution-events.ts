import type { ProgressEvent } from '@stepcast/contracts';
import { closeVisit } from './visit-events.ts';
import { isOpen, newScope, type ExecutionTrace, type Scope, type TraceStatus } from './trace.ts';

export function newExecution(arn: string, nested: boolean): ExecutionTrace {
  return {
    arn,
    nested,
    status: 'running',
    startedAt: null,
    endedAt: null,
    redriveCount: 0,
    error: undefined,
    scope: newScope(null),
    edges: new Map(),
  };
}

/** Folds what happened to the execution as a whole. */
export function foldExecution(execution: ExecutionTrace, event: ProgressEvent): void {
  const time = Date.parse(event.time);
  switch (event.kind) {
    case 'executionStarted':
      execution.startedAt = time;
      return;
    case 'executionRedriven':
      execution.redriveCount += 1;
      execution.status = 'running';
      execution.endedAt = null;
      execution.error = undefined;
      return;
    case 'executionSucceeded':
      end(execution, 'succeeded', time);
      return;
    case 'executionFailed':
    case 'executionTimedOut':
    case 'executionAborted':
      execution.error = event.error;
      end(execution, ENDS[event.kind], time);
      return;
    default:
  }
}

const ENDS = {
  executionFailed: 'failed',
  executionTimedOut: 'timedOut',
  executionAborted: 'aborted',
} as const;

function end(execution: ExecutionTrace, status: ExecutionTrace['status'], time: number): void {
  execution.status = status;
  execution.endedAt = time;
  closeAll(execution.scope, status === 'succeeded' ? 'succeeded' : 'aborted', time);
}

/** Nothing runs in a workflow that is over. */
function closeAll(scope: Scope, status: TraceStatus, time: number): void {
  for (const visit of scope.visits) {
    if (isOpen(visit)) closeVisit(visit, status, time, undefined);
    closeAll(visit.inner, status, time);
    for (const lane of visit.lanes.values()) closeAll(lane, status, time);
  }
}
