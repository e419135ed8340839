import type { ErrorSummary, ProgressEvent, StepRef } from './progress.ts';
import type { StepState } from './state.ts';

/** Steps that a state lists. It leaves later names out, and says so by `truncated`. */
export const MAX_STEPS = 300;

/** `error.name` of a step that was stopped because something else failed. Not AWS's: AWS has none for it. */
export const ABORTED_ERROR = 'Stepcast.Aborted';

/**
 * Folds an event into the list of steps, in place. Replaces the step that changes; the others are untouched.
 * @returns false when the list has no room for the step
 */
export function applyToSteps(steps: StepState[], event: ProgressEvent, ref: StepRef): boolean {
  const index = steps.findIndex((one) => one.name === ref.name);
  const known = steps[index];
  if (event.kind === 'stepReported') {
    if (known !== undefined && runs(known)) steps[index] = withReport(known, event);
    return true;
  }
  const attempt = ref.attempt ?? 1;
  if (known !== undefined) {
    const step = known.attempt === attempt ? known : { ...known, attempt };
    steps[index] = event.kind === 'stepStarted' ? visitAgain(step) : nextStep(step, event);
    return true;
  }
  if (steps.length >= MAX_STEPS) return false;
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
  steps.push(nextStep(fresh, event));
  return true;
}

/** Ends, in place, every step that runs: nothing runs in a workflow that is over. */
export function closeSteps(steps: StepState[], status: 'succeeded' | 'aborted', endedAt: string): void {
  for (const [index, step] of steps.entries())
    if (runs(step)) steps[index] = { ...withoutReport(step), status, endedAt, ended: step.visits };
}

function runs({ status }: StepState): boolean {
  return status === 'running' || status === 'retrying';
}

/** What a step says of itself replaces what it said before; the step is the same in all else. */
function withReport(step: StepState, { report, time }: ProgressEvent): StepState {
  return report === undefined ? step : { ...step, report: { ...report, at: time } };
}

/** A step that is entered again, tried again, or has ended, has nothing to say any more. */
function withoutReport(step: StepState): StepState {
  if (step.report === undefined) return step;
  const { report: _report, ...others } = step;
  return others;
}

/** The same value without its error. */
export function withoutError<Value extends { readonly error?: ErrorSummary | undefined }>(
  value: Value,
): Omit<Value, 'error'> {
  if (value.error === undefined) return value;
  const { error: _error, ...others } = value;
  return others;
}

function visitAgain(step: StepState): StepState {
  return { ...withoutError(withoutReport(step)), visits: step.visits + 1, status: 'running', endedAt: null };
}

function nextStep(step: StepState, event: ProgressEvent): StepState {
  const { kind, time, error, iterations } = event;
  switch (kind) {
    case 'stepRetried': {
      // After a redrive a step that had failed works again.
      const ended = step.ended === step.visits ? step.ended - 1 : step.ended;
      const retried: StepState = { ...withoutReport(step), ended, status: 'retrying', endedAt: null };
      return error === undefined ? retried : { ...retried, error };
    }
    case 'stepSucceeded':
      return endVisit(withoutError(step), 'succeeded', time);
    case 'stepCaught':
      return endVisit(step, 'caught', time, error);
    case 'stepFailed':
      return endVisit(step, error?.name === ABORTED_ERROR ? 'aborted' : 'failed', time, error);
    case 'iterationsProgressed':
      return iterations === undefined ? step : { ...step, iterations };
    default:
      return step;
  }
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
    ...withoutReport(step),
    ended,
    status: over ? status : 'running',
    endedAt: over ? time : null,
    ...(error === undefined ? {} : { error }),
  };
}
