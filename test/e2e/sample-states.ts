import { ExecutionArn, type StepState } from '@stepcast/contracts';

/** So many seconds ago, as an ISO time. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** A step that succeeded, but for what is said otherwise. */
export function step(name: string, type: StepState['type'], over: Partial<StepState> = {}): StepState {
  return {
    name,
    type,
    status: 'succeeded',
    attempt: 1,
    visits: 1,
    ended: 1,
    startedAt: ago(4),
    endedAt: ago(3.4),
    ...over,
  };
}

export const running = { status: 'running', ended: 0, endedAt: null } as const;
/** The steps of the photo pipeline, while it resizes. */
export const begun = [
  step('Take the event', 'Pass', { endedAt: ago(4) }),
  step('Check the file', 'Task'),
  step('Read metadata', 'Task', { endedAt: ago(3.9) }),
  step('Large or small?', 'Choice', { endedAt: ago(4) }),
  step('Resize and analyse', 'Parallel', running),
  step('Resize', 'Task', { ...running, visits: 3, ended: 2 }),
];
/** An execution that succeeded. */
export const execution = {
  executionArn: ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:one'),
  status: 'succeeded',
  startedAt: ago(8),
  endedAt: ago(1),
  redriveCount: 0,
} as const;
