import { LAG_BUCKETS, type Metrics } from '@stepcast/kit';
import type { ReportBecame } from '../domain/reports.ts';

/** What becomes of a record. Every record put in ends in exactly one; parked is what came in and did not go out. */
export type RecordOutcome = 'released' | 'duplicate' | 'quarantined' | 'dead_lettered' | 'ignored';

/**
 * What becomes of a report of a task. `superseded`: a newer one of its step came before its turn. `crowded`: too many waited.
 * Every report put in ends in exactly one, unless it waits or is redelivered.
 */
export type ReportOutcome = ReportBecame | 'superseded' | 'crowded';

/** What a pass counts. It takes effect only when the pass has succeeded, so that a redelivery is not counted twice. */
export interface PassCounts {
  readonly recordsIn?: Readonly<Partial<Record<'events' | 'history', number>>>;
  readonly records?: Readonly<Partial<Record<RecordOutcome, number>>>;
  readonly parked?: Readonly<Partial<Record<'in' | 'out', number>>>;
  readonly repaired?: number;
  readonly gapsDeclared?: number;
  /** Only the periodic sweep found it. */
  readonly backstop?: 'gap' | 'quiet' | 'owner';
}

/** The correlator's counters. `records_in_total` equals the sum of `records_total` plus `parked in − parked out`. */
export interface CorrelatorMetrics {
  count(counts: PassCounts): void;
  eventsEmitted(count: number): void;
  uploads(outcome: 'taken' | 'ignored' | 'dead_lettered' | 'started' | 'quarantined'): void;
  statuses(outcome: 'taken' | 'ignored' | 'dead_lettered'): void;
  messages(queue: string, outcome: 'done' | 'retried' | 'dead_lettered'): void;
  reportsIn(count: number): void;
  reports(outcome: ReportOutcome): void;
  collisions(): void;
  /** An entry or a snapshot left for the publisher: for the first time, again after a head was read, or a state alone. */
  handovers(what: 'entry' | 'again' | 'snapshot'): void;
  /** From the oldest record of a batch until the correlator took it. */
  arrived(lagMs: number): void;
  /** From the oldest event of an entry until it was handed over. */
  handedOver(lagMs: number): void;
}

export function createCorrelatorMetrics(metrics: Metrics): CorrelatorMetrics {
  const recordsIn = metrics.counter('records_in_total', 'Records put in', ['source']);
  const records = metrics.counter('records_total', 'Records by what became of them', ['outcome']);
  const parked = metrics.counter('records_parked_total', 'Records into and out of parking', ['direction']);
  const emitted = metrics.counter('events_emitted_total', 'Progress events written to the journal');
  const repaired = metrics.counter(
    'records_repaired_total',
    'Records that execution history had and logs had not',
  );
  const gaps = metrics.counter('gaps_declared_total', 'Gaps that could not be repaired');
  const backstop = metrics.counter('backstop_total', 'Found by the periodic sweep only', ['what']);
  const uploads = metrics.counter('uploads_total', 'Upload events by what became of them', ['outcome']);
  const statuses = metrics.counter('statuses_total', 'Status events by what became of them', ['outcome']);
  const messages = metrics.counter('messages_total', 'Queue messages by what became of them', [
    'queue',
    'outcome',
  ]);
  const reportsIn = metrics.counter('reports_in_total', 'Reports of tasks put in');
  const reports = metrics.counter('reports_total', 'Reports of tasks by what became of them', ['outcome']);
  const collisions = metrics.counter(
    'journal_collisions_total',
    'Journal entries that found their place taken',
  );
  const handovers = metrics.counter('handovers_total', 'Handovers to the publisher', ['what']);
  const arrivalLag = metrics.histogram(
    'arrival_lag_seconds',
    'From the oldest record of a batch until the correlator took it',
    LAG_BUCKETS,
  );
  const handoverLag = metrics.histogram(
    'handover_lag_seconds',
    'From the oldest event of an entry until it was handed over',
    LAG_BUCKETS,
  );
  const recordsInOf = {
    events: recordsIn.bound({ source: 'events' }),
    history: recordsIn.bound({ source: 'history' }),
  };
  const recordsOf = {
    released: records.bound({ outcome: 'released' }),
    duplicate: records.bound({ outcome: 'duplicate' }),
    quarantined: records.bound({ outcome: 'quarantined' }),
    dead_lettered: records.bound({ outcome: 'dead_lettered' }),
    ignored: records.bound({ outcome: 'ignored' }),
  };
  const parkedOf = { in: parked.bound({ direction: 'in' }), out: parked.bound({ direction: 'out' }) };
  const handoversOf = {
    entry: handovers.bound({ what: 'entry' }),
    again: handovers.bound({ what: 'again' }),
    snapshot: handovers.bound({ what: 'snapshot' }),
  };
  const eventsDone = messages.bound({ queue: 'events', outcome: 'done' });
  const [eventsEmitted, countRepaired, countGaps] = [emitted.bound(), repaired.bound(), gaps.bound()];
  return {
    count(counts) {
      addAll(recordsInOf, counts.recordsIn);
      addAll(recordsOf, counts.records);
      addAll(parkedOf, counts.parked);
      countRepaired(counts.repaired ?? 0);
      countGaps(counts.gapsDeclared ?? 0);
      if (counts.backstop !== undefined) backstop.add({ what: counts.backstop });
    },
    eventsEmitted,
    uploads: (outcome) => uploads.add({ outcome }),
    statuses: (outcome) => statuses.add({ outcome }),
    messages: (queue, outcome) => {
      if (queue === 'events' && outcome === 'done') eventsDone();
      else messages.add({ queue, outcome });
    },
    reportsIn: reportsIn.bound(),
    reports: (outcome) => reports.add({ outcome }),
    collisions: () => collisions.add(),
    handovers: (what) => {
      handoversOf[what]();
    },
    arrived: (lagMs) => {
      arrivalLag.observe(Math.max(0, lagMs) / 1_000);
    },
    handedOver: (lagMs) => {
      handoverLag.observe(Math.max(0, lagMs) / 1_000);
    },
  };
}

function addAll<Label extends string>(
  counters: Readonly<Record<Label, (amount: number) => void>>,
  amounts: Readonly<Partial<Record<Label, number>>> | undefined,
): void {
  for (const label in amounts) counters[label](amounts[label] ?? 0);
}
