import { isTerminal, type UploadState, type UploadStatus } from '@stepcast/contracts';
import type { Waiting } from '@stepcast/web';
import { formatBytes, formatDuration, formatEta, formatMoment } from './format.ts';
import {
  counted,
  currentStep,
  said,
  stepView,
  tookMs,
  WORTH_TELLING_MS,
  type StepView,
  type Tone,
} from './step-view.ts';

/** How far the file itself is on its way to S3. `known`: it was there before this page was. */
export type Transfer =
  | {
      readonly phase: 'sending';
      readonly sentBytes: number;
      readonly isPaused: boolean;
      /** Undefined while nobody knows. */
      readonly bytesPerSecond: number | undefined;
    }
  | { readonly phase: 'sent' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'known' };

/** Everything that the page knows of one upload. */
export interface Upload {
  readonly name: string;
  /** Bytes; undefined when it is known from the overview alone. */
  readonly size: number | undefined;
  readonly transfer: Transfer;
  readonly state: UploadState | undefined;
  /** What the overview says; less than the state, and sooner there. */
  readonly status: UploadStatus | undefined;
  readonly waiting: Waiting | undefined;
  /** When the file was chosen, or seen by the service, in milliseconds since the epoch. */
  readonly begunAtMs: number;
  /** The service knows nothing of the upload, or no longer. */
  readonly isForgotten?: boolean | undefined;
}

/** What the page knows besides the upload. */
export interface Now {
  readonly nowMs: number;
  /** Until when what is shown was current, ISO 8601; undefined while it is. */
  readonly asOf: string | undefined;
}

export interface UploadView {
  readonly tone: Tone;
  readonly headline: string;
  /** What stands beside the bar: percent or size, and what is left. */
  readonly aside: string;
  /** 0 to 100; null when nothing is known to measure by; undefined when there is nothing to measure any more. */
  readonly percent: number | null | undefined;
  readonly steps: readonly StepView[];
  readonly error: { readonly name: string; readonly message: string } | undefined;
  /** Nothing more will come, short of a redrive. */
  readonly ended: boolean;
  /** For the operators of the service; empty when there is nothing to say. */
  readonly advice: string;
  /** What is shown may be over by now. */
  readonly isStale: boolean;
  readonly canCancel: boolean;
  readonly canPause: boolean;
  readonly canResume: boolean;
  readonly canRetry: boolean;
}

function runningHeadline(state: UploadState): string {
  const step = currentStep(state.steps);
  if (step === undefined) return 'The workflow is running';
  if (step.status === 'retrying') return `Trying again: ${step.name}`;
  const of = step.type === 'Map' ? counted(step) : said(step);
  return of === undefined ? step.name : `${step.name}: ${of}`;
}

function begunAt(state: UploadState): string | undefined {
  return state.executions.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt])).toSorted()[0];
}

function tookText(state: UploadState): string {
  const ends = state.executions.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]));
  const ms = tookMs(begunAt(state) ?? null, ends.toSorted().at(-1) ?? null);
  return ms === undefined || ms < WORTH_TELLING_MS ? '' : formatDuration(ms);
}

/** Two estimates that differ by more than this are none. */
const BELIEVABLE = 3;

/**
 * What is left, where earlier runs and this one agree about it: after slow runs, a fast one would seem to take long until its end.
 */
export function believableEta(state: UploadState): number | undefined {
  const { etaSeconds, percent } = state;
  const begun = begunAt(state);
  if (etaSeconds === null || percent === null || percent <= 0 || begun === undefined) return undefined;
  const elapsed = (Date.parse(state.updatedAt) - Date.parse(begun)) / 1000;
  const byThisRun = (elapsed * (100 - percent)) / percent;
  const [less, more] = [Math.min(etaSeconds, byThisRun), Math.max(etaSeconds, byThisRun)];
  return more < 4 || more / Math.max(less, 1) <= BELIEVABLE ? etaSeconds : undefined;
}

const nothing = {
  aside: '',
  percent: undefined,
  steps: [],
  error: undefined,
  ended: false,
  advice: '',
  isStale: false,
  canCancel: false,
  canPause: false,
  canResume: false,
  canRetry: false,
} as const;

const parted = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined).join(' · ');

function sendingView(
  transfer: Extract<Transfer, { phase: 'sending' }>,
  size: number | undefined,
): UploadView {
  const { sentBytes, isPaused, bytesPerSecond } = transfer;
  const total = size ?? 0;
  const isMeasured = sentBytes > 0 && total > 0;
  const rate = isPaused ? undefined : bytesPerSecond;
  const left = Math.max(0, total - sentBytes);
  return {
    ...nothing,
    tone: isPaused ? 'stopped' : 'active',
    headline: isPaused ? 'Paused' : 'Uploading',
    aside: parted(
      isMeasured ? `${formatBytes(Math.min(sentBytes, total))} of ${formatBytes(total)}` : formatBytes(total),
      rate === undefined || left === 0 ? undefined : `${formatBytes(Math.round(rate))}/s`,
      rate === undefined || left === 0 ? undefined : formatEta(left / rate),
    ),
    percent: isMeasured ? Math.min(100, (sentBytes / total) * 100) : null,
    canCancel: true,
    canPause: !isPaused,
    canResume: isPaused,
  };
}

/** What S3 has and the service does not know of: its event is late after so long. */
const LATE_MS = 30_000;
/** After so long nobody waits any more. */
const TOO_OLD_MS = 24 * 3_600_000;

function waitingView({ waiting, isForgotten, begunAtMs }: Upload, { nowMs }: Now): UploadView {
  const since = waiting === undefined ? begunAtMs : Date.parse(waiting.since);
  if (isForgotten === true && waiting === undefined && nowMs - since > TOO_OLD_MS)
    return { ...nothing, tone: 'stopped', headline: 'In storage; no workflow is known', ended: true };
  const isLate = waiting?.longerThanUsual === true || (isForgotten === true && nowMs - since > LATE_MS);
  return {
    ...nothing,
    tone: isLate ? 'late' : 'waiting',
    headline: isLate ? 'Waiting for the workflow, longer than usual' : 'Waiting for the workflow',
    aside: isLate ? `since ${formatMoment(since, nowMs)}` : '',
    advice: waiting?.advice ?? '',
  };
}

function transferView(upload: Upload, now: Now): UploadView {
  const { transfer, size, status } = upload;
  switch (transfer.phase) {
    case 'sending':
      return sendingView(transfer, size);
    case 'failed':
      return {
        ...nothing,
        tone: 'failed',
        headline: 'The upload did not get through',
        ended: true,
        error: { name: '', message: transfer.message },
        canRetry: true,
      };
    case 'cancelled':
      return { ...nothing, tone: 'stopped', headline: 'Upload cancelled', ended: true, canRetry: true };
    case 'sent':
    case 'known': {
      if (status === undefined || status === 'queued') return waitingView(upload, now);
      if (status === 'running')
        return { ...nothing, tone: 'active', headline: 'The workflow is running', percent: null };
      const [tone, headline] = ends[status];
      return { ...nothing, tone, headline, ended: true };
    }
  }
}

const ends = {
  succeeded: ['done', 'Finished'],
  failed: ['failed', 'The workflow failed'],
  timedOut: ['failed', 'The workflow took too long and was ended'],
  aborted: ['stopped', 'The workflow was stopped'],
} as const satisfies Record<string, readonly [Tone, string]>;

/** What the page shows of an upload: a pure function of what it knows. */
export function uploadView(upload: Upload, now: Now): UploadView {
  const view = freshView(upload, now);
  if (view.ended || upload.transfer.phase === 'sending') return view;
  if (upload.isForgotten === true && upload.state !== undefined)
    return {
      ...view,
      tone: 'stopped',
      headline: 'The sandbox knows nothing of this upload any more',
      aside: '',
      percent: undefined,
      ended: true,
    };
  if (now.asOf === undefined) return view;
  const percent = view.percent === null ? undefined : view.percent;
  return {
    ...view,
    tone: 'stopped',
    percent,
    aside: parted(
      percent === undefined ? undefined : `${Math.floor(percent)}%`,
      `as of ${formatMoment(now.asOf, now.nowMs)}`,
    ),
    isStale: true,
  };
}

function freshView(upload: Upload, now: Now): UploadView {
  const { state } = upload;
  if (state === undefined) return transferView(upload, now);
  const shared = {
    ...nothing,
    steps: state.steps.map(stepView),
    ended: isTerminal(state.status),
    error: state.error === null ? undefined : { name: state.error.name, message: state.error.message ?? '' },
  };
  switch (state.status) {
    case 'queued':
      return { ...waitingView({ ...upload, isForgotten: false }, now), steps: shared.steps };
    case 'running': {
      const eta = believableEta(state);
      return {
        ...shared,
        // An error that a retry or a catch dealt with is no news while the workflow goes on.
        error: undefined,
        tone: state.steps.some(({ status }) => status === 'retrying') ? 'retrying' : 'active',
        headline: runningHeadline(state),
        aside: parted(
          state.percent === null ? undefined : `${Math.floor(state.percent)}%`,
          eta === undefined ? undefined : formatEta(eta),
        ),
        percent: state.percent,
      };
    }
    case 'succeeded':
    case 'failed':
    case 'timedOut':
    case 'aborted': {
      const [tone, headline] = ends[state.status];
      const took = tookText(state);
      const isDone = state.status === 'succeeded';
      return {
        ...shared,
        tone,
        headline,
        aside: took === '' ? '' : `${isDone ? 'took' : 'after'} ${took}`,
        error: isDone ? undefined : shared.error,
        // How far a run had come that will not go on measures nothing any more.
        percent: isDone ? 100 : undefined,
      };
    }
  }
}

/**
 * What a screen reader announces when one view follows another, or '' when nothing is new enough to interrupt for:
 * headlines (which name the step, without its counts) and ends, not percents.
 */
export function announcement(name: string, before: UploadView | undefined, after: UploadView): string {
  const gist = (view: UploadView | undefined) => view?.headline.split(/: \d/, 1)[0];
  if (before !== undefined && gist(before) === gist(after) && before.tone === after.tone) return '';
  const reason = after.error === undefined || after.error.message === '' ? '' : `. ${after.error.message}`;
  return `${name}: ${gist(after) ?? ''}${after.tone === 'done' && after.aside !== '' ? `, ${after.aside}` : ''}${reason}`;
}
