import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { wrongType } from '../data/jsonata/wrong-type.ts';
import { DataProblem } from '../data/problems.ts';
import { selectByPath } from '../data/state-data.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { MapState } from '../definition/schema.ts';
import { isJsonArray, isJsonObject, textOfJson, type Json, type JsonObject } from '../json.ts';
import type { MapItem } from './branch.ts';
import { wholeNumberIn } from './numbers.ts';
import { effectiveInput } from './outcome.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from './run.ts';

/** What the Map works on: a list from the state's input. Objects give their members, where `objects` are allowed. */
export function itemsOf(
  state: MapState,
  scope: StateScope,
  objects: boolean,
): readonly MapItem[] | Promise<readonly MapItem[]> {
  if (scope.language === 'JSONata') return itemsByExpression(state, scope, objects);
  const items = selectByPath(state.ItemsPath, evaluationOf(scope, effectiveInput(state, scope)));
  const listed = listItems(items, objects);
  if (listed !== undefined) return listed;
  throw new DataProblem(
    `Reference path "${state.ItemsPath ?? '$'}" must point to array. Found: ${textOfJson(items)}`,
  );
}

async function itemsByExpression(
  state: MapState,
  scope: StateScope,
  objects: boolean,
): Promise<readonly MapItem[]> {
  const items =
    state.Items === undefined
      ? scope.rawInput
      : await evaluateExpressions(state.Items, 'Items', expressionScopeOf(scope));
  const listed = listItems(items, objects);
  if (listed !== undefined) return listed;
  if (typeof state.Items === 'string') throw wrongType('Items', state.Items, 'array', items);
  throw new DataProblem(
    `Map state input must be an array but was: ${textOfJson(items)}`,
    'States.QueryEvaluationError',
    'Items',
  );
}

/** Undefined if the value is nothing that has items. */
export function listItems(items: Json, objects: boolean): readonly MapItem[] | undefined {
  if (isJsonArray(items)) return items.map((value, index) => ({ index, value }));
  if (!objects || !isJsonObject(items)) return undefined;
  return Object.entries(items).map(([key, value], index) => ({ index, key, value }));
}

/** What MaxConcurrency says; 0 for no limit. */
export function concurrencyOf(state: MapState, scope: StateScope): number | Promise<number> {
  if (scope.language === 'JSONata')
    return wholeNumberIn('MaxConcurrency', state.MaxConcurrency, scope).then((value) => value ?? 0);
  if (typeof state.MaxConcurrency === 'number') return state.MaxConcurrency;
  return wholeNumberAt('MaxConcurrencyPath', state.MaxConcurrencyPath, state, scope) ?? 0;
}

/** The number that a path of a Map names. @throws DataProblem when it is no whole number of 0 or more */
export function wholeNumberAt(
  field: string,
  path: string | undefined,
  state: MapState,
  scope: StateScope,
): number | undefined {
  if (path === undefined) return undefined;
  const value = selectByPath(path, evaluationOf(scope, effectiveInput(state, scope)));
  // A text of digits is taken for the number (recorded from AWS).
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  throw new DataProblem(
    `The ${field} field refers to value "${typeof value === 'string' ? value : textOfJson(value)}" which is not a valid integer: ${path}`,
  );
}

/** The input of one iteration: the item, or what ItemSelector makes of it. */
export function inputOfItem(state: MapState, scope: StateScope, item: MapItem): Json | Promise<Json> {
  const selector = state.ItemSelector ?? state.Parameters;
  if (selector === undefined) return item.value;
  const extra: JsonObject = { Map: { Item: itemContext(item) } };
  return scope.language === 'JSONata'
    ? evaluateExpressions(selector, 'ItemSelector', expressionScopeOf(scope, {}, extra))
    : evaluateTemplate(selector, evaluationOf(scope, effectiveInput(state, scope), extra));
}

/** `Map.Item` of the context object. Source: AWS, "Context object data for Map states". */
export function itemContext({ index, value, key, source }: MapItem): JsonObject {
  return {
    Index: index,
    Value: value,
    ...(key === undefined ? {} : { Key: key }),
    Source: source ?? 'STATE_DATA',
  };
}
