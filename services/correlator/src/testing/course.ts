import type { ExecutionRecord } from '@stepcast/wire';
import { newFold, type ExecutionFold } from '../domain/execution-fold.ts';
import { foldRecord } from '../domain/fold-record.ts';
import { measure, type ProfileMachine, type ProfileState } from '../domain/percent.ts';
import { ARN } from './stream-input.ts';

/** A state of a definition. */
export const state = (
  type: ProfileState['type'],
  next: string[] = [],
  inner: ProfileMachine[] = [],
): ProfileState => ({
  type,
  next,
  inner,
});
/** A definition that starts at the first of its states. */
export const machine = (states: Record<string, ProfileState>): ProfileMachine => ({
  startAt: Object.keys(states)[0] ?? '',
  states: new Map(Object.entries(states)),
});

/** Percent and ETA after each record. */
export function course(
  definition: ProfileMachine,
  all: readonly ExecutionRecord[],
  durations: Record<string, number> = {},
  fold: ExecutionFold = newFold(false),
) {
  const profile = { machine: definition, durations: new Map(Object.entries(durations)) };
  return all.map((record) => {
    foldRecord(fold, ARN, record);
    const progress = measure(fold, profile);
    fold.percent = progress.percent;
    return progress;
  });
}

export const percents = (...args: Parameters<typeof course>) => course(...args).map(({ percent }) => percent);
