import { FACTS, type Fact } from './facts.ts';
import { untried, type Seen } from './probe.ts';

/** Milliseconds on their way: for each hop, every upload's. */
export interface Hops {
  readonly [hop: string]: readonly number[];
}

export interface Measured {
  readonly uploads: number;
  readonly events: number;
  readonly minutes: number;
}

/** Every fact with what was seen of it, in the order of the list. */
export function rowsOf(seen: readonly Seen[]): readonly (Seen & { readonly claim: string })[] {
  return FACTS.map((fact) => ({
    ...(seen.find((one) => one.fact === fact.id) ?? unseen(fact)),
    claim: fact.claim,
  }));
}

function unseen({ id, probe }: Fact): Seen {
  return untried(id, typeof probe === 'string' ? 'its probe did not run' : probe.notTried);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/**
 * What one upload of this workflow costs in us-east-1, from docs/cost.md, and what the parts that cost by the hour do. Bills come a
 * day later; this is what was used, at list prices.
 */
const DOLLARS = { upload: 0.000_1, hour: 0.02 } as const;

export function report(
  place: string,
  seen: readonly Seen[],
  hops: Hops,
  { uploads, events, minutes }: Measured,
): string {
  const rows = rowsOf(seen);
  const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
  const ms = (value: number) => (Number.isNaN(value) ? '-' : `${Math.round(value)} ms`);
  const cost = uploads * DOLLARS.upload + (minutes / 60) * DOLLARS.hour;
  return [
    `# Verified in ${place}`,
    '',
    `${count('confirmed')} confirmed, ${count('refuted')} refuted, ${count('not tried')} not tried`,
    '',
    '| fact | expected | seen | |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ fact, claim, seen: what, verdict }) =>
      [``, fact, claim, what.replaceAll('|', '\\|'), `**${verdict}**`, ``].join(' | ').trim(),
    ),
    '',
    '| hop | uploads | p50 | p99 |',
    '| --- | --- | --- | --- |',
    ...Object.entries(hops).map(
      ([hop, values]) =>
        `| ${hop} | ${values.length} | ${ms(percentile(values, 0.5))} | ${ms(percentile(values, 0.99))} |`,
    ),
    '',
    `Used: ${uploads} uploads, ${events} events, ${minutes.toFixed(1)} minutes; at list prices about ${cost.toFixed(2)} USD.`,
    '',
  ].join('\n');
}
