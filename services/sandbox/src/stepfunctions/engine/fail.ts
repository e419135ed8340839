import { DataProblem } from '../data/problems.ts';
import { evaluateExpression } from '../data/template.ts';
import type { FailState } from '../definition/schema.ts';
import { StateFailure } from './failures.ts';
import { evaluationOf, type StateScope } from './run.ts';

/** The failure that a Fail state is, or the {@link DataProblem} of reading its ErrorPath or CausePath. */
export function runFail(state: FailState, scope: StateScope): StateFailure | DataProblem {
  try {
    return new StateFailure(
      state.Error ?? textAt('ErrorPath', state.ErrorPath, scope),
      state.Cause ?? textAt('CausePath', state.CausePath, scope),
    );
  } catch (error) {
    if (error instanceof DataProblem) return error;
    throw error;
  }
}

function textAt(field: string, expression: string | undefined, scope: StateScope): string | undefined {
  if (expression === undefined) return undefined;
  const value = evaluateExpression(field, expression, evaluationOf(scope, scope.rawInput));
  if (typeof value !== 'string')
    throw new DataProblem(
      `The JSONPath '${expression}' specified for the field '${field}' must give a string`,
    );
  return value;
}
