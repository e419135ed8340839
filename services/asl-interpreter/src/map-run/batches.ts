import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { MapState } from '../definition/schema.ts';
import type { MapItem } from '../engine/branch.ts';
import { inputOfItem, wholeNumberAt } from '../engine/map-items.ts';
import { wholeNumberIn } from '../engine/numbers.ts';
import { effectiveInput } from '../engine/outcome.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from '../engine/run.ts';
import { byteLength, MAX_DATA_BYTES, textOfJson, type Json } from '../json.ts';

/** The input of one child execution, and how many items are in it. */
export interface Batch {
  readonly input: Json;
  readonly items: number;
}

/** The inputs of the children: one item each, or as many as the ItemBatcher allows. */
export async function batchesOf(
  state: MapState,
  items: readonly MapItem[],
  scope: StateScope,
): Promise<readonly Batch[]> {
  const inputs: Json[] = [];
  for (const item of items) inputs.push(await inputOfItem(state, scope, item));
  const { ItemBatcher: batcher } = state;
  if (batcher === undefined) return inputs.map((input) => ({ input, items: 1 }));
  const most =
    (await wholeNumberIn('ItemBatcher/MaxItemsPerBatch', batcher.MaxItemsPerBatch, scope)) ??
    wholeNumberAt('MaxItemsPerBatchPath', batcher.MaxItemsPerBatchPath, state, scope) ??
    Infinity;
  const mostBytes =
    (await wholeNumberIn('ItemBatcher/MaxInputBytesPerBatch', batcher.MaxInputBytesPerBatch, scope)) ??
    wholeNumberAt('MaxInputBytesPerBatchPath', batcher.MaxInputBytesPerBatchPath, state, scope) ??
    MAX_DATA_BYTES;
  const shared = await batchInputOf(batcher.BatchInput, state, scope);
  return cut(inputs, most, mostBytes, shared).map((group) => ({
    input: { ...(shared === undefined ? {} : { BatchInput: shared }), Items: group },
    items: group.length,
  }));
}

async function batchInputOf(
  template: Json | undefined,
  state: MapState,
  scope: StateScope,
): Promise<Json | undefined> {
  if (template === undefined) return undefined;
  return scope.language === 'JSONata'
    ? evaluateExpressions(template, 'ItemBatcher/BatchInput', expressionScopeOf(scope))
    : evaluateTemplate(template, evaluationOf(scope, effectiveInput(state, scope)));
}

/** Groups in order; one item that is too large alone is a group of its own. */
function cut(inputs: readonly Json[], most: number, mostBytes: number, shared: Json | undefined): Json[][] {
  const frame = byteLength(textOfJson({ BatchInput: shared ?? null, Items: [] }));
  const groups: Json[][] = [];
  let bytes = 0;
  for (const input of inputs) {
    const size = byteLength(textOfJson(input)) + 1;
    const last = groups.at(-1);
    if (last === undefined || last.length >= most || bytes + size > mostBytes) {
      groups.push([input]);
      bytes = frame + size;
    } else {
      last.push(input);
      bytes += size;
    }
  }
  return groups;
}
