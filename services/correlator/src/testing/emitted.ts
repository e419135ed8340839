import { newFold, type ExecutionFold } from '../domain/execution-fold.ts';
import { foldRecord } from '../domain/fold-record.ts';
import type { Folded } from '../domain/fold-step.ts';
import { records, type Line } from './records.ts';
import { ARN } from './stream-input.ts';

/** What records emit, each as `id kind name attempt iteration error`, as far as it has them. */
export function emitted(lines: readonly Line[], fold: ExecutionFold = newFold(false)): string[] {
  return records(...lines).flatMap((record) =>
    foldRecord(fold, ARN, record).events.map(({ kind, step, error }) =>
      [record.id, kind, step?.name, step?.attempt, step?.iteration, error?.name]
        .filter((part) => part !== undefined)
        .join(' '),
    ),
  );
}

/** What the last of some records does, whole. */
export function lastOf(...lines: readonly Line[]): Folded | undefined {
  const fold = newFold(false);
  return records(...lines)
    .map((record) => foldRecord(fold, ARN, record))
    .at(-1);
}
