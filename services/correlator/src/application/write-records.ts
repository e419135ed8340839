import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { hasEnded } from '../domain/execution-fold.ts';
import type { OwnedAssignment } from '../domain/ownership.ts';
import { follows, type StreamHead } from '../domain/stream-head.ts';
import { advanceStream, type Advanced, type Became } from '../domain/stream.ts';
import type { PassCounts, RecordOutcome } from './correlator-metrics.ts';
import type { FollowUp } from './follow-ups.ts';
import type { Incoming, Mode } from './incoming.ts';
import type { MachineProfiles } from './machine-profiles.ts';
import type { StreamWriter } from './stream-writer.ts';
import { parkedRecords, type TrackedExecution } from './tracked-executions.ts';

/** Where an execution stands after a write. */
export interface Standing {
  /** The stream has the execution, or has room for it. */
  readonly isFollowed: boolean;
  /** Undefined before its first record. */
  readonly fold:
    | {
        readonly hasEnded: boolean;
        readonly runsMaps: boolean;
        /** Log events have come, and come without gaps: all of them are logged. */
        readonly isDense: boolean;
      }
    | undefined;
}

/** What came of writing what is at hand for an execution. */
export interface WrittenRecords {
  /** What became of each record: those that were parked before first, then the incoming ones. */
  readonly outcomes: readonly { readonly record: ExecutionRecord; readonly became: Became }[];
  /** Records wait behind a gap. */
  readonly hasGap: boolean;
  readonly waitingStatuses: Advanced['waitingStatuses'];
  readonly gapsDeclared: number;
  /** What became of each report. */
  readonly reports: Advanced['reports'];
  readonly standing: Standing;
  readonly followUps: readonly FollowUp[];
  readonly settled: Promise<void>;
}

export interface RecordWriter {
  /** Writes what can be emitted of the records at hand. */
  write(
    execution: TrackedExecution,
    owner: OwnedAssignment,
    incoming: Incoming,
    mode: Mode,
  ): Promise<WrittenRecords>;
}

export function createRecordWriter(options: {
  readonly writer: StreamWriter;
  readonly profiles: MachineProfiles;
}): RecordWriter {
  const { writer, profiles } = options;
  return {
    async write(execution, owner, incoming, mode) {
      const { executionArn, parked } = execution;
      const { profile, sparse, followUps } = profiles.peek(executionArn);
      const advance = {
        executionArn,
        source: owner.source,
        nested: owner.nested,
        records: both(parkedRecords(execution), incoming.records),
        statuses: both(parkedStatuses(parked), incoming.statuses),
        sparse,
        giveUp: typeof mode === 'object' ? mode.giveUp : undefined,
        profile,
        mapRunCounts: incoming.mapRunCounts,
        reports: incoming.reports,
      };
      let standing: Standing = NOWHERE;
      const { results, ...written } = await writer.write(owner, (head) => {
        const result = advanceStream(head, advance);
        // At once: the next write changes the head.
        standing = standingIn(head, executionArn);
        return { entries: result.entries, changedWithoutEntry: result.changedWithoutEntry, result };
      });
      const last = results.at(-1);
      return {
        outcomes: outcomesOf(results),
        hasGap: last !== undefined && last.gaps.length > 0,
        waitingStatuses: last?.waitingStatuses ?? [],
        gapsDeclared: results.reduce((sum, one) => sum + one.gapsDeclared, 0),
        reports: reportsOf(results),
        standing,
        followUps: both(both(followUps, written.followUps), observe(executionArn, results)),
        settled: written.settled,
      };
    },
  };

  function observe(executionArn: ExecutionArn, results: readonly Advanced[]): readonly FollowUp[] {
    const [only, ...others] = results;
    const durations = others.length === 0 ? only?.durations : results.flatMap((one) => one.durations);
    return profiles.observe(executionArn, durations ?? []);
  }
}

function parkedStatuses(parked: TrackedExecution['parked']): Advanced['waitingStatuses'] {
  return parked.length === 0 ? NO_STATUSES : parked.flatMap((item) => item.statuses);
}
const NO_STATUSES: Advanced['waitingStatuses'] = [];

/** Two lists as one, without a copy where one of them is empty: as a rule nothing is parked, and nothing follows. */
export function both<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  if (first.length === 0) return second;
  return second.length === 0 ? first : [...first, ...second];
}

const NOWHERE: Standing = { isFollowed: false, fold: undefined };

function standingIn(head: StreamHead, executionArn: ExecutionArn): Standing {
  const fold = head.folds.get(executionArn);
  return {
    isFollowed: follows(head, executionArn),
    fold:
      fold === undefined
        ? undefined
        : {
            hasEnded: hasEnded(fold),
            runsMaps: fold.mapRuns.size > 0,
            isDense: fold.lastId > 0 && !fold.sparse,
          },
  };
}

/**
 * What became of each record over all attempts. After a write conflict the last attempt calls those duplicates that an
 * earlier one has released.
 */
function outcomesOf(results: readonly Advanced[]): WrittenRecords['outcomes'] {
  const last = results.at(-1)?.records ?? [];
  if (results.length === 1) return last;
  const released = new Set(
    results.flatMap(({ records }) =>
      records.filter(({ became }) => became === 'released').map(({ record }) => record),
    ),
  );
  return last.map(({ record, became }) => ({
    record,
    became: became === 'duplicate' && released.has(record) ? 'released' : became,
  }));
}

/** As with records: what an earlier attempt has applied, the last one calls stale. */
function reportsOf(results: readonly Advanced[]): Advanced['reports'] {
  const last = results.at(-1)?.reports ?? NO_REPORTS;
  if (results.length <= 1 || last.length === 0) return last;
  const applied = new Set(
    results.flatMap(({ reports }) =>
      reports.filter(({ became }) => became === 'applied').map(({ report }) => report),
    ),
  );
  return last.map(({ report, became }) => ({
    report,
    became: became === 'stale' && applied.has(report) ? 'applied' : became,
  }));
}
const NO_REPORTS: Advanced['reports'] = [];

const OUTCOMES: Readonly<Record<Exclude<Became, 'parked'>, RecordOutcome>> = {
  released: 'released',
  duplicate: 'duplicate',
  late: 'ignored',
};

const NO_RECORDS: ReadonlySet<ExecutionRecord> = new Set();
const NO_IDS: ReadonlySet<number> = new Set();

function idsOfParked(outcomes: WrittenRecords['outcomes']): ReadonlySet<number> {
  return new Set(outcomes.filter(({ became }) => became === 'parked').map(({ record }) => record.id));
}

/** Counts what became of each record. One that stays parked is not counted: nothing became of it. */
export function countWritten(
  execution: TrackedExecution,
  incoming: Incoming,
  { outcomes, gapsDeclared }: WrittenRecords,
): PassCounts[] {
  const wasParked = execution.parked.length === 0 ? NO_RECORDS : new Set(parkedRecords(execution));
  const stillParked = wasParked.size === 0 ? NO_IDS : idsOfParked(outcomes);
  const records: Partial<Record<RecordOutcome, number>> = {};
  let [parkedIn, parkedOut, repaired, released] = [0, 0, 0, 0];
  for (const { record, became } of outcomes) {
    const before = wasParked.has(record);
    if (before && stillParked.has(record.id)) continue;
    if (before) parkedOut += 1;
    if (became === 'parked') {
      parkedIn += 1;
      continue;
    }
    const outcome = OUTCOMES[became];
    records[outcome] = (records[outcome] ?? 0) + 1;
    if (became !== 'released') continue;
    released += 1;
    if (incoming.history.has(record)) repaired += 1;
  }
  const counts: PassCounts = { records, parked: { in: parkedIn, out: parkedOut }, repaired, gapsDeclared };
  return [counts, ...(incoming.bySweep && released > 0 ? [{ backstop: 'gap' as const }] : [])];
}
