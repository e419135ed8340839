/*! Stepcast: the fold of progress events into a state. Apache-2.0. Written by npm run contracts:publish. */
/** Milliseconds since 1970; text that is no time counts as older than every time. */
function startMs(instant) {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms;
}
/**
 * The one rule for which of two epochs of an upload is newer: the one that began later; of two that began in the same
 * millisecond, the one whose token is larger as text (by UTF-16 units). It is a total order.
 * @returns a negative number when `a` is older than `b`, a positive number when `a` is newer, 0 only when both have the
 * same token and began in the same millisecond
 */
function compareEpochs(a, b) {
  if (a.epochStartedAt !== b.epochStartedAt) {
    const [one, other] = [startMs(a.epochStartedAt), startMs(b.epochStartedAt)];
    if (one !== other) return one < other ? -1 : 1;
  }
  if (a.epoch === b.epoch) return 0;
  return a.epoch < b.epoch ? -1 : 1;
}
/** Steps that a state lists. It leaves later names out, and says so by `truncated`. */
var MAX_STEPS = 300;
/** `error.name` of a step that was stopped because something else failed. Not AWS's: AWS has none for it. */
var ABORTED_ERROR = 'Stepcast.Aborted';
/**
 * Folds an event into the list of steps, in place. Replaces the step that changes; the others are untouched.
 * @returns false when the list has no room for the step
 */
function applyToSteps(steps, event, ref) {
  const index = steps.findIndex((one) => one.name === ref.name);
  const known = steps[index];
  if (event.kind === 'stepReported') {
    if (known !== void 0 && runs(known)) steps[index] = withReport(known, event);
    return true;
  }
  const attempt = ref.attempt ?? 1;
  if (known !== void 0) {
    const step =
      known.attempt === attempt
        ? known
        : {
            ...known,
            attempt,
          };
    steps[index] = event.kind === 'stepStarted' ? visitAgain(step) : nextStep(step, event);
    return true;
  }
  if (steps.length >= 300) return false;
  const fresh = {
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
function closeSteps(steps, status, endedAt) {
  for (const [index, step] of steps.entries())
    if (runs(step))
      steps[index] = {
        ...withoutReport(step),
        status,
        endedAt,
        ended: step.visits,
      };
}
function runs({ status }) {
  return status === 'running' || status === 'retrying';
}
/** What a step says of itself replaces what it said before; the step is the same in all else. */
function withReport(step, { report, time }) {
  return report === void 0
    ? step
    : {
        ...step,
        report: {
          ...report,
          at: time,
        },
      };
}
/** A step that is entered again, tried again, or has ended, has nothing to say any more. */
function withoutReport(step) {
  if (step.report === void 0) return step;
  const { report: _report, ...others } = step;
  return others;
}
/** The same value without its error. */
function withoutError(value) {
  if (value.error === void 0) return value;
  const { error: _error, ...others } = value;
  return others;
}
function visitAgain(step) {
  return {
    ...withoutError(withoutReport(step)),
    visits: step.visits + 1,
    status: 'running',
    endedAt: null,
  };
}
function nextStep(step, event) {
  const { kind, time, error, iterations } = event;
  switch (kind) {
    case 'stepRetried': {
      const ended = step.ended === step.visits ? step.ended - 1 : step.ended;
      const retried = {
        ...withoutReport(step),
        ended,
        status: 'retrying',
        endedAt: null,
      };
      return error === void 0
        ? retried
        : {
            ...retried,
            error,
          };
    }
    case 'stepSucceeded':
      return endVisit(withoutError(step), 'succeeded', time);
    case 'stepCaught':
      return endVisit(step, 'caught', time, error);
    case 'stepFailed':
      return endVisit(step, error?.name === 'Stepcast.Aborted' ? 'aborted' : 'failed', time, error);
    case 'iterationsProgressed':
      return iterations === void 0
        ? step
        : {
            ...step,
            iterations,
          };
    default:
      return step;
  }
}
function endVisit(step, status, time, error) {
  const ended = Math.min(step.visits, step.ended + 1);
  const over = ended === step.visits;
  return {
    ...withoutReport(step),
    ended,
    status: over ? status : 'running',
    endedAt: over ? time : null,
    ...(error === void 0 ? {} : { error }),
  };
}
function isOffset(value) {
  return Number.isSafeInteger(value) && value >= 1;
}
/**
 * `Offset.parse` for code that every event runs through.
 * @throws RangeError
 */
function offsetOf(value) {
  if (!isOffset(value)) throw new RangeError(`not an offset: ${value}`);
  return value;
}
/** Whether an upload in this status has ended. A redrive may make it run again. */
function isTerminal(status) {
  return status !== 'queued' && status !== 'running';
}
/** Executions that a state lists. It leaves the oldest that have ended out first, and says so by `truncated`. */
var MAX_EXECUTIONS = 100;
/** How long the result of a state is at most, as JSON, in UTF-16 units. A projection that has no room is left out: `truncated`. */
var MAX_RESULT_LENGTH = 16384;
/** The state before any event. Its position is that of the first event to come; nobody publishes it. */
function emptyState(stream) {
  return {
    identityId: stream.identityId,
    uploadId: stream.uploadId,
    position: {
      epoch: stream.epoch,
      offset: offsetOf(1),
    },
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
function mutableCopyOf(state) {
  return {
    ...state,
    steps: [...state.steps],
    executions: [...state.executions],
  };
}
/**
 * The state after one more event of its epoch. Pure: steps and executions that the event does not change are the same
 * objects in both states. To fold many events, take one {@link mutableCopyOf} and apply them all.
 */
function foldEvent(state, event) {
  const draft = mutableCopyOf(state);
  applyEvent(draft, event);
  return draft;
}
/**
 * Folds one more event of its epoch into a state, in place: for the owner of the value. Changes the fields of `draft`
 * and its two arrays, and replaces the steps and executions that change; a reference to one of those never sees it change.
 * Total: takes any event, at any offset; an event of an unknown kind only moves position and time.
 */
function applyEvent(draft, event) {
  draft.position = {
    epoch: draft.position.epoch,
    offset: event.offset,
  };
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
      if (event.step !== void 0 && !applyToSteps(draft.steps, event, event.step)) draft.truncated = true;
      break;
    default:
      return;
  }
  if (event.projections !== void 0) takeProjections(draft, event.projections);
  measure(draft, event);
}
/** The line of an upload in the overview. */
function summaryOf(state) {
  const { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt } = state;
  return {
    uploadId,
    position,
    bucket,
    key,
    status,
    percent,
    epochStartedAt,
    updatedAt,
  };
}
function applyToExecutions(draft, event) {
  const { executionArn } = event;
  if (executionArn === void 0) return;
  const { executions } = draft;
  const index = executions.findIndex((one) => one.executionArn === executionArn);
  const known = executions[index];
  if (known !== void 0) {
    executions[index] = nextExecution(withoutError(known), event);
    return;
  }
  const fresh = {
    executionArn,
    status: 'running',
    startedAt: null,
    endedAt: null,
    redriveCount: 0,
    ...(event.nested === true ? { nested: true } : {}),
  };
  executions.push(nextExecution(fresh, event));
  if (executions.length <= 100) return;
  const oldestEnded = executions.findIndex((one) => isTerminal(one.status));
  executions.splice(Math.max(0, oldestEnded), 1);
  draft.truncated = true;
}
function nextExecution(execution, { kind, time, error }) {
  const failure = error === void 0 ? {} : { error };
  switch (kind) {
    case 'executionStarted':
      return {
        ...execution,
        status: 'running',
        startedAt: time,
      };
    case 'executionRedriven':
      return {
        ...execution,
        status: 'running',
        endedAt: null,
        redriveCount: execution.redriveCount + 1,
      };
    case 'executionSucceeded':
      return {
        ...execution,
        status: 'succeeded',
        endedAt: time,
      };
    case 'executionFailed':
      return {
        ...execution,
        status: 'failed',
        endedAt: time,
        ...failure,
      };
    case 'executionTimedOut':
      return {
        ...execution,
        status: 'timedOut',
        endedAt: time,
        ...failure,
      };
    case 'executionAborted':
      return {
        ...execution,
        status: 'aborted',
        endedAt: time,
        ...failure,
      };
    default:
      return execution;
  }
}
/** The upload runs while one of its executions does; otherwise it is what the speaker has come to. */
function settle(draft, time) {
  const speaker = speakerOf(draft.executions);
  if (speaker === void 0) return;
  const runs = draft.executions.some((one) => one.nested !== true && one.status === 'running');
  draft.status = runs ? 'running' : speaker.status;
  draft.error = runs || draft.status === 'succeeded' ? null : (speaker.error ?? null);
  if (isTerminal(draft.status))
    closeSteps(draft.steps, draft.status === 'succeeded' ? 'succeeded' : 'aborted', time);
}
/** One by one, so that a projection without room does not keep the others out. */
function takeProjections(draft, projections) {
  for (const [name, value] of Object.entries(projections)) {
    const next = {
      ...draft.result,
      [name]: value,
    };
    if (JSON.stringify(next).length <= 16384) draft.result = next;
    else draft.truncated = true;
  }
}
/** How far the upload has come is how far its speaker has. */
function measure(draft, event) {
  if (event.executionArn === void 0 || event.nested === true) return;
  if (speakerOf(draft.executions)?.executionArn !== event.executionArn) return;
  draft.percent = event.percent ?? null;
  draft.etaSeconds = isTerminal(draft.status) ? null : (event.etaSeconds ?? null);
}
/** The execution that speaks for the upload: of those that are not nested, the one that started last. */
function speakerOf(executions) {
  let speaker;
  for (const one of executions)
    if (one.nested !== true && (speaker === void 0 || isLater(one, speaker))) speaker = one;
  return speaker;
}
/** By start, then by ARN: the order in which two executions were heard of does not matter. */
function isLater(one, other) {
  const [start, otherStart] = [one.startedAt ?? '', other.startedAt ?? ''];
  return start === otherStart ? one.executionArn > other.executionArn : start > otherStart;
}
export {
  ABORTED_ERROR,
  MAX_EXECUTIONS,
  MAX_RESULT_LENGTH,
  MAX_STEPS,
  applyEvent,
  compareEpochs,
  emptyState,
  foldEvent,
  isTerminal,
  mutableCopyOf,
  summaryOf,
};
