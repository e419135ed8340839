import {
  ABORTED_ERROR,
  Offset,
  type Epoch,
  type ErrorSummary,
  type ExecutionState,
  type IdentityId,
  type ProgressEvent,
  type StepState,
  type UploadId,
  type UploadState,
  type UploadStatus,
} from '@stepcast/contracts';

/** Which upload, and which version of it, a stream is about. */
export interface StreamKey {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
}

export interface StreamMeta extends StreamKey {
  readonly epochStartedAt: string;
  readonly bucket: string;
  readonly key: string;
}

/** Steps that a state lists; later names are left out, and the state says so. */
export const MAX_STEPS = 300;
/** Executions that a state lists; the oldest that have ended are left out first. */
export const MAX_EXECUTIONS = 100;

/** The state before any event. Its position is that of the first event to come; nobody sees it. */
export function emptyState(meta: StreamMeta): UploadState {
  return {
    identityId: meta.identityId,
    uploadId: meta.uploadId,
    position: { epoch: meta.epoch, offset: Offset.parse(1) },
    epochStartedAt: meta.epochStartedAt,
    bucket: meta.bucket,
    key: meta.key,
    status: 'queued',
    percent: null,
    etaSeconds: null,
    steps: [],
    executions: [],
    error: null,
    updatedAt: meta.epochStartedAt,
  };
}

/** What the correlator knows beside the event: whose part it is, and how far the execution has come. */
export interface FoldContext {
  /** The event is of a nested execution: its end is not the upload's. */
  readonly nested: (executionArn: string) => boolean;
  readonly percent: number | null;
  readonly etaSeconds: number | null;
}

const ends: Readonly<Partial<Record<ProgressEvent['kind'], UploadStatus>>> = {
  executionSucceeded: 'succeeded',
  executionFailed: 'failed',
  executionTimedOut: 'timedOut',
  executionAborted: 'aborted',
};

/** The state after one more event. Pure and total; unknown kinds only move the position. */
export function foldEvent(before: UploadState, event: ProgressEvent, context: FoldContext): UploadState {
  const state: UploadState = {
    ...before,
    position: { ...before.position, offset: event.offset },
    updatedAt: event.time > before.updatedAt ? event.time : before.updatedAt,
  };
  const ended = ends[event.kind];
  if (event.kind === 'executionStarted')
    foldExecution(state, event, { status: 'running', startedAt: event.time });
  else if (event.kind === 'executionRedriven')
    foldExecution(state, event, { status: 'running', endedAt: null }, 1);
  else if (ended !== undefined)
    foldExecution(state, event, {
      status: ended,
      endedAt: event.time,
      ...(event.error === undefined || ended === 'succeeded' ? {} : { error: event.error }),
    });
  else if (event.step !== undefined) foldStep(state, event, event.step);
  if (event.kind.startsWith('execution')) settleUpload(state, event, context);
  const speaker = leading(state, context);
  if (speaker !== undefined && speaker.executionArn === event.executionArn) {
    state.percent = context.percent;
    state.etaSeconds = isOver(state.status) ? null : context.etaSeconds;
  }
  return state;
}

function isOver(status: UploadStatus): boolean {
  return status !== 'queued' && status !== 'running';
}

function foldExecution(
  state: UploadState,
  event: ProgressEvent,
  change: Partial<ExecutionState>,
  redrives = 0,
): void {
  const { executionArn } = event;
  if (executionArn === undefined) return;
  const known = state.executions.find((one) => one.executionArn === executionArn);
  const fresh = { executionArn, status: 'running', startedAt: null, endedAt: null, redriveCount: 0 } as const;
  const next: ExecutionState = {
    ...(known === undefined ? fresh : withoutError(known)),
    ...change,
    redriveCount: (known?.redriveCount ?? 0) + redrives,
  };
  state.executions =
    known === undefined
      ? [...state.executions, next]
      : state.executions.map((one) => (one === known ? next : one));
  if (state.executions.length <= MAX_EXECUTIONS) return;
  const oldest = state.executions.findIndex((one) => isOver(one.status));
  state.executions = state.executions.toSpliced(Math.max(0, oldest), 1);
  state.truncated = true;
}

/** The execution that speaks for the upload: of those that are no part of another, the one started last. */
function leading(state: UploadState, { nested }: FoldContext): ExecutionState | undefined {
  let found: ExecutionState | undefined;
  for (const one of state.executions) {
    if (nested(one.executionArn)) continue;
    if (found === undefined || rank(one) > rank(found)) found = one;
  }
  return found;
}

/** By start, then by ARN: of two executions it does not matter whose records came first. */
function rank({ startedAt, executionArn }: ExecutionState): string {
  return `${startedAt ?? ''} ${executionArn}`;
}

function settleUpload(state: UploadState, event: ProgressEvent, context: FoldContext): void {
  const roots = state.executions.filter((one) => !context.nested(one.executionArn));
  if (roots.length === 0) return;
  const speaker = leading(state, context);
  state.status = roots.some((one) => one.status === 'running')
    ? 'running'
    : (speaker?.status ?? state.status);
  if (state.status === 'running' || state.status === 'succeeded') state.error = null;
  else state.error = speaker?.error ?? null;
  if (isOver(state.status)) closeSteps(state, event.time);
}

/** Nothing runs in a workflow that is over. */
function closeSteps(state: UploadState, endedAt: string): void {
  const status = state.status === 'succeeded' ? 'succeeded' : 'aborted';
  state.steps = state.steps.map((step) =>
    step.status === 'running' || step.status === 'retrying'
      ? { ...step, status, endedAt, ended: step.visits }
      : step,
  );
}

function withoutError<Told extends { readonly error?: ErrorSummary | undefined }>(
  told: Told,
): Omit<Told, 'error'> {
  const { error: _error, ...others } = told;
  return others;
}

function endVisit(
  step: StepState,
  status: StepState['status'],
  time: string,
  error?: ErrorSummary,
): StepState {
  const ended = Math.min(step.visits, step.ended + 1);
  const over = ended === step.visits;
  return {
    ...step,
    ended,
    status: over ? status : 'running',
    endedAt: over ? time : null,
    ...(error === undefined ? {} : { error }),
  };
}

function foldStep(state: UploadState, event: ProgressEvent, ref: NonNullable<ProgressEvent['step']>): void {
  const index = state.steps.findIndex((one) => one.name === ref.name);
  const known = state.steps[index];
  if (known === undefined && state.steps.length >= MAX_STEPS) {
    state.truncated = true;
    return;
  }
  const attempt = ref.attempt ?? 1;
  const fresh: StepState = {
    name: ref.name,
    type: ref.type,
    status: 'running',
    attempt,
    visits: 1,
    ended: 0,
    startedAt: event.time,
    endedAt: null,
  };
  const step = known ?? fresh;
  const next = nextStep({ ...step, attempt }, known !== undefined, event);
  state.steps = known === undefined ? [...state.steps, next] : state.steps.with(index, next);
}

function nextStep(step: StepState, known: boolean, event: ProgressEvent): StepState {
  switch (event.kind) {
    case 'stepStarted':
      return known
        ? { ...withoutError(step), visits: step.visits + 1, status: 'running', endedAt: null }
        : step;
    case 'stepRetried': {
      // After a redrive a step that had failed works again.
      const ended = step.ended === step.visits ? step.ended - 1 : step.ended;
      const retried: StepState = { ...step, ended, status: 'retrying', endedAt: null };
      return event.error === undefined ? retried : { ...retried, error: event.error };
    }
    case 'stepSucceeded':
      return endVisit(withoutError(step), 'succeeded', event.time);
    case 'stepCaught':
      return endVisit(step, 'caught', event.time, event.error);
    case 'stepFailed':
      return endVisit(
        step,
        event.error?.name === ABORTED_ERROR ? 'aborted' : 'failed',
        event.time,
        event.error,
      );
    case 'iterationsProgressed':
      return event.iterations === undefined ? step : { ...step, iterations: event.iterations };
    default:
      return step;
  }
}
