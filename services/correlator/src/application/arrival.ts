import type { ExecutionRecord } from '@stepcast/wire';
import type { StatusFact } from '../domain/fold-status.ts';
import type { Advanced } from '../domain/stream.ts';
import type { Tally } from './outcomes.ts';

/** What has come for an execution. */
export interface Arrival {
  readonly records?: readonly ExecutionRecord[];
  readonly statuses?: readonly StatusFact[];
  /** An input as JSON text, from wherever; undefined when none came. */
  readonly input?: string | undefined;
  /** Records that execution history had. */
  readonly history?: readonly ExecutionRecord[];
  /** Why no repair is possible. Then holes are passed over, and a status is believed without its records. */
  readonly giveUp?: string;
  /** Nobody but the periodic sweep found it. */
  readonly backstop?: boolean;
  /** Read everything again first: another correlator may have kept or told something. */
  readonly reload?: boolean;
}

/** An arrival, looked through. */
export interface Fresh {
  readonly records: readonly ExecutionRecord[];
  /** Those of the records that history had. */
  readonly history: ReadonlySet<ExecutionRecord>;
  readonly statuses: readonly StatusFact[];
  readonly input: string | undefined;
  readonly inputMissing: boolean;
  /** Where what happens to the records is counted. */
  readonly tally: Tally;
}

export function freshOf(arrival: Arrival, tally: Tally): Fresh {
  const records = [...(arrival.records ?? []), ...(arrival.history ?? [])];
  const first = records.find((record) => record.type === 'ExecutionStarted');
  return {
    records,
    history: new Set(arrival.history),
    statuses: arrival.statuses ?? [],
    input: arrival.input ?? first?.details.input,
    inputMissing: first?.details.inputMissing !== undefined,
    tally,
  };
}

/** What writing to the stream came to. */
export interface Told {
  /** Those that were kept before first, then the fresh ones. */
  readonly candidates: readonly ExecutionRecord[];
  readonly kept: ReadonlySet<ExecutionRecord>;
  /** Told, by any attempt; what a later attempt calls a duplicate may be an earlier one's own. */
  readonly released: ReadonlySet<ExecutionRecord>;
  /** Cannot be told yet. */
  readonly keeping: ReadonlySet<ExecutionRecord>;
  readonly keepingIds: ReadonlySet<number>;
  readonly last: Advanced;
}

export function toldOf(
  kept: readonly ExecutionRecord[],
  fresh: readonly ExecutionRecord[],
  results: readonly Advanced[],
  last: Advanced,
): Told {
  const keeping = new Set([...last.untold, ...last.waiting]);
  return {
    candidates: [...kept, ...fresh],
    kept: new Set(kept),
    released: new Set(results.flatMap((one) => one.released)),
    keeping,
    keepingIds: new Set([...keeping].map((record) => record.id)),
    last,
  };
}

/** Counts what became of each record. One that stays where it was kept is not counted: nothing became of it. */
export function countTold(
  { candidates, kept, released, keeping, keepingIds, last }: Told,
  fresh: Fresh,
): void {
  const late = new Set(last.late);
  let [parkedIn, parkedOut, told, repeated, ignored, repaired] = [0, 0, 0, 0, 0, 0];
  for (const record of candidates) {
    if (kept.has(record)) {
      if (keepingIds.has(record.id)) continue;
      parkedOut += 1;
    } else if (keeping.has(record)) {
      parkedIn += 1;
      continue;
    }
    if (released.has(record)) {
      told += 1;
      if (fresh.history.has(record)) repaired += 1;
    } else if (late.has(record)) ignored += 1;
    else repeated += 1;
  }
  const { outcomes } = fresh.tally;
  outcomes.parked('in', parkedIn);
  outcomes.parked('out', parkedOut);
  outcomes.record('released', told);
  outcomes.record('duplicate', repeated);
  outcomes.record('ignored', ignored);
  outcomes.repaired(repaired);
  outcomes.gapsDeclared(last.gapsDeclared);
}
