import type { Metrics } from '@stepcast/kit';

/** What becomes of a record. Every record put in ends in exactly one; parked is what came in and did not go out. */
export type RecordOutcome = 'released' | 'duplicate' | 'quarantined' | 'dead_lettered' | 'ignored';

/** The correlator's counters. `records_in_total` equals the sum of `records_total` plus `parked in − parked out`. */
export interface Outcomes {
  recordsIn(source: 'events' | 'history', count: number): void;
  record(outcome: RecordOutcome, count: number): void;
  parked(direction: 'in' | 'out', count: number): void;
  eventsTold(count: number): void;
  repaired(count: number): void;
  gapsDeclared(count: number): void;
  /** Something that only the periodic sweep found. */
  backstop(what: 'gap' | 'quiet' | 'owner' | 'handover'): void;
  uploads(outcome: 'taken' | 'ignored' | 'dead_lettered' | 'started' | 'quarantined'): void;
  statuses(outcome: 'taken' | 'ignored' | 'dead_lettered'): void;
  messages(queue: string, outcome: 'done' | 'retried' | 'dead_lettered'): void;
  collisions(): void;
}

/**
 * Counts that are held back until the work they belong to is done: work that fails comes again, and a record must not
 * be counted twice.
 */
export interface Tally {
  readonly outcomes: Pick<
    Outcomes,
    'recordsIn' | 'record' | 'parked' | 'repaired' | 'gapsDeclared' | 'backstop'
  >;
  commit(): void;
}

export function createTally(outcomes: Outcomes): Tally {
  const held: (() => void)[] = [];
  return {
    outcomes: {
      recordsIn: (source, count) => held.push(() => outcomes.recordsIn(source, count)),
      record: (outcome, count) => held.push(() => outcomes.record(outcome, count)),
      parked: (direction, count) => held.push(() => outcomes.parked(direction, count)),
      repaired: (count) => held.push(() => outcomes.repaired(count)),
      gapsDeclared: (count) => held.push(() => outcomes.gapsDeclared(count)),
      backstop: (what) => held.push(() => outcomes.backstop(what)),
    },
    commit() {
      for (const one of held.splice(0)) one();
    },
  };
}

export function createOutcomes(metrics: Metrics): Outcomes {
  const recordsIn = metrics.counter('records_in_total', 'Records put in', ['source']);
  const records = metrics.counter('records_total', 'Records by what became of them', ['outcome']);
  const parked = metrics.counter('records_parked_total', 'Records into and out of parking', ['direction']);
  const told = metrics.counter('events_told_total', 'Progress events written to the journal');
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
  const collisions = metrics.counter(
    'journal_collisions_total',
    'Journal entries that found their place taken',
  );
  const count = (amount: number, add: () => void) => {
    if (amount > 0) add();
  };
  return {
    recordsIn: (source, amount) => count(amount, () => recordsIn.add({ source }, amount)),
    record: (outcome, amount) => count(amount, () => records.add({ outcome }, amount)),
    parked: (direction, amount) => count(amount, () => parked.add({ direction }, amount)),
    eventsTold: (amount) => count(amount, () => told.add({}, amount)),
    repaired: (amount) => count(amount, () => repaired.add({}, amount)),
    gapsDeclared: (amount) => count(amount, () => gaps.add({}, amount)),
    backstop: (what) => backstop.add({ what }),
    uploads: (outcome) => uploads.add({ outcome }),
    statuses: (outcome) => statuses.add({ outcome }),
    messages: (queue, outcome) => messages.add({ queue, outcome }),
    collisions: () => collisions.add(),
  };
}
