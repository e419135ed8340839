import { type ExecutionArn } from '@stepcast/contracts';
import { type DeadLetters, type ExecutionRecord, queueText } from '@stepcast/wire';
import { parkedItem, pieces } from '../domain/parked.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { Fresh } from './arrival.ts';
import { keptRecords, type ExecutionMemory, type Known } from './execution-memory.ts';
import type { Tally } from './outcomes.ts';
import type { Watching } from './watching.ts';

/** What happens to records of executions that tell nobody anything. */
export interface RefuseExecution {
  /** Two proofs disagree: the records stay for operators until their time to live is over. */
  quarantine(executionArn: ExecutionArn, known: Known, fresh: Fresh): Promise<void>;
  /** Nobody owns it: what was kept and what has come goes to the dead-letter queue, with the reason. */
  giveUp(
    executionArn: ExecutionArn,
    known: Known,
    reason: string,
    records: readonly ExecutionRecord[],
    tally: Tally,
  ): Promise<void>;
}

export function createRefuseExecution(options: {
  readonly executions: ExecutionStore;
  readonly watching: Watching;
  readonly deadLetters: DeadLetters;
  readonly memory: ExecutionMemory;
}): RefuseExecution {
  const { executions, watching, deadLetters, memory } = options;

  /** As they would be kept: without inputs. */
  function textOf(records: readonly ExecutionRecord[]): string {
    const item = parkedItem({ parkedMs: 0, records, statuses: [], evidence: undefined, inputSeen: false });
    return queueText(item.records);
  }

  return {
    async quarantine(executionArn, known, fresh) {
      const kept = keptRecords(known).length;
      if (fresh.records.length > 0)
        await memory.park(executionArn, known, { records: fresh.records, statuses: [] });
      // They stay in the store; in memory nobody asks for them, and they are counted.
      known.parked = [];
      fresh.tally.outcomes.parked('out', kept);
      fresh.tally.outcomes.record('quarantined', kept + fresh.records.length);
      watching.end(executionArn);
    },
    async giveUp(executionArn, known, reason, records, tally) {
      const items = known.parked;
      const kept = keptRecords(known);
      const all = [...kept, ...records];
      await deadLetters.send(
        pieces(all).map((piece) => ({
          code: 'CORRELATOR_UNOWNED',
          reason,
          executionArn,
          original: textOf(piece),
        })),
      );
      tally.outcomes.record('dead_lettered', all.length);
      tally.outcomes.parked('out', kept.length);
      known.parked = [];
      await executions.unpark(
        executionArn,
        items.map((item) => item.key),
      );
      watching.end(executionArn);
    },
  };
}
