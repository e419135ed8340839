import { DataProblem } from '../data/problems.ts';
import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { selectByPath } from '../data/state-data.ts';
import type { Machine, MapState } from '../definition/schema.ts';
import type { Branch } from '../engine/branch.ts';
import { BranchAbortedError, failureOfProblem, StateFailure } from '../engine/failures.ts';
import { concurrencyOf, wholeNumberAt } from '../engine/map-items.ts';
import { wholeNumberIn } from '../engine/numbers.ts';
import { effectiveInput } from '../engine/outcome.ts';
import type { MapRunBefore } from '../engine/progress.ts';
import { evaluationOf, expressionScopeOf, type Run, type StateScope } from '../engine/run.ts';
import { errorDetails } from '../engine/tasks/lambda-function.ts';
import { textOfJson, type Json } from '../json.ts';
import type { EndedExecution } from '../ports.ts';
import { batchesOf, type Batch } from './batches.ts';
import { MapRun } from './map-run.ts';
import { readItems } from './read-items.ts';
import { resultsOf, writeUnfinished } from './results.ts';

/** Children that AWS runs at once where MaxConcurrency says nothing. */
const maxConcurrency = 10_000;

/**
 * A Map whose items are child executions, each with a history of its own. The parent's history has the begin and the end of
 * the Map Run and nothing between, as recorded from AWS.
 */
export async function runDistributedMap(
  state: MapState,
  processor: Machine,
  scope: StateScope,
  branch: Branch,
): Promise<Json> {
  const { run, name } = scope;
  const limit = await concurrencyOf(state, scope);
  const fromInput = state.ItemReader === undefined ? await readItems(state, scope) : undefined;
  // A retry begins a Map Run of its own; a redrive goes on with the one that there was.
  const before = branch.takeMapRun();
  if (before === undefined) branch.advance('MapStateStarted', { length: fromInput?.length ?? 0 });
  // What is wrong here ends the execution without MapStateFailed (recorded from AWS).
  const tolerated = await toleranceOf(state, scope);
  branch.open = { type: 'Map', name };
  const mapRunBefore: MapRunBefore = before ?? newMapRun(state, run);
  const { mapRunArn, label } = mapRunBefore;
  const redriveCount = before === undefined ? 0 : before.redriveCount + 1;
  if (before === undefined) branch.advance('MapRunStarted', { mapRunArn });
  else branch.advance('MapRunRedriven', { mapRunArn, redriveCount });
  branch.setMapRun({ ...mapRunBefore, redriveCount });
  try {
    const items = fromInput ?? (await readItems(state, scope));
    const batches: readonly Batch[] = await batchesOf(state, items, scope);
    const mapRun = new MapRun(
      {
        mapRunArn,
        label,
        processor: { QueryLanguage: run.queryLanguage, ...processor },
        type: processor.ProcessorConfig?.ExecutionType ?? 'STANDARD',
        concurrency: limit === 0 ? maxConcurrency : limit,
        redriveCount,
        ended: mapRunBefore.ended,
        ...tolerated,
      },
      batches,
      run,
    );
    const ended = await runChildren(mapRun, state, mapRunArn, scope, branch);
    const { output, written } = await resultsOf(state, ended, mapRunArn, scope);
    mapRun.finish('SUCCEEDED', written);
    branch.advance('MapRunSucceeded');
    return output;
  } catch (error) {
    const failure = error instanceof DataProblem ? failureOfProblem(name, scope.entered.id, error) : error;
    if (failure instanceof StateFailure) branch.advance('MapRunFailed', errorDetails(failure));
    throw failure;
  }
}

/** Runs the children; where they fail or are stopped, what there is of results is written before that is said. */
async function runChildren(
  mapRun: MapRun,
  state: MapState,
  mapRunArn: string,
  scope: StateScope,
  branch: Branch,
): Promise<readonly EndedExecution[]> {
  try {
    return await mapRun.run(branch.signal);
  } catch (error) {
    const write = () => writeUnfinished(state, mapRun.ended, mapRun.pending, mapRunArn, scope);
    // Nobody waits for an execution that was stopped, and what it writes to may stop with it.
    if (error instanceof BranchAbortedError) await write().catch(() => 0);
    else mapRun.finish('FAILED', await write().catch(withoutFiles));
    throw error;
  }
}

/** A writer that fails does not hide why the Map Run failed. */
function withoutFiles(error: unknown): number {
  if (error instanceof StateFailure || error instanceof DataProblem) return 0;
  throw error;
}

function newMapRun(state: MapState, run: Run): MapRunBefore {
  const label = state.Label ?? run.ids();
  const mapRunArn = `${run.stateMachineArn.replace(':stateMachine:', ':mapRun:')}/${label}:${run.ids()}`;
  return { mapRunArn, label, redriveCount: 0, ended: new Map() };
}

/** How many items may fail; neither field means none. */
async function toleranceOf(state: MapState, scope: StateScope) {
  const count =
    (await wholeNumberIn('ToleratedFailureCount', state.ToleratedFailureCount, scope)) ??
    wholeNumberAt('ToleratedFailureCountPath', state.ToleratedFailureCountPath, state, scope);
  const percentage = await percentageOf(state, scope);
  return { toleratedCount: count, toleratedPercentage: percentage };
}

async function percentageOf(state: MapState, scope: StateScope): Promise<number | undefined> {
  const { ToleratedFailurePercentage: given, ToleratedFailurePercentagePath: path } = state;
  if (given === undefined && path === undefined) return undefined;
  const value: Json =
    path === undefined
      ? typeof given === 'string'
        ? await evaluateExpressions(given, 'ToleratedFailurePercentage', expressionScopeOf(scope))
        : (given ?? 0)
      : selectByPath(path, evaluationOf(scope, effectiveInput(state, scope)));
  if (typeof value !== 'number')
    throw new DataProblem(
      `The ToleratedFailurePercentagePath field refers to value "${typeof value === 'string' ? value : textOfJson(value)}" which is not a valid float: ${path ?? ''}`,
    );
  if (value >= 0 && value <= 100) return value;
  throw new DataProblem('ToleratedFailurePercentage must be between 0 and 100.');
}
