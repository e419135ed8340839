import { DataProblem } from '../data/problems.ts';
import type { Branch } from './branch.ts';
import { StateFailure } from './failures.ts';
import { failureOf } from './problem-failure.ts';
import type { StateScope } from './run.ts';

/**
 * Runs lanes side by side. The first failure aborts the other lanes at once, in the same turn in which it is seen, and is
 * thrown when all of them have come to rest.
 * @param onFailure records what the failure does to the others; gets the branch that failed
 */
export async function runLanes(
  owner: Branch,
  lanes: readonly ((report: (failed: Branch, failure: StateFailure) => void) => Promise<void>)[],
  onFailure: (failed: Branch) => void,
): Promise<void> {
  let first: { readonly error: unknown } | undefined;
  const stop = (error: unknown): void => {
    first ??= { error };
    // Taken off at once: another abort of the owner, in the turns until the lanes have come to rest, must not find them.
    for (const child of owner.children) {
      child.abort();
      owner.join(child);
    }
  };
  const report = (failed: Branch, failure: StateFailure): void => {
    if (first !== undefined || owner.signal.aborted) return;
    try {
      onFailure(failed);
      stop(failure);
    } catch (error) {
      stop(error);
    }
  };
  await Promise.all(
    lanes.map(async (lane) => {
      try {
        await lane(report);
      } catch (error) {
        // Reported failures come here too, and so do lanes that were aborted because of them: only the first counts.
        if (first === undefined) stop(error);
      }
    }),
  );
  if (first !== undefined) throw first.error;
}

/**
 * Runs the attempts of a Map or Parallel and records its failure when the last of them failed. A state that could not even
 * start (its items are no list, say) has no such event: `open` is set by the first attempt. One whose expression failed has
 * it all the same, as recorded from AWS.
 */
export async function concludeWith<T>(
  failed: 'MapStateFailed' | 'ParallelStateFailed',
  scope: StateScope,
  branch: Branch,
  attempts: () => Promise<T>,
): Promise<T> {
  try {
    return await attempts();
  } catch (error) {
    const started = branch.open !== undefined;
    branch.open = undefined;
    if (error instanceof DataProblem && error.location !== undefined) {
      const failure = failureOf(error, scope, branch);
      branch.advance(failed);
      throw failure;
    }
    if (started && error instanceof StateFailure) branch.advance(failed);
    throw error;
  }
}

/**
 * Records that what is open in a branch is given up. AWS links all of these events to the event that failed, from the
 * outside inwards, and nothing follows from them. `owner` records, because it is the one that goes on.
 */
export function noteAborted(owner: Branch, branch: Branch): void {
  const { open } = branch;
  if (open === undefined) return;
  owner.note(`${open.type}StateAborted`);
  for (const child of branch.children) {
    if (child.iteration !== undefined)
      owner.note('MapIterationAborted', { index: child.iteration, name: open.name });
    noteAborted(owner, child);
  }
}
