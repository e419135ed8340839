import type { ExecutionArn, IterationCounts } from '@stepcast/contracts';
import { instantOf, type EventDraft, type ExecutionFold } from './execution-fold.ts';

function areSame(one: Readonly<IterationCounts> | null, other: IterationCounts): boolean {
  return (
    one !== null &&
    one.total === other.total &&
    one.started === other.started &&
    one.succeeded === other.succeeded &&
    one.failed === other.failed
  );
}

/** Folds, in place, how far the Map Run of a distributed Map is, and returns an event if that has changed. */
export function foldMapRunCounts(
  fold: ExecutionFold,
  executionArn: ExecutionArn,
  visitId: number,
  { total, started, succeeded, failed }: IterationCounts,
): EventDraft[] {
  const visit = fold.visits.get(visitId);
  const iterations = { total, started, succeeded, failed };
  if (visit === undefined || areSame(visit.iterations, iterations)) return [];
  visit.iterations = iterations;
  const { name, type } = visit;
  return [
    {
      kind: 'iterationsProgressed',
      time: instantOf(fold.lastMs),
      executionArn,
      step: { name, type },
      iterations,
    },
  ];
}
