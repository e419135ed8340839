import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { Fresh, Told } from './arrival.ts';
import { keptRecords, type ExecutionMemory, type Known } from './execution-memory.ts';

/** What happens to records and statuses that cannot be told yet. */
export interface KeepRecords {
  /**
   * Keeps all that has come, for an execution without an owner, and counts it.
   * @returns what is known then: the owner may have been proven elsewhere while this was being kept
   */
  keepUnowned(executionArn: ExecutionArn, known: Known, fresh: Fresh): Promise<Known>;
  /**
   * Keeps what has just come and cannot be told, and lets go of kept items all of whose records are told.
   *
   * An item of which anything is still wanted stays as it is, and of an id that is kept twice both stay: if two
   * correlators each let go of the copy that the other relies on, the record would be gone.
   */
  keepUntold(executionArn: ExecutionArn, known: Known, fresh: Fresh, told: Told): Promise<void>;
}

export function createKeepRecords(options: {
  readonly executions: ExecutionStore;
  readonly memory: ExecutionMemory;
}): KeepRecords {
  const { executions, memory } = options;

  return {
    async keepUnowned(executionArn, known, fresh) {
      const keptIds = new Set(keptRecords(known).map((record) => record.id));
      const records = fresh.records.filter((record) => {
        const isNew = !keptIds.has(record.id);
        keptIds.add(record.id);
        return isNew;
      });
      if (records.length > 0 || fresh.statuses.length > 0 || fresh.input !== undefined)
        await memory.park(executionArn, known, { ...fresh, records });
      fresh.tally.outcomes.parked('in', records.length);
      fresh.tally.outcomes.record('duplicate', fresh.records.length - records.length);
      return memory.load(executionArn);
    },
    async keepUntold(executionArn, known, fresh, { keeping, keepingIds, last }) {
      const items = known.parked;
      if (items.length + keeping.size + last.waitingStatuses.length === 0) return;
      const waitingStatuses = new Set(last.waitingStatuses);
      // In memory the records of an item that are told go, so that they are not counted again.
      const trimmed = items.map((item) => ({
        ...item,
        records: item.records.filter((record) => keepingIds.has(record.id)),
        statuses: item.statuses.filter((fact) => waitingStatuses.has(fact)),
      }));
      known.parked = trimmed.filter((item) => item.records.length + item.statuses.length > 0);
      const records = fresh.records.filter((record) => keeping.has(record));
      const statuses = fresh.statuses.filter((fact) => waitingStatuses.has(fact));
      if (records.length + statuses.length > 0) await memory.park(executionArn, known, { records, statuses });
      const used = new Set(known.parked.map((item) => item.key));
      const finished = items.map((item) => item.key).filter((key) => !used.has(key));
      if (finished.length > 0) await executions.unpark(executionArn, finished);
    },
  };
}
