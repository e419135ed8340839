import { isJsonArray, textOfJson, type Json } from '../../json.ts';
import { DataProblem } from '../problems.ts';
import { expressionIn } from './evaluate.ts';

/** The problem of a field whose value is of another type than it must be, worded as recorded from AWS. */
export function wrongType(field: string, expression: string, expected: string, value: Json): DataProblem {
  const source = (expressionIn(expression) ?? expression).trim();
  return new DataProblem(
    `The JSONata expression '${source}' specified for the field '${field}' returned an unexpected result type. ` +
      `Expected '${expected}', but was '${typeOf(value)}' for value: ${textOfJson(value)}`,
    'States.QueryEvaluationError',
    field,
  );
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return isJsonArray(value) ? 'array' : typeof value;
}
