import { applyToSteps, closeSteps, withoutError } from './fold-steps.ts';
import type { Epoch, IdentityId, UploadId } from './identifiers.ts';
import { offsetOf } from './offsets.ts';
import type { ProgressEvent, Projections } from './progress.ts';
import type { ExecutionState, OverviewEntry, StepState, UploadState } from './state.ts';
import { isTerminal } from './statuses.ts';

export { ABORTED_ERROR, MAX_STEPS } from './fold-steps.ts';

/** Executions that a state lists. It leaves the oldest that have ended out first, and says so by `truncated`. */
export const MAX_EXECUTIONS = 100;

/** How long the result of a state is at most, as JSON, in UTF-16 units. A projection that has no room is left out: `truncated`. */
export const MAX_RESULT_LENGTH = 16_384;

/** Which upload, and which version of it, a stream is about. */
export interface StreamMeta {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  /** ISO 8601, UTC. */
  readonly epochStartedAt: string;
  readonly bucket: string;
  readonly key: string;
}

/** A state that {@link applyEvent} may change: its own fields and its two arrays, never what the arrays hold. */
export interface MutableUploadState extends Omit<UploadState, 'steps' | 'executions'> {
  steps: Readonly<StepState>[];
  executions: Readonly<ExecutionState>[];
}

/** The state before any event. Its position is that of the first event to come; nobody publishes it. */
export function emptyState(stream: StreamMeta): UploadState {
  return {
    identityId: stream.identityId,
    uploadId: stream.uploadId,
    position: { epoch: stream.epoch, offset: offsetOf(1) },
    epochStartedAt: stream.epochStartedAt,
    bucket: stream.bucket,
    key: stream.key,
    status: 'queued',
    percent: null,
    etaSeconds: null,
    steps: [],
    executions: [],
    error: null,
    updatedAt: stream.epochStartedAt,
  };
}

/** A copy of a state for {@link applyEvent}. Shares steps and executions with the original, which stays as it is. */
export function mutableCopyOf(state: UploadState): MutableUploadState {
  return { ...state, steps: [...state.steps], executions: [...state.executions] };
}

/**
 * The state after one more event of its epoch. Pure: steps and executions that the event does not change are the same
 * objects in both states. To fold many events, take one {@link mutableCopyOf} and apply them all.
 */
export function foldEvent(state: UploadState, event: ProgressEvent): UploadState {
  const draft = mutableCopyOf(state);
  applyEvent(draft, event);
  return draft;
}

/**
 * Folds one more event of its epoch into a state, in place: for the owner of the value. Changes the fields of `draft`
 * and its two arrays, and replaces the steps and executions that change; a reference to one of those never sees it change.
 * Total: takes any event, at any offset; an event of an unknown kind only moves position and time.
 */
export function applyEvent(draft: MutableUploadState, event: ProgressEvent): void {
  draft.position = { epoch: draft.position.epoch, offset: event.offset };
  if (event.time > draft.updatedAt) draft.updatedAt = event.time;
  switch (event.kind) {
    case 'executionStarted':
    case 'executionRedriven':
    case 'executionSucceeded':
    case 'executionFailed':
    case 'executionTimedOut':
    case 'executionAborted':
      applyToExecutions(draft, event);
      settle(draft, event.time);
      break;
    case 'uploaded':
    case 'stepStarted':
    case 'stepRetried':
    case 'stepSucceeded':
    case 'stepFailed':
    case 'stepCaught':
    case 'iterationsProgressed':
    case 'stepReported':
    case 'gapDeclared':
      if (event.step !== undefined && !applyToSteps(draft.steps, event, event.step)) draft.truncated = true;
      break;
    default:
      return;
  }
  if (event.projections !== undefined) takeProjections(draft, event.projections);
  measure(draft, event);
}

/** The line of an upload in the overview. */
export function summaryOf(state: UploadState): OverviewEntry {
  const { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt } = state;
  return { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt };
}

function applyToExecutions(draft: MutableUploadState, event: ProgressEvent): void {
  const { executionArn } = event;
  if (executionArn === undefined) return;
  const { executions } = draft;
  const index = executions.findIndex((one) => one.executionArn === executionArn);
  const known = executions[index];
  if (known !== undefined) {
    executions[index] = nextExecution(withoutError(known), event);
    return;
  }
  const fresh: ExecutionState = {
    executionArn,
    status: 'running',
    startedAt: null,
    endedAt: null,
    redriveCount: 0,
    ...(event.nested === true ? { nested: true } : {}),
  };
  executions.push(nextExecution(fresh, event));
  if (executions.length <= MAX_EXECUTIONS) return;
  const oldestEnded = executions.findIndex((one) => isTerminal(one.status));
  executions.splice(Math.max(0, oldestEnded), 1);
  draft.truncated = true;
}

function nextExecution(execution: ExecutionState, { kind, time, error }: ProgressEvent): ExecutionState {
  const failure = error === undefined ? {} : { error };
  switch (kind) {
    case 'executionStarted':
      return { ...execution, status: 'running', startedAt: time };
    case 'executionRedriven':
      return { ...execution, status: 'running', endedAt: null, redriveCount: execution.redriveCount + 1 };
    case 'executionSucceeded':
      return { ...execution, status: 'succeeded', endedAt: time };
    case 'executionFailed':
      return { ...execution, status: 'failed', endedAt: time, ...failure };
    case 'executionTimedOut':
      return { ...execution, status: 'timedOut', endedAt: time, ...failure };
    case 'executionAborted':
      return { ...execution, status: 'aborted', endedAt: time, ...failure };
    default:
      return execution;
  }
}

/** The upload runs while one of its executions does; otherwise it is what the speaker has come to. */
function settle(draft: MutableUploadState, time: string): void {
  const speaker = speakerOf(draft.executions);
  if (speaker === undefined) return;
  const runs = draft.executions.some((one) => one.nested !== true && one.status === 'running');
  draft.status = runs ? 'running' : speaker.status;
  draft.error = runs || draft.status === 'succeeded' ? null : (speaker.error ?? null);
  if (isTerminal(draft.status))
    closeSteps(draft.steps, draft.status === 'succeeded' ? 'succeeded' : 'aborted', time);
}

/** One by one, so that a projection without room does not keep the others out. */
function takeProjections(draft: MutableUploadState, projections: Projections): void {
  for (const [name, value] of Object.entries(projections)) {
    const next = { ...draft.result, [name]: value };
    if (JSON.stringify(next).length <= MAX_RESULT_LENGTH) draft.result = next;
    else draft.truncated = true;
  }
}

/** How far the upload has come is how far its speaker has. */
function measure(draft: MutableUploadState, event: ProgressEvent): void {
  if (event.executionArn === undefined || event.nested === true) return;
  if (speakerOf(draft.executions)?.executionArn !== event.executionArn) return;
  draft.percent = event.percent ?? null;
  draft.etaSeconds = isTerminal(draft.status) ? null : (event.etaSeconds ?? null);
}

/** The execution that speaks for the upload: of those that are not nested, the one that started last. */
function speakerOf(executions: readonly ExecutionState[]): ExecutionState | undefined {
  let speaker: ExecutionState | undefined;
  for (const one of executions)
    if (one.nested !== true && (speaker === undefined || isLater(one, speaker))) speaker = one;
  return speaker;
}

/** By start, then by ARN: the order in which two executions were heard of does not matter. */
function isLater(one: ExecutionState, other: ExecutionState): boolean {
  const [start, otherStart] = [one.startedAt ?? '', other.startedAt ?? ''];
  return start === otherStart ? one.executionArn > other.executionArn : start > otherStart;
}
