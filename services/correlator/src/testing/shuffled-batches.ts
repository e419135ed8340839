import type { ExecutionRecord } from '@stepcast/wire';

/**
 * The same records in another order, some of them more than once, cut into batches that are small or large: overtaking
 * their next neighbours only, those further away, or any.
 */
export function shuffledBatches(
  records: readonly ExecutionRecord[],
  random: () => number,
  duplicates: number,
): ExecutionRecord[][] {
  const below = (limit: number) => Math.floor(random() * limit);
  const reach = [4, 40, 1e9][below(3)] ?? 4;
  const all = records
    .flatMap((record) => (random() < duplicates ? [record, structuredClone(record)] : [record]))
    .map((record, index) => ({ record, place: index + reach * random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ record }) => record);
  const batches: ExecutionRecord[][] = [];
  const mostInBatch = 1 + below(12);
  while (all.length > 0) batches.push(all.splice(0, 1 + below(mostInBatch)));
  return batches;
}
