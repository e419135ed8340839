import type { HistogramReading, Labels, MetricReading } from '../metrics.ts';

/** By how much a counter grew. */
export interface CounterGrowth {
  readonly kind: 'counter';
  readonly name: string;
  readonly labels: Labels;
  readonly amount: number;
}

/** What a histogram observed, by the bounds of its buckets; empty ones are left out. */
export interface HistogramGrowth {
  readonly kind: 'histogram';
  readonly name: string;
  readonly labels: Labels;
  readonly sum: number;
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

export type MetricGrowth = CounterGrowth | HistogramGrowth;

export const seriesOf = ({ name, labels }: { readonly name: string; readonly labels: Labels }): string =>
  `${name} ${Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(' ')}`;

/** What grew from one reading to the next. What is new counts from zero; what stands still is left out. */
export function growthOf(
  before: readonly MetricReading[],
  now: readonly MetricReading[],
): readonly MetricGrowth[] {
  const earlier = new Map(before.map((reading) => [seriesOf(reading), reading]));
  return now.flatMap((reading): readonly MetricGrowth[] => {
    const last = earlier.get(seriesOf(reading));
    const { name, labels } = reading;
    if (reading.kind === 'histogram') return observed(reading, last?.kind === 'histogram' ? last : undefined);
    const amount = reading.value - (last?.kind === 'counter' ? last.value : 0);
    return amount > 0 ? [{ kind: 'counter', name, labels, amount }] : [];
  });
}

function observed(
  { name, labels, sum, buckets }: HistogramReading,
  last: HistogramReading | undefined,
): readonly HistogramGrowth[] {
  // What is above the highest bound counts as that bound: no alarm has a threshold there.
  const highest = buckets.at(-2)?.upTo ?? 0;
  const grown = new Map<number, number>();
  for (const [index, { upTo, count }] of buckets.entries()) {
    const more = count - (last?.buckets[index]?.count ?? 0);
    const bound = Math.min(upTo, highest);
    if (more > 0) grown.set(bound, (grown.get(bound) ?? 0) + more);
  }
  if (grown.size === 0) return [];
  return [
    {
      kind: 'histogram',
      name,
      labels,
      sum: sum - (last?.sum ?? 0),
      values: [...grown.keys()],
      counts: [...grown.values()],
    },
  ];
}
