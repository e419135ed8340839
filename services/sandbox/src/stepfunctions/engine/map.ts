import { DataProblem } from '../data/problems.ts';
import { selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { MapState } from '../definition/schema.ts';
import { isJsonArray, textOfJson, type Json } from '../json.ts';
import type { Branch } from './branch.ts';
import { concludeWith, noteAborted, runLanes } from './concurrent.ts';
import { failureOfProblem, StateFailure } from './failures.ts';
import { effectiveInput, finish, type Conclusion, type RunStates } from './outcome.ts';
import { withRetry } from './retry.ts';
import { evaluationOf, type StateScope } from './run.ts';

/** Iterations of an inline Map that AWS runs at once, whatever MaxConcurrency says. */
const inlineConcurrency = 40;

interface Plan {
  readonly input: Json;
  readonly items: readonly Json[];
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
  const result = await concludeWith('MapStateFailed', branch, () =>
    withRetry(state.Retry, branch, scope.run, () =>
      attempt(state, scope, branch, planOf(state, scope), enteredId, runStates),
    ),
  );
  return () => {
    branch.note('MapStateSucceeded');
    return finish(state, scope, result);
  };
}

function planOf(state: MapState, scope: StateScope): Plan {
  const input = effectiveInput(state, scope);
  const evaluation = evaluationOf(scope, input);
  const items = selectByPath(state.ItemsPath, evaluation);
  if (!isJsonArray(items))
    throw new DataProblem(
      `Reference path "${state.ItemsPath ?? '$'}" must point to array. Found: ${textOfJson(items)}`,
    );
  const limit = state.MaxConcurrency ?? concurrencyAt(state.MaxConcurrencyPath, input, scope) ?? 0;
  return { input, items, concurrency: Math.min(limit === 0 ? inlineConcurrency : limit, inlineConcurrency) };
}

function concurrencyAt(path: string | undefined, input: Json, scope: StateScope): number | undefined {
  if (path === undefined) return undefined;
  const value = selectByPath(path, evaluationOf(scope, input));
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new DataProblem(
      `The MaxConcurrencyPath field refers to value "${typeof value === 'string' ? value : textOfJson(value)}" which is not a valid integer: ${path}`,
    );
  return value;
}

async function attempt(
  state: MapState,
  scope: StateScope,
  branch: Branch,
  { input, items, concurrency }: Plan,
  enteredId: number,
  runStates: RunStates,
): Promise<Json> {
  const { name, run } = scope;
  const startedId = branch.advance('MapStateStarted', { length: items.length });
  branch.open = { type: 'Map', name };
  const outputs: Json[] = items.map(() => null);
  const waiting = [...items.entries()];
  let lastId = startedId;

  const start = ([index, value]: readonly [number, Json], previousEventId: number): Branch => {
    const child = branch.fork(previousEventId, { iteration: index, mapItem: { index, value } });
    child.advance('MapIterationStarted', { index, name });
    return child;
  };
  const itemInput = (index: number, value: Json): Json => {
    const selector = state.ItemSelector ?? state.Parameters;
    if (selector === undefined) return value;
    try {
      const item = { Map: { Item: { Index: index, Value: value } } };
      return evaluateTemplate(selector, evaluationOf(scope, input, item));
    } catch (error) {
      throw error instanceof DataProblem ? failureOfProblem(name, enteredId, error) : error;
    }
  };
  const processor = state.ItemProcessor ?? state.Iterator;
  if (processor === undefined) throw new DataProblem('The Map has no ItemProcessor.');

  // All that may run at once are started before the first of them goes on, as recorded from AWS.
  const first = waiting.splice(0, concurrency).map((item) => ({ item, child: start(item, startedId) }));
  await runLanes(
    branch,
    first.map((lane) => async (report) => {
      let { item, child } = lane;
      for (;;) {
        const [index, value] = item;
        try {
          outputs[index] = await runStates(processor, itemInput(index, value), child, run);
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
