import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { Executions } from './executions.ts';
import type { FollowUp } from './follow-ups.ts';
import type { MachineProfiles } from './machine-profiles.ts';
import type { ExecutionRepair } from './repair-execution.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { TrackedExecutions } from './tracked-executions.ts';
import type { Watching } from './watching.ts';

/** Does what a follow-up says. @returns what follows from it */
export type RunFollowUp = (followUp: FollowUp) => Promise<readonly FollowUp[]>;

export function createRunFollowUp(options: {
  readonly executions: Executions;
  readonly repair: ExecutionRepair;
  readonly tracked: TrackedExecutions;
  readonly store: ExecutionStore;
  readonly directory: ExecutionDirectory;
  readonly profiles: MachineProfiles;
  readonly writer: Pick<StreamWriter, 'passSnapshotOn'>;
  readonly watching: Watching;
}): RunFollowUp {
  const { executions, repair, tracked, store, directory, profiles, writer, watching } = options;

  async function describe(executionArn: ExecutionArn): Promise<void> {
    if (executionArnParts(executionArn).kind === 'express') return;
    const known = await tracked.recall(executionArn);
    if (known.assignment !== undefined || known.parked.some((item) => item.inputSeen)) return;
    const described = await directory.describe(executionArn);
    if (described?.input !== undefined) {
      await executions.process(executionArn, { input: described.input });
      return;
    }
    const reason =
      described === undefined
        ? 'no input came in, and Step Functions does not know the execution'
        : 'Step Functions does not give the input';
    tracked.change(known, { described: true, reason });
  }

  /**
   * What came in to another correlator while the owner was being proven here is parked by it, and not in the memory of
   * this one. It announces that before it parks, reads the owner after it has parked, and the assignment searches for what is
   * parked when it finds the announcement, so one of the two finds it. The same goes for nested executions.
   */
  async function recheck(executionArn: ExecutionArn): Promise<FollowUp[]> {
    const { children, parked } = await store.load(executionArn);
    const here = new Set(tracked.peek(executionArn)?.parked.map((item) => item.key));
    const waiting = parked.some((item) => !here.has(item.key)) ? [...children, executionArn] : children;
    return waiting.map((one) => ({ kind: 'process', executionArn: one, afterMs: 0 }));
  }

  return async (followUp) => {
    switch (followUp.kind) {
      case 'process':
        await executions.process(followUp.executionArn, {}, 'reload');
        return [];
      case 'recheck':
        return recheck(followUp.executionArn);
      case 'describe':
        await describe(followUp.executionArn);
        return [];
      case 'checkGap':
        return repair.checkGap(followUp.executionArn, followUp.afterMs);
      case 'repair':
        return repair.repair(followUp.executionArn, followUp.asked);
      case 'pollMapRuns':
        return repair.pollMapRuns(followUp.executionArn);
      case 'unwatch':
        // A redrive may have had it watched again meanwhile.
        return tracked.peek(followUp.executionArn)?.watched === true
          ? []
          : watching.end(followUp.executionArn);
      case 'unwatchGathered':
        await watching.takeOff();
        return [];
      case 'snapshot':
        await writer.passSnapshotOn(followUp.stream);
        return [];
      case 'describeMachine':
        await profiles.describe(followUp.executionArn);
        return [];
      case 'saveDurations':
        await profiles.saveDurations(followUp.machineArn);
        return [];
    }
  };
}
