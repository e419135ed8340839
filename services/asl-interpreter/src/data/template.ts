import { isJsonArray, isJsonObject, textOfJson, type Json } from '../json.ts';
import { evaluateIntrinsic, type Evaluation } from './intrinsics.ts';
import { looksLikeIntrinsic } from './intrinsic-parser.ts';
import { lookup } from './path/json-path.ts';
import { DataProblem } from './problems.ts';

/** The value of a path or an intrinsic function, as the `field` of a definition names it. Throws {@link DataProblem}. */
export function evaluateExpression(field: string, expression: string, evaluation: Evaluation): Json {
  if (looksLikeIntrinsic(expression)) return evaluateIntrinsic(expression, evaluation);
  const found = lookup(expression, evaluation);
  if (!found.found)
    throw new DataProblem(
      `The JSONPath '${expression}' specified for the field '${field}' could not be found in the input '${textOfJson(evaluation.input)}'`,
    );
  return found.value;
}

/** Fills a payload template (`Parameters`, `ItemSelector`, `ResultSelector`): members whose name ends in `.$` are evaluated. */
export function evaluateTemplate(template: Json, evaluation: Evaluation): Json {
  if (isJsonArray(template)) return template.map((one) => evaluateTemplate(one, evaluation));
  if (!isJsonObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => {
      if (!key.endsWith('.$')) return [key, evaluateTemplate(value, evaluation)];
      if (typeof value !== 'string')
        throw new DataProblem(`The value for the field '${key}' must be a JSONPath or an intrinsic function`);
      return [key.slice(0, -2), evaluateExpression(key, value, evaluation)];
    }),
  );
}
