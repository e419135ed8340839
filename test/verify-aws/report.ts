import { FACTS, type Fact } from './facts.ts';
import { type Lags, type LagsByName } from './hops.ts';
import { untried, type Seen } from './probe.ts';

export interface Measured {
  /** In the order of the way. */
  readonly hops: LagsByName;
  /** From an event's own time to the page, by kind of event. */
  readonly kinds: LagsByName;
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
  { hops, kinds, uploads, events, minutes }: Measured,
): string {
  const rows = rowsOf(seen);
  const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
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
    ...lagTable('hop', hops),
    '',
    'What services measure comes as the bound of its bucket: it took at most (≤) that.',
    '',
    ...lagTable('kind of event, from its own time to the page', kinds),
    '',
    `Used: ${uploads} uploads, ${events} events, ${minutes.toFixed(1)} minutes; at list prices about ${cost.toFixed(2)} USD.`,
    '',
  ].join('\n');
}

function lagTable(what: string, lags: LagsByName): readonly string[] {
  return [
    `| ${what} | measured | p50 | p99 |`,
    '| --- | --- | --- | --- |',
    ...Object.entries(lags).map(
      ([name, one]) => `| ${name} | ${one.values.length} | ${ms(one, 0.5)} | ${ms(one, 0.99)} |`,
    ),
  ];
}

function ms({ values, areBounds = false }: Lags, share: number): string {
  const value = percentile(values, share);
  return Number.isNaN(value) ? '-' : `${areBounds ? '≤ ' : ''}${Math.round(value)} ms`;
}
