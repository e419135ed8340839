import { queueText, type DeadLetters, type ExecutionRecord } from '@stepcast/wire';
import { parkedItem, pieces } from '../domain/parked.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { PassCounts } from './correlator-metrics.ts';
import { parkedRecords, type TrackedExecution, type TrackedExecutions } from './tracked-executions.ts';

/** What happens to records of executions that emit nothing to anybody. Each returns what it counts. */
export interface ExecutionRefusal {
  /** Two proofs disagree: the records stay parked, for operators, until their time to live is over. */
  quarantine(execution: TrackedExecution, records: readonly ExecutionRecord[]): Promise<PassCounts>;
  /** Nothing proved an owner: what was parked and what came in goes to the dead-letter queue, with the reason. */
  deadLetter(
    execution: TrackedExecution,
    reason: string,
    records: readonly ExecutionRecord[],
  ): Promise<PassCounts>;
}

export function createExecutionRefusal(options: {
  readonly store: ExecutionStore;
  readonly tracked: TrackedExecutions;
  readonly deadLetters: DeadLetters;
}): ExecutionRefusal {
  const { store, tracked, deadLetters } = options;

  /** As they would be parked: without inputs. */
  function textOf(records: readonly ExecutionRecord[]): string {
    const item = parkedItem({ parkedMs: 0, records, statuses: [], evidence: undefined, inputSeen: false });
    return queueText(item.records);
  }

  return {
    async quarantine(execution, records) {
      const before = parkedRecords(execution).length;
      if (records.length > 0) await tracked.park(execution, { records, statuses: [] });
      // They stay in the store. In memory nothing asks for them, and they are counted.
      tracked.change(execution, { parked: [] });
      return { parked: { out: before }, records: { quarantined: before + records.length } };
    },
    async deadLetter(execution, reason, records) {
      const { executionArn, parked } = execution;
      const before = parkedRecords(execution);
      const all = [...before, ...records];
      await deadLetters.send(
        pieces(all).map((piece) => ({
          code: 'CORRELATOR_UNOWNED',
          reason,
          executionArn,
          queue: 'events',
          original: textOf(piece),
        })),
      );
      tracked.change(execution, { parked: [] });
      await store.unpark(
        executionArn,
        parked.map((item) => item.key),
      );
      return { parked: { out: before.length }, records: { dead_lettered: all.length } };
    },
  };
}
