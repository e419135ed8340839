import type { ExecutionArn } from '@stepcast/contracts';
import type { Logger } from '@stepcast/kit';
import type { OwnedAssignment } from '../domain/ownership.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { FollowUp } from './follow-ups.ts';
import type { WrittenRecords } from './write-records.ts';

/** Nested executions inherit the owner and join the stream of the execution that started them. */
export interface ChildAdoption {
  /** Whether records name children, so that there is something to adopt. */
  hasChildren(outcomes: WrittenRecords['outcomes']): boolean;
  /**
   * Assigns the children that emitted records name. The input of these records may be acknowledged only after it: nothing
   * else would find the children again.
   * @returns the children that may wait, to be processed
   */
  adopt(
    parent: ExecutionArn,
    owner: OwnedAssignment,
    outcomes: WrittenRecords['outcomes'],
  ): Promise<FollowUp[]>;
}

export function createChildAdoption(options: {
  readonly store: ExecutionStore;
  readonly logger: Logger;
}): ChildAdoption {
  const { store, logger } = options;

  async function adoptOne(owner: OwnedAssignment, child: ExecutionArn): Promise<FollowUp[]> {
    const { assignment, awaited } = await store.assign(child, { ...owner, nested: true, proofs: ['parent'] });
    if (assignment.kind === 'owned' && assignment.identityId !== owner.identityId) {
      // It has an owner of its own. A workflow that starts it again, with the name and input that somebody made it use, gets
      // the same ARN back from Step Functions, and neither takes it away nor stops it.
      logger.warn({ executionArn: child }, 'execution not adopted: it has another owner');
      return [];
    }
    return awaited ? [{ kind: 'process', executionArn: child, afterMs: 0 }] : [];
  }

  return {
    hasChildren: (outcomes) => outcomes.some(({ record }) => record.details.childExecutionArn !== undefined),
    async adopt(parent, owner, outcomes) {
      const children = new Set<ExecutionArn>();
      for (const { record, became } of outcomes) {
        const child = record.details.childExecutionArn;
        if (child !== undefined && child !== parent && became !== 'parked') children.add(child);
      }
      const all = await Promise.all([...children].map((child) => adoptOne(owner, child)));
      return all.flat();
    },
  };
}
