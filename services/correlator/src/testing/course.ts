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

/** A definition that a history could have followed: the states of each scope in the order in which they were entered. */
export function definitionOf(all: readonly ExecutionRecord[]): ProfileMachine {
  const fold = newFold(false);
  const scopes = new Map<string | null, Map<number, [string, ProfileState['type']][]>>();
  for (const record of all) {
    foldRecord(fold, ARN, record);
    const visit = fold.visits.get(record.id);
    if (visit === undefined) continue;
    const parent = fold.lanes.get(visit.lane)?.parent ?? null;
    const scope = parent === null ? null : (fold.visits.get(parent)?.name ?? null);
    const lanes = scopes.get(scope) ?? new Map<number, [string, ProfileState['type']][]>();
    scopes.set(scope, lanes.set(visit.lane, [...(lanes.get(visit.lane) ?? []), [visit.name, visit.type]]));
  }
  const machinesOf = (scope: string | null): ProfileMachine[] =>
    [...(scopes.get(scope) ?? new Map<number, [string, ProfileState['type']][]>()).values()].map((names) =>
      machine(
        Object.fromEntries(
          names.map(([name, type], index) => [
            name,
            state(
              type,
              names.slice(index + 1, index + 2).map(([next]) => next),
              machinesOf(name),
            ),
          ]),
        ),
      ),
    );
  return machinesOf(null)[0] ?? machine({});
}
