import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { placeResult, selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { Assignments, Machine } from '../definition/schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Branch } from './branch.ts';
import { evaluationOf, expressionScopeOf, type Run, type StateScope } from './run.ts';

/** What a state hands on. */
export interface StateOutcome {
  readonly output: Json;
  /** Undefined: the branch ends here. */
  readonly next: string | undefined;
  /** Variables that the state sets. */
  readonly assigned?: JsonObject | undefined;
}

/**
 * The last part of a state. In JSONPath it is done in the turn in which it exits, so that no other branch comes between (a
 * Map's MapStateSucceeded and MapStateExited, say); expressions of JSONata have to be waited for.
 */
export type Conclusion = () => StateOutcome | Promise<StateOutcome>;

/** Runs the states of a machine to a terminal one and gives the last output; states that hold machines receive it as a value. */
export type RunStates = (machine: Machine, input: Json, branch: Branch, run: Run) => Promise<Json>;

interface InputFields {
  readonly InputPath?: string | null | undefined;
}
interface OutputFields {
  readonly OutputPath?: string | null | undefined;
  readonly Output?: Json | undefined;
  readonly Assign?: Assignments | undefined;
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

/** What a Task or Parallel works on: `Parameters` of JSONPath, `Arguments` of JSONata. */
export function argumentsOf(
  state: InputFields & { readonly Parameters?: Json | undefined; readonly Arguments?: Json | undefined },
  scope: StateScope,
): Json | Promise<Json> {
  if (scope.language === 'JSONPath') return payloadOf(state, scope);
  return state.Arguments === undefined
    ? scope.rawInput
    : evaluateExpressions(state.Arguments, 'Arguments', expressionScopeOf(scope));
}

/** A result after `ResultSelector`, `ResultPath` and `OutputPath`, or after `Output`, and where it goes. */
export function finish(
  state: ResultFields & Transition,
  scope: StateScope,
  result: Json,
): StateOutcome | Promise<StateOutcome> {
  if (scope.language === 'JSONata') return concludeJsonata(state, scope, state.Next, result, { result });
  const selected =
    state.ResultSelector === undefined
      ? result
      : evaluateTemplate(state.ResultSelector, evaluationOf(scope, result));
  const assigned = assignedByPath(state.Assign, scope, result);
  const placed = placeResult(state.ResultPath, scope.rawInput, selected);
  return { output: selectOutput(state, scope, placed), next: state.Next, assigned };
}

/** The end of a state that has no result of its own: its input, or `Output`. */
export function passOn(
  state: OutputFields & InputFields,
  scope: StateScope,
  next: string | undefined,
): StateOutcome | Promise<StateOutcome> {
  if (scope.language === 'JSONata') return concludeJsonata(state, scope, next, scope.rawInput);
  const input = effectiveInput(state, scope);
  const assigned = assignedByPath(state.Assign, scope, input);
  return { output: selectOutput(state, scope, input), next, assigned };
}

/**
 * `Output` and `Assign` of a state, a rule or a catcher in JSONata.
 * @param otherwise the output where there is no `Output`
 */
export async function concludeJsonata(
  fields: { readonly Output?: Json | undefined; readonly Assign?: Assignments | undefined },
  scope: StateScope,
  next: string | undefined,
  otherwise: Json,
  states: JsonObject = {},
): Promise<StateOutcome> {
  const expressions = expressionScopeOf(scope, states);
  const assigned =
    fields.Assign === undefined ? undefined : await evaluateExpressions(fields.Assign, 'Assign', expressions);
  const output =
    fields.Output === undefined ? otherwise : await evaluateExpressions(fields.Output, 'Output', expressions);
  return { output, next, assigned: isJsonObject(assigned) ? assigned : undefined };
}

/** @param input `$`: the result of the state, or its input where it has none */
export function assignedByPath(
  assign: Assignments | undefined,
  scope: StateScope,
  input: Json,
): JsonObject | undefined {
  if (assign === undefined) return undefined;
  const values = evaluateTemplate(assign, evaluationOf(scope, input));
  return isJsonObject(values) ? values : undefined;
}

export function selectOutput(state: OutputFields, scope: StateScope, value: Json): Json {
  return selectByPath(state.OutputPath, evaluationOf(scope, value));
}
