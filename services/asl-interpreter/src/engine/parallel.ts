import type { ParallelState } from '../definition/schema.ts';
import type { Json } from '../json.ts';
import type { Branch } from './branch.ts';
import { concludeWith, noteAborted, runLanes } from './concurrent.ts';
import { StateFailure } from './failures.ts';
import { argumentsOf, finish, type Conclusion, type RunStates } from './outcome.ts';
import { withRetry } from './retry.ts';
import type { StateScope } from './run.ts';

/**
 * Branches side by side. Each branch's chain begins at ParallelStateStarted; ParallelStateExited follows from the last
 * inner event. When a branch fails the others are aborted, and a retry starts again from the event that failed.
 */
export async function runParallel(
  state: ParallelState,
  scope: StateScope,
  branch: Branch,
  runStates: RunStates,
): Promise<Conclusion> {
  const result = await concludeWith('ParallelStateFailed', scope, branch, () =>
    withRetry(state.Retry, branch, scope.run, async () => {
      const input = argumentsOf(state, scope);
      return attempt(state, scope, branch, input instanceof Promise ? await input : input, runStates);
    }),
  );
  return () => {
    branch.note('ParallelStateSucceeded');
    return finish(state, scope, result);
  };
}

async function attempt(
  state: ParallelState,
  scope: StateScope,
  branch: Branch,
  input: Json,
  runStates: RunStates,
): Promise<Json> {
  const before = branch.takeLanes();
  const startedId = before === undefined ? branch.advance('ParallelStateStarted') : branch.previousEventId;
  branch.open = { type: 'Parallel', name: scope.name };
  const outputs: Json[] = state.Branches.map(() => null);
  let lastInnerId = startedId;
  const children = state.Branches.flatMap((machine, index) => {
    const lane = before?.get(index);
    if (lane !== undefined && 'output' in lane) {
      outputs[index] = lane.output;
      branch.setLane(index, lane);
      return [];
    }
    const child = lane === undefined ? branch.fork(startedId) : branch.forkFrom(lane.branch);
    branch.setLane(index, { branch: child });
    return [{ machine, child, index }];
  });
  await runLanes(
    branch,
    children.map(({ machine, child, index }) => async (report) => {
      try {
        const output = await runStates(machine, input, child, scope.run);
        outputs[index] = output;
        branch.setLane(index, { output });
      } catch (error) {
        if (error instanceof StateFailure) report(child, error);
        throw error;
      }
      lastInnerId = Math.max(lastInnerId, child.previousEventId);
      branch.join(child);
    }),
    (failed) => {
      branch.previousEventId = failed.previousEventId;
      noteAborted(branch, failed);
      for (const other of branch.children) if (other !== failed) noteAborted(branch, other);
    },
  );
  branch.previousEventId = lastInnerId;
  return outputs;
}
