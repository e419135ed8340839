import { DataProblem } from '../data/problems.ts';
import { placeResult } from '../data/state-data.ts';
import type { Catcher, Machine, State } from '../definition/schema.ts';
import {
  MAX_DATA_BYTES,
  MAX_JSON_DEPTH,
  byteLength,
  isJson,
  textOfJson,
  type Json,
  type JsonObject,
} from '../json.ts';
import type { HistoryEventType } from '../types.ts';
import type { Branch } from './branch.ts';
import { runChoice } from './choice.ts';
import { dataLimitCause, matchesError, StateFailure } from './failures.ts';
import { runFail } from './fail.ts';
import { itemContext } from './map-items.ts';
import { runMap } from './map.ts';
import { assignedByPath, concludeJsonata, type Conclusion, type StateOutcome } from './outcome.ts';
import { runParallel } from './parallel.ts';
import { runPass } from './pass.ts';
import { failureOf } from './problem-failure.ts';
import type { Run, StateScope } from './run.ts';
import { runSucceed } from './succeed.ts';
import { runTask } from './tasks/task.ts';
import { runWait } from './wait.ts';

/**
 * Runs the states of a machine (the outermost, a branch, an iteration) from `StartAt` to a terminal one and gives the last
 * output. Throws {@link StateFailure} when a state fails and no Catch takes it.
 */
export async function runStates(machine: Machine, input: Json, branch: Branch, run: Run): Promise<Json> {
  const resumed = branch.takeResumed();
  if (resumed?.kind === 'ended') return resumed.output;
  let within = resumed?.kind === 'within' ? resumed : undefined;
  let name = resumed?.name ?? machine.StartAt;
  let data = resumed?.input ?? input;
  for (;;) {
    const state = Object.hasOwn(machine.States, name) ? machine.States[name] : undefined;
    if (state === undefined) throw new StateFailure('States.Runtime', `There is no state '${name}'.`, false);
    const outcome = await runState(name, state, data, branch, run, within?.entered);
    within = undefined;
    if (outcome.next === undefined) return outcome.output;
    name = outcome.next;
    data = outcome.output;
  }
}

async function runState(
  name: string,
  state: State,
  rawInput: Json,
  branch: Branch,
  run: Run,
  before: Entered | undefined,
): Promise<StateOutcome> {
  const entered =
    before === undefined || state.Type === 'Fail' ? enter(name, state, rawInput, branch) : before;
  const scope: StateScope = {
    run,
    name,
    rawInput,
    language: state.QueryLanguage ?? run.queryLanguage,
    entered,
    context: contextOf(name, branch, run),
    variables: branch.variables.all(),
  };
  try {
    return await asFailure(scope, branch, async () => {
      const conclude = await dispatch(state, scope, branch);
      const concluded = conclude();
      const outcome = concluded instanceof Promise ? await concluded : concluded;
      exit(state, name, outcome, branch);
      return outcome;
    });
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    const catcher = catchersOf(state).find((one) => matchesError(one.ErrorEquals, error));
    if (catcher === undefined) throw error;
    return asFailure(scope, branch, () => recover(state, scope, catcher, error, branch));
  }
}

type Entered = StateScope['entered'];

function enter(name: string, state: State, rawInput: Json, branch: Branch): Entered {
  const from = branch.previousEventId;
  const id = branch.advance(`${state.Type}StateEntered`, {
    input: textOfJson(rawInput),
    inputDetails: { truncated: false },
    name,
  });
  branch.progress = {
    kind: 'within',
    name,
    input: rawInput,
    variables: branch.variables.own,
    entered: { id, from },
    lanes: undefined,
    mapRun: undefined,
  };
  return { id, from };
}

function dispatch(state: State, scope: StateScope, branch: Branch): Promise<Conclusion> {
  switch (state.Type) {
    case 'Pass':
      return Promise.resolve(() => runPass(state, scope));
    case 'Choice':
      return Promise.resolve(() => runChoice(state, scope));
    case 'Succeed':
      return Promise.resolve(() => runSucceed(state, scope));
    case 'Fail':
      return runFail(state, scope);
    case 'Wait':
      return runWait(state, scope, branch);
    case 'Task':
      return runTask(state, scope, branch);
    case 'Map':
      return runMap(state, scope, branch, runStates);
    case 'Parallel':
      return runParallel(state, scope, branch, runStates);
  }
}

function exit(state: State, name: string, { output, assigned, next }: StateOutcome, branch: Branch): void {
  const text = textOfJson(output);
  if (byteLength(text) > MAX_DATA_BYTES)
    throw new StateFailure('States.DataLimitExceeded', dataLimitCause(name), false);
  // A level takes two characters, so most outputs cannot be too deep.
  if (text.length > 2 * MAX_JSON_DEPTH && !isJson(output))
    throw new StateFailure(
      'States.Runtime',
      `The output of the state '${name}' is nested deeper than ${MAX_JSON_DEPTH} levels.`,
      false,
    );
  if (assigned !== undefined) branch.variables.assign(assigned);
  branch.open = undefined;
  if (state.Type === 'Fail') return;
  const type: HistoryEventType = `${state.Type}StateExited`;
  branch.advance(type, {
    name,
    output: text,
    outputDetails: { truncated: false },
    ...(assigned === undefined ? {} : assignedDetails(assigned)),
  });
  branch.progress =
    next === undefined
      ? { kind: 'ended', output }
      : { kind: 'between', name: next, input: output, variables: branch.variables.own };
}

function assignedDetails(assigned: JsonObject) {
  return {
    assignedVariables: Object.fromEntries(
      Object.entries(assigned).map(([variable, value]) => [variable, textOfJson(value)]),
    ),
    assignedVariablesDetails: { truncated: false },
  };
}

function catchersOf(state: State): readonly Catcher[] {
  return state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel'
    ? (state.Catch ?? [])
    : [];
}

/**
 * A Catch takes the failure: the error becomes data, placed by the catcher's ResultPath or Output; what the state says of
 * its own output does not apply.
 */
async function recover(
  state: State,
  scope: StateScope,
  catcher: Catcher,
  failure: StateFailure,
  branch: Branch,
): Promise<StateOutcome> {
  const error: JsonObject = { Error: failure.errorName ?? '', Cause: failure.failureCause ?? '' };
  const outcome =
    scope.language === 'JSONata'
      ? await concludeJsonata(catcher, scope, catcher.Next, error, { errorOutput: error })
      : {
          output: placeResult(catcher.ResultPath, scope.rawInput, error),
          next: catcher.Next,
          assigned: assignedByPath(catcher.Assign, scope, error),
        };
  exit(state, scope.name, outcome, branch);
  return outcome;
}

function contextOf(name: string, branch: Branch, run: Run): JsonObject {
  return {
    ...run.context,
    State: { Name: name, EnteredTime: new Date(run.clock.nowMs()).toISOString() },
    ...(branch.mapItem === undefined ? {} : { Map: { Item: itemContext(branch.mapItem) } }),
  };
}

/** Problems of the data become failures, worded as AWS does: with the state and the event it was entered at. */
async function asFailure<T>(scope: StateScope, branch: Branch, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DataProblem ? failureOf(error, scope, branch) : error;
  }
}
