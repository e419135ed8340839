import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { wrongType } from '../data/jsonata/wrong-type.ts';
import { DataProblem } from '../data/problems.ts';
import { evaluateExpression } from '../data/template.ts';
import type { FailState } from '../definition/schema.ts';
import { StateFailure } from './failures.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from './run.ts';

/** Rejects with the failure that a Fail state is, or with the {@link DataProblem} of reading its error or cause. */
export function runFail(state: FailState, scope: StateScope): Promise<never> {
  return scope.language === 'JSONata'
    ? failByExpressions(state, scope)
    : Promise.reject(failureByPaths(state, scope));
}

async function failByExpressions(state: FailState, scope: StateScope): Promise<never> {
  throw new StateFailure(
    await textOf('Error', state.Error, scope),
    await textOf('Cause', state.Cause, scope),
  );
}

function failureByPaths(state: FailState, scope: StateScope): StateFailure | DataProblem {
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

async function textOf(
  field: string,
  template: string | undefined,
  scope: StateScope,
): Promise<string | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluateExpressions(template, field, expressionScopeOf(scope));
  if (typeof value === 'string') return value;
  throw wrongType(field, template, 'string', value);
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
