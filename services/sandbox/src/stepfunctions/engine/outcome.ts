import { placeResult, selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { Json, JsonObject } from '../json.ts';
import { evaluationOf, type StateScope } from './run.ts';

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
export function finish(state: ResultFields & Transition, scope: StateScope, result: Json) {
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
