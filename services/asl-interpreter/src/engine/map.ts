import { DataProblem } from '../data/problems.ts';
import type { Machine, MapState } from '../definition/schema.ts';
import type { Json } from '../json.ts';
import { runDistributedMap } from '../map-run/distributed-map.ts';
import type { Branch, MapItem } from './branch.ts';
import { concludeWith, noteAborted, runLanes } from './concurrent.ts';
import { failureOfProblem, StateFailure } from './failures.ts';
import { concurrencyOf, inputOfItem, itemsOf } from './map-items.ts';
import { finish, type Conclusion, type RunStates } from './outcome.ts';
import { withRetry } from './retry.ts';
import type { StateScope } from './run.ts';

/** Iterations of an inline Map that AWS runs at once, whatever MaxConcurrency says. */
const inlineConcurrency = 40;

interface Plan {
  readonly items: readonly MapItem[];
  readonly concurrency: number;
}

/**
 * Iterations side by side, at most MaxConcurrency of them. Those that start together begin at MapStateStarted; one that
 * waits for a place begins at the last inner event of the iteration that made the place, so that a Map without
 * concurrency is one chain.
 */
export async function runMap(
  state: MapState,
  scope: StateScope,
  branch: Branch,
  runStates: RunStates,
): Promise<Conclusion> {
  const enteredId = branch.previousEventId;
  const processor = state.ItemProcessor ?? state.Iterator;
  if (processor === undefined) throw new DataProblem('The Map has no ItemProcessor.');
  const distributed = processor.ProcessorConfig?.Mode === 'DISTRIBUTED';
  const result = await concludeWith('MapStateFailed', scope, branch, () =>
    withRetry(state.Retry, branch, scope.run, async () => {
      if (distributed) return runDistributedMap(state, processor, scope, branch);
      const plan = planOf(state, scope);
      const known = plan instanceof Promise ? await plan : plan;
      return attempt(state, processor, scope, branch, known, enteredId, runStates);
    }),
  );
  return () => {
    branch.note('MapStateSucceeded');
    return finish(state, scope, result);
  };
}

function planOf(state: MapState, scope: StateScope): Plan | Promise<Plan> {
  const items = itemsOf(state, scope, false);
  const limit = concurrencyOf(state, scope);
  if (items instanceof Promise || limit instanceof Promise)
    return Promise.all([items, limit]).then(([known, most]) => planFor(known, most));
  return planFor(items, limit);
}

function planFor(items: readonly MapItem[], limit: number): Plan {
  return { items, concurrency: Math.min(limit === 0 ? inlineConcurrency : limit, inlineConcurrency) };
}

async function attempt(
  state: MapState,
  processor: Machine,
  scope: StateScope,
  branch: Branch,
  { items, concurrency }: Plan,
  enteredId: number,
  runStates: RunStates,
): Promise<Json> {
  const { name, run } = scope;
  const before = branch.takeLanes();
  const startedId =
    before === undefined
      ? branch.advance('MapStateStarted', { length: items.length })
      : branch.previousEventId;
  branch.open = { type: 'Map', name };
  const outputs: Json[] = items.map(() => null);
  const waiting = items.filter(({ index }) => {
    const lane = before?.get(index);
    if (lane === undefined || 'branch' in lane) return true;
    outputs[index] = lane.output;
    branch.setLane(index, lane);
    return false;
  });
  let lastId = startedId;

  const start = (mapItem: MapItem, previousEventId: number): Branch => {
    const lane = before?.get(mapItem.index);
    const child =
      lane !== undefined && 'branch' in lane
        ? branch.forkFrom(lane.branch)
        : branch.fork(previousEventId, { iteration: mapItem.index, mapItem });
    if (lane === undefined) child.advance('MapIterationStarted', { index: mapItem.index, name });
    branch.setLane(mapItem.index, { branch: child });
    return child;
  };
  const asFailure = (error: unknown): unknown =>
    error instanceof DataProblem ? failureOfProblem(name, enteredId, error) : error;
  const itemInput = (item: MapItem): Json | Promise<Json> => {
    try {
      const input = inputOfItem(state, scope, item);
      return input instanceof Promise
        ? input.catch((error: unknown) => {
            throw asFailure(error);
          })
        : input;
    } catch (error) {
      throw asFailure(error);
    }
  };

  // All that may run at once are started before the first of them goes on, as recorded from AWS.
  const first = waiting.splice(0, concurrency).map((item) => ({ item, child: start(item, startedId) }));
  await runLanes(
    branch,
    first.map((lane) => async (report) => {
      let { item, child } = lane;
      for (;;) {
        const { index } = item;
        try {
          const input = itemInput(item);
          const output = await runStates(
            processor,
            input instanceof Promise ? await input : input,
            child,
            run,
          );
          outputs[index] = output;
          branch.setLane(index, { output });
        } catch (error) {
          if (error instanceof StateFailure) report(child, error);
          throw error;
        }
        lastId = Math.max(lastId, child.note('MapIterationSucceeded', { index, name }));
        branch.join(child);
        const following = waiting.shift();
        if (following === undefined) return;
        item = following;
        child = start(item, child.previousEventId);
      }
    }),
    (failed) => {
      branch.previousEventId = failed.previousEventId;
      branch.note('MapIterationFailed', { index: failed.iteration ?? 0, name });
      noteAborted(branch, failed);
      for (const other of branch.children) {
        if (other === failed || other.iteration === undefined) continue;
        branch.note('MapIterationAborted', { index: other.iteration, name });
        noteAborted(branch, other);
      }
    },
  );
  branch.previousEventId = lastId;
  return outputs;
}
