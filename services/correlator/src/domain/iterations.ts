import type { IterationCounts } from '@stepcast/contracts';
import type { Visit } from './execution-fold.ts';

/** A Map reports its counts at most about this many times a visit, whatever its length. */
export const REPORTS_PER_MAP = 20;

export const NO_ITERATIONS: IterationCounts = { total: null, started: 0, succeeded: 0, failed: 0 };

/** The count of ended iterations at which the next report is due. */
export function nextReportAfter(ended: number, total: number | null): number {
  // Of unknown length: at every doubling.
  if (total === null) return Math.max(1, ended * 2);
  const every = Math.max(1, Math.ceil(total / REPORTS_PER_MAP));
  return Math.min(total, (Math.floor(ended / every) + 1) * every);
}

export function iterationStarted(map: Visit): void {
  const counts = map.iterations ?? NO_ITERATIONS;
  map.iterations = { ...counts, started: counts.started + 1 };
}

/**
 * Counts one ended iteration.
 *
 * When to report depends on the counts alone, not on how the records were batched: the same records give the same
 * events, however they arrive. One report a batch at most would have two correlators, or a redelivery, emit other events
 * for the same execution.
 * @returns the counts when a report is due
 */
export function iterationEnded(map: Visit, succeeded: boolean): IterationCounts | undefined {
  const counts = map.iterations ?? NO_ITERATIONS;
  const next: IterationCounts = {
    ...counts,
    succeeded: counts.succeeded + (succeeded ? 1 : 0),
    failed: counts.failed + (succeeded ? 0 : 1),
  };
  map.iterations = next;
  const ended = next.succeeded + next.failed;
  if (ended < map.nextReport) return undefined;
  map.nextReport = nextReportAfter(ended, next.total);
  return { ...next };
}
