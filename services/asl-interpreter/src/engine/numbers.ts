import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { wrongType } from '../data/jsonata/wrong-type.ts';
import { expressionScopeOf, type StateScope } from './run.ts';

/**
 * The number in a field such as `TimeoutSeconds`, which in JSONata may be an expression; undefined where there is none.
 * @param atLeast the least that the field may be
 * @throws DataProblem
 */
export async function wholeNumberIn(
  field: string,
  value: number | string | undefined,
  scope: StateScope,
  atLeast = 0,
): Promise<number | undefined> {
  if (typeof value !== 'string') return value;
  const number = await evaluateExpressions(value, field, expressionScopeOf(scope));
  if (typeof number === 'number' && Number.isInteger(number) && number >= atLeast) return number;
  throw wrongType(field, value, atLeast === 0 ? 'non-negative integer' : 'positive integer', number);
}
