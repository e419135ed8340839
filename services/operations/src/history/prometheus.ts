/** A counter as a whole, and a histogram by the upper bounds of its buckets. */
export interface MetricsReading {
  /** Sum over all labels, by name. */
  readonly totals: ReadonlyMap<string, number>;
  /** Cumulative counts of a histogram without labels, by name; upper bounds ascend and end in infinity. */
  readonly buckets: ReadonlyMap<string, readonly (readonly [number, number])[]>;
}

const BUCKET = '_bucket{le="';

/** Reads Prometheus' exposition format as far as our own services write it. Lines that are none are left out. */
export function readMetrics(text: string): MetricsReading {
  const totals = new Map<string, number>();
  const buckets = new Map<string, [number, number][]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    const value = Number(line.slice(space + 1));
    if (space <= 0 || !Number.isFinite(value)) continue;
    const series = line.slice(0, space);
    const at = series.indexOf(BUCKET);
    if (at > 0) {
      const bound = series.slice(at + BUCKET.length, series.indexOf('"', at + BUCKET.length));
      const name = series.slice(0, at);
      const upTo = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      buckets.set(name, [...(buckets.get(name) ?? []), [upTo, value]]);
      continue;
    }
    const brace = series.indexOf('{');
    const name = brace < 0 ? series : series.slice(0, brace);
    totals.set(name, (totals.get(name) ?? 0) + value);
  }
  for (const list of buckets.values()) list.sort(([one], [other]) => one - other);
  return { totals, buckets };
}

/**
 * The value under which a share of what was observed between two readings lies, as its bucket bounds it.
 * @param share from 0 to 1
 * @returns null when nothing was observed in between; the last finite bound for what is above all of them
 */
export function quantileBetween(
  before: readonly (readonly [number, number])[] | undefined,
  after: readonly (readonly [number, number])[] | undefined,
  share: number,
): number | null {
  if (after === undefined) return null;
  const known = new Map(before);
  const counts = after.map(([upTo, count]) => [upTo, count - (known.get(upTo) ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  let [last, below] = [0, 0];
  for (const [upTo, count] of counts) {
    if (count >= share * all) {
      if (!Number.isFinite(upTo)) return last;
      // Within the bucket, as if its observations were spread evenly.
      const inside = count - below;
      return inside <= 0 ? upTo : last + ((upTo - last) * (share * all - below)) / inside;
    }
    [last, below] = [Number.isFinite(upTo) ? upTo : last, count];
  }
  return last;
}
