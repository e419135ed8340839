import { placeResult, selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { Machine } from '../definition/schema.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Branch } from './branch.ts';
import { evaluationOf, type Run, type StateScope } from './run.ts';

/** What a state hands on. */
export interface StateOutcome {
  readonly output: Json;
  /** Undefined: the branch ends here. */
  readonly next: string | undefined;
}

/**
 * The last part of a state, done in the turn in which it exits, so that no other branch comes between (a Map's
 * MapStateSucceeded and MapStateExited, say). What a state has to wait for comes before.
 */
export type Conclusion = () => StateOutcome;

/** Runs the states of a machine to a terminal one and gives the last output; states that hold machines receive it as a value. */
export type RunStates = (machine: Machine, input: Json, branch: Branch, run: Run) => Promise<Json>;

interface InputFields {
  readonly InputPath?: string | null | undefined;
}
interface OutputFields {
  readonly OutputPath?: string | null | undefined;
}
interface ResultFields extends OutputFields {
  readonly ResultSelector?: Json | undefined;
  readonly ResultPath?: string | null | undefined;
}
interface Transition {
  readonly Next?: string | undefined;
}

/** The state's input after `InputPath`. */
export function effectiveInput(state: InputFields, scope: StateScope): Json {
  return selectByPath(state.InputPath, evaluationOf(scope, scope.rawInput));
}

/** The state's input after `InputPath` and `Parameters`. */
export function payloadOf(
  state: InputFields & { readonly Parameters?: Json | undefined },
  scope: StateScope,
  extra: JsonObject = {},
): Json {
  const input = effectiveInput(state, scope);
  return state.Parameters === undefined
    ? input
    : evaluateTemplate(state.Parameters, evaluationOf(scope, input, extra));
}

/** A result after `ResultSelector`, `ResultPath` and `OutputPath`, and where it goes. */
export function finish(state: ResultFields & Transition, scope: StateScope, result: Json): StateOutcome {
  const selected =
    state.ResultSelector === undefined
      ? result
      : evaluateTemplate(state.ResultSelector, evaluationOf(scope, result));
  const placed = placeResult(state.ResultPath, scope.rawInput, selected);
  return { output: selectOutput(state, scope, placed), next: state.Next };
}

export function selectOutput(state: OutputFields, scope: StateScope, value: Json): Json {
  return selectByPath(state.OutputPath, evaluationOf(scope, value));
}
