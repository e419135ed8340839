import type { StepState } from '@stepcast/contracts';
import { formatDuration } from './format.ts';

/** What a mark, a colour and a word say together; never a colour alone. */
export type Tone = 'waiting' | 'late' | 'active' | 'retrying' | 'done' | 'failed' | 'stopped';

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

const quietTypes: readonly StepState['type'][] = ['Choice', 'Pass', 'Wait', 'Succeed'];

const stepTones: Readonly<Record<StepState['status'], readonly [Tone, string]>> = {
  running: ['active', 'running'],
  retrying: ['retrying', 'trying again'],
  succeeded: ['done', 'done'],
  failed: ['failed', 'failed'],
  caught: ['stopped', 'failed, handled'],
  aborted: ['stopped', 'stopped'],
};

/** `5 of 12`; undefined where there is nothing to count. */
export function counted(step: StepState): string | undefined {
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

/** `40%, page 4 of 10`: what the step says of itself; undefined where it says nothing. */
export function said({ report }: StepState): string | undefined {
  if (report === undefined) return undefined;
  const { percent, text } = report;
  return [percent === undefined ? undefined : `${Math.floor(percent)}%`, text]
    .filter((part) => part !== undefined && part !== '')
    .join(', ');
}

export function tookMs(from: string | null, to: string | null): number | undefined {
  return from === null || to === null ? undefined : Date.parse(to) - Date.parse(from);
}

/** What took less is not worth a number. */
export const WORTH_TELLING_MS = 50;

/** One line of the list of steps. */
export function stepView(step: StepState): StepView {
  const [tone, status] = stepTones[step.status];
  const ms = tookMs(step.startedAt, step.endedAt);
  const parts = [
    said(step),
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

/**
 * The step that says most about what happens now: one that is retried, else a Map, whose own steps come and go faster than one can
 * read, else the innermost (last entered) that runs.
 */
export function currentStep(steps: readonly StepState[]): StepState | undefined {
  return (
    steps.findLast(({ status }) => status === 'retrying') ??
    steps.find(({ status, type }) => status === 'running' && type === 'Map') ??
    steps.findLast(({ status, type }) => status === 'running' && !quietTypes.includes(type)) ??
    steps.findLast(({ status }) => status === 'running')
  );
}

/** What the summary of the steps says. How many are done, nobody should read here: a step of a Map runs again and again. */
export const stepsSummary = (steps: readonly StepState[]) =>
  `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`;
