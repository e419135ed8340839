/** Counters of a sandbox, as a scraper of `/metrics` sees them. */
export interface Counters {
  /** Sum over the labels that agree. @param name without the prefix `stepcast_` */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

async function readCounters(url: string): Promise<Counters> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return {
    sum: (name, labels = {}) =>
      lines
        .filter((line) => line.startsWith(`stepcast_${name}{`) || line.startsWith(`stepcast_${name} `))
        .filter((line) =>
          Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
        )
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0),
  };
}

/** What was parked and not taken out again. */
export function parkedRecords(counters: Counters): number {
  const direction = (name: string) => counters.sum('correlator_records_parked_total', { direction: name });
  return direction('in') - direction('out');
}

/**
 * All that was forwarded has come in (once at least, as queues promise), each record that came in has exactly one outcome
 * or is parked, and all that is emitted is published.
 */
function isSettled(counters: Counters): boolean {
  const forwarded = counters.sum('forwarder_records_total', { outcome: 'forwarded' });
  return (
    counters.sum('correlator_records_in_total', { source: 'events' }) >= forwarded &&
    counters.sum('correlator_records_in_total') ===
      counters.sum('correlator_records_total') + parkedRecords(counters) &&
    counters.sum('publisher_events_published_total') >= counters.sum('correlator_events_emitted_total')
  );
}

function describeCounters(counters: Counters): string {
  const names = [
    'forwarder_records_total',
    'correlator_records_in_total',
    'correlator_records_total',
    'correlator_events_emitted_total',
    'publisher_events_published_total',
  ];
  return JSON.stringify(
    Object.fromEntries([
      ...names.map((name) => [name, counters.sum(name)]),
      ['parked', parkedRecords(counters)],
    ]),
  );
}

/** Reads the counters until all is settled, again and again without a pause. Rejects with what they were. */
export async function settledCounters(url: string, timeoutMs = 20_000): Promise<Counters> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const counters = await readCounters(url);
    if (isSettled(counters)) return counters;
    if (Date.now() > until) throw new Error(`the counters did not settle: ${describeCounters(counters)}`);
  }
}
