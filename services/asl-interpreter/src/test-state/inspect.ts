import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { DataProblem } from '../data/problems.ts';
import { placeResult, selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { State } from '../definition/schema.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from '../engine/run.ts';
import type { Json } from '../json.ts';

/** The data of a state on its way, by the names of TestState; a step that fails is the last. */
export type Inspection = Readonly<Record<string, Json>>;

/** @param result what the state's work gave, where it has work of its own */
export async function inspect(
  state: State,
  scope: StateScope,
  result: Json | undefined,
): Promise<Inspection> {
  const steps: Record<string, Json> = { input: scope.rawInput };
  try {
    if (scope.language === 'JSONata') await inspectJsonata(state, scope, result, steps);
    else inspectJsonPath(state, scope, result, steps);
  } catch (error) {
    if (!(error instanceof DataProblem)) throw error;
  }
  return steps;
}

async function inspectJsonata(
  state: State,
  scope: StateScope,
  result: Json | undefined,
  steps: Record<string, Json>,
): Promise<void> {
  if (state.Type === 'Task' || state.Type === 'Parallel')
    steps['afterArguments'] =
      state.Arguments === undefined
        ? scope.rawInput
        : await evaluateExpressions(state.Arguments, 'Arguments', expressionScopeOf(scope));
  if (result !== undefined) steps['result'] = result;
}

function inspectJsonPath(
  state: State,
  scope: StateScope,
  result: Json | undefined,
  steps: Record<string, Json>,
): void {
  // A Pass with a Result does not read its input.
  if (state.Type === 'Pass' && state.Result !== undefined) {
    steps['result'] = steps['afterResultSelector'] = state.Result;
    steps['afterResultPath'] = placeResult(state.ResultPath, scope.rawInput, state.Result);
    return;
  }
  const path = state.Type === 'Fail' ? undefined : state.InputPath;
  const input = selectByPath(path, evaluationOf(scope, scope.rawInput));
  steps['afterInputPath'] = input;
  if (state.Type !== 'Pass' && state.Type !== 'Task' && state.Type !== 'Map' && state.Type !== 'Parallel')
    return;
  const parameters = state.Type === 'Map' ? undefined : state.Parameters;
  const payload = parameters === undefined ? input : evaluateTemplate(parameters, evaluationOf(scope, input));
  if (state.Type !== 'Map') steps['afterParameters'] = payload;
  const given = state.Type === 'Pass' ? payload : result;
  if (given === undefined) return;
  if (state.Type !== 'Pass') steps['result'] = given;
  const selector = state.Type === 'Pass' ? undefined : state.ResultSelector;
  const selected = selector === undefined ? given : evaluateTemplate(selector, evaluationOf(scope, given));
  steps['afterResultSelector'] = selected;
  steps['afterResultPath'] = placeResult(state.ResultPath, scope.rawInput, selected);
}
