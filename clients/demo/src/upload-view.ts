import { isTerminal, type StepState, type UploadState } from '@stepcast/contracts';
import { formatBytes, formatDuration, formatEta } from './format.ts';

/** How far the file itself is on its way to S3. `known`: it was there before this page was. */
export type Transfer =
  | { readonly phase: 'sending'; readonly sentBytes: number }
  | { readonly phase: 'sent' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'known' };

/** Everything that the page knows of one upload. */
export interface Upload {
  readonly name: string;
  /** Bytes; undefined when only the overview told of it. */
  readonly size: number | undefined;
  readonly transfer: Transfer;
  readonly state: UploadState | undefined;
}

/** What a mark, a colour and a word say together; never a colour alone. */
export type Tone = 'waiting' | 'active' | 'retrying' | 'done' | 'failed' | 'stopped';

export interface StepView {
  readonly name: string;
  readonly tone: Tone;
  /** For people who do not see the mark: `running`, `done`, … */
  readonly status: string;
  /** `attempt 2`, `4 of 12`, `0.8 s`, … */
  readonly detail: string;
  /** Steps that only steer (Choice, Pass, Wait, Succeed) are shown quieter. */
  readonly quiet: boolean;
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
  readonly canCancel: boolean;
  readonly canRetry: boolean;
}

const quietTypes: readonly StepState['type'][] = ['Choice', 'Pass', 'Wait', 'Succeed'];

const stepTones: Readonly<Record<StepState['status'], readonly [Tone, string]>> = {
  running: ['active', 'running'],
  retrying: ['retrying', 'trying again'],
  succeeded: ['done', 'done'],
  failed: ['failed', 'failed'],
  caught: ['stopped', 'failed, handled'],
  aborted: ['stopped', 'stopped'],
};

function counted(step: StepState): string | undefined {
  if (step.iterations !== undefined) {
    const { total, succeeded, failed, started } = step.iterations;
    const ended = succeeded + failed;
    const of = total === null ? `${ended} of ${started} so far` : `${ended} of ${total}`;
    return failed === 0 ? of : `${of}, ${failed} failed`;
  }
  if (step.visits === 1) return undefined;
  // How often it will be visited in all, nobody knows: `visits` counts those that have begun.
  return step.ended === step.visits ? `${step.visits} times` : `${step.ended} done`;
}

function tookMs(from: string | null, to: string | null): number | undefined {
  return from === null || to === null ? undefined : Date.parse(to) - Date.parse(from);
}

/** What took less is not worth a number. */
const WORTH_TELLING_MS = 50;

function stepView(step: StepState): StepView {
  const [tone, status] = stepTones[step.status];
  const ms = tookMs(step.startedAt, step.endedAt);
  const parts = [
    step.attempt > 1 ? `attempt ${step.attempt}` : undefined,
    counted(step),
    ms === undefined || ms < WORTH_TELLING_MS ? undefined : formatDuration(ms),
  ];
  return {
    name: step.name,
    tone,
    status,
    detail: parts.filter((part) => part !== undefined).join(' · '),
    quiet: quietTypes.includes(step.type),
  };
}

/** The step that says most about what happens now: one that is retried, else the innermost (last entered) that runs. */
function currentStep(steps: readonly StepState[]): StepState | undefined {
  return (
    steps.findLast(({ status }) => status === 'retrying') ??
    steps.findLast(({ status, type }) => status === 'running' && !quietTypes.includes(type)) ??
    steps.findLast(({ status }) => status === 'running')
  );
}

function runningHeadline(state: UploadState): string {
  const step = currentStep(state.steps);
  if (step === undefined) return 'The workflow is running';
  return step.status === 'retrying' ? `Trying again: ${step.name}` : step.name;
}

function tookText(state: UploadState): string {
  const starts = state.executions.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const ends = state.executions.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]));
  const ms = tookMs(starts.toSorted()[0] ?? null, ends.toSorted().at(-1) ?? null);
  return ms === undefined || ms < WORTH_TELLING_MS ? '' : formatDuration(ms);
}

const nothing = { steps: [], error: undefined, ended: false, canCancel: false, canRetry: false } as const;

function transferView({ transfer, size }: Upload): UploadView {
  switch (transfer.phase) {
    case 'sending': {
      const total = size ?? 0;
      const started = transfer.sentBytes > 0 && total > 0;
      return {
        ...nothing,
        tone: 'active',
        headline: 'Uploading',
        aside: started
          ? `${formatBytes(Math.min(transfer.sentBytes, total))} of ${formatBytes(total)}`
          : formatBytes(total),
        percent: started ? Math.min(100, (transfer.sentBytes / total) * 100) : null,
        canCancel: true,
      };
    }
    case 'failed':
      return {
        ...nothing,
        tone: 'failed',
        headline: 'The upload did not get through',
        aside: '',
        percent: undefined,
        ended: true,
        error: { name: '', message: transfer.message },
        canRetry: true,
      };
    case 'cancelled':
      return {
        ...nothing,
        tone: 'stopped',
        headline: 'Upload cancelled',
        aside: '',
        percent: undefined,
        ended: true,
        canRetry: true,
      };
    case 'sent':
    case 'known':
      return { ...nothing, tone: 'waiting', headline: 'Waiting for the workflow', aside: '', percent: null };
  }
}

const ends = {
  failed: ['failed', 'The workflow failed'],
  timedOut: ['failed', 'The workflow took too long and was ended'],
  aborted: ['stopped', 'The workflow was stopped'],
} as const satisfies Record<string, readonly [Tone, string]>;

/** What the page shows of an upload: a pure function of what it knows. */
export function uploadView(upload: Upload): UploadView {
  const { state } = upload;
  if (state === undefined) return transferView(upload);
  const shared = {
    ...nothing,
    steps: state.steps.map(stepView),
    ended: isTerminal(state.status),
    error: state.error === null ? undefined : { name: state.error.name, message: state.error.message ?? '' },
  };
  switch (state.status) {
    case 'queued':
      return { ...shared, tone: 'waiting', headline: 'Waiting for the workflow', aside: '', percent: null };
    case 'running': {
      const percent = state.percent === null ? undefined : `${Math.floor(state.percent)}%`;
      const eta = state.etaSeconds === null ? undefined : formatEta(state.etaSeconds);
      return {
        ...shared,
        // An error that a retry or a catch dealt with is no news while the workflow goes on.
        error: undefined,
        tone: state.steps.some(({ status }) => status === 'retrying') ? 'retrying' : 'active',
        headline: runningHeadline(state),
        aside: [percent, eta].filter((part) => part !== undefined).join(' · '),
        percent: state.percent,
      };
    }
    case 'succeeded': {
      const took = tookText(state);
      return {
        ...shared,
        error: undefined,
        tone: 'done',
        headline: 'Finished',
        aside: took === '' ? '' : `in ${took}`,
        percent: 100,
      };
    }
    case 'failed':
    case 'timedOut':
    case 'aborted': {
      const [tone, headline] = ends[state.status];
      const took = tookText(state);
      return {
        ...shared,
        tone,
        headline,
        aside: took === '' ? '' : `after ${took}`,
        // How far a run had come that will not go on measures nothing any more.
        percent: undefined,
      };
    }
  }
}

/**
 * What a screen reader is told when one view follows another, or '' when nothing is new enough to interrupt for:
 * headlines (which name the step) and ends, not percents.
 */
export function announcement(name: string, before: UploadView | undefined, after: UploadView): string {
  if (before !== undefined && before.headline === after.headline && before.tone === after.tone) return '';
  const reason = after.error === undefined || after.error.message === '' ? '' : `. ${after.error.message}`;
  return `${name}: ${after.headline}${after.tone === 'done' ? ` ${after.aside}` : ''}${reason}`;
}
