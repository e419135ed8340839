import type { ExecutionRecord } from '@stepcast/wire';
import type { Assignment } from '../domain/ownership.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { PassCounts } from './correlator-metrics.ts';
import type { Incoming } from './incoming.ts';
import { parkedRecords, type TrackedExecution, type TrackedExecutions } from './tracked-executions.ts';
import type { WrittenRecords } from './write-records.ts';

/** An execution after parking, and what that counts. */
export interface Parked {
  readonly execution: TrackedExecution;
  readonly counts: readonly PassCounts[];
  /** What came in was not parked: an owner is assigned, so that it can be processed. */
  readonly isRefused: boolean;
}

/** What happens to records and statuses that cannot be emitted yet. */
export interface RecordParking {
  /**
   * Parks all that came in for an execution without an owner. The owner may have been proven elsewhere meanwhile: the
   * execution that is returned says so.
   */
  parkUnowned(execution: TrackedExecution, incoming: Incoming): Promise<Parked>;
  /** Whether something is parked, or has to be. */
  hasRest(execution: TrackedExecution, written: WrittenRecords): boolean;
  /**
   * Parks what came in and cannot be emitted, and unparks items all of whose records are emitted.
   *
   * An item of which anything is still wanted stays as it is, and of an id that is parked twice both stay: if two
   * correlators each unparked the copy that the other relies on, the record would be gone.
   */
  parkRest(
    execution: TrackedExecution,
    incoming: Incoming,
    written: WrittenRecords,
  ): Promise<TrackedExecution>;
}

export function createRecordParking(options: {
  readonly store: ExecutionStore;
  readonly tracked: TrackedExecutions;
}): RecordParking {
  const { store, tracked } = options;

  function isEmpty({ records, statuses, input }: Incoming): boolean {
    return records.length === 0 && statuses.length === 0 && input === undefined;
  }

  async function announce(execution: TrackedExecution): Promise<Assignment | undefined> {
    // Parked items say that it was announced: those of this process, and those that were read.
    return execution.parked.length > 0 ? undefined : store.announce(execution.executionArn);
  }

  return {
    async parkUnowned(execution, incoming) {
      const parkedIds = new Set(parkedRecords(execution).map((record) => record.id));
      const records = withoutRepeated(incoming.records, parkedIds);
      if (!isEmpty({ ...incoming, records })) {
        const assignment = await announce(execution);
        if (assignment !== undefined)
          return { execution: tracked.change(execution, { assignment }), counts: [], isRefused: true };
        await tracked.park(execution, { ...incoming, records });
      }
      return {
        execution: await tracked.load(execution.executionArn),
        counts: [
          {
            parked: { in: records.length },
            records: { duplicate: incoming.records.length - records.length },
          },
        ],
        isRefused: false,
      };
    },

    hasRest: ({ parked }, { outcomes, waitingStatuses }) =>
      parked.length + waitingStatuses.length > 0 || outcomes.some(({ became }) => became === 'parked'),

    async parkRest(execution, incoming, { outcomes, waitingStatuses }) {
      const { parked } = execution;
      const rest = new Set(outcomes.filter(({ became }) => became === 'parked').map(({ record }) => record));
      const restIds = new Set([...rest].map((record) => record.id));
      const waiting = new Set(waitingStatuses);
      // In memory the records of an item that are emitted go, so that they are not counted again.
      const trimmed = parked
        .map((item) => ({
          ...item,
          records: item.records.filter((record) => restIds.has(record.id)),
          statuses: item.statuses.filter((fact) => waiting.has(fact)),
        }))
        .filter((item) => item.records.length + item.statuses.length > 0);
      let after = tracked.change(execution, { parked: trimmed });
      const records = incoming.records.filter((record) => rest.has(record));
      const statuses = incoming.statuses.filter((fact) => waiting.has(fact));
      if (records.length + statuses.length > 0) after = await tracked.park(after, { records, statuses });
      const used = new Set(after.parked.map((item) => item.key));
      const finished = parked.map((item) => item.key).filter((key) => !used.has(key));
      if (finished.length > 0) await store.unpark(execution.executionArn, finished);
      return after;
    },
  };
}

/** Of each id the first record, and none of an id that is parked already. */
function withoutRepeated(
  records: readonly ExecutionRecord[],
  parkedIds: ReadonlySet<number>,
): ExecutionRecord[] {
  const seen = new Set(parkedIds);
  return records.filter(({ id }) => {
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}
