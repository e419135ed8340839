import { executionArnParts, type ExecutionArn, type IterationCounts } from '@stepcast/contracts';
import { hasEnded } from '../domain/execution-fold.ts';
import type { ParkedItem } from '../domain/parked.ts';
import { advanceStream } from '../domain/stream.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Background } from './background.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import type { MachineProfiles } from './machine-profiles.ts';
import type { ExecutionView, SettleExecution } from './settle-execution.ts';
import type { StreamWriter } from './stream-writer.ts';

/** What time brings for an execution, when records do not. */
export interface RepairExecution {
  /** Something waits for what has not come: after the wait, gets it from history, or gives it up. */
  repairSoon(executionArn: ExecutionArn): void;
  /** A distributed Map runs: asks its Map Run from time to time how far it has come. */
  pollSoon(executionArn: ExecutionArn): void;
}

/** How often history is asked for what it does not have yet: it may lag behind the logs. */
const MAX_ASKED = 3;

function hasStatus(parked: readonly ParkedItem[]): boolean {
  return parked.some((item) => item.statuses.length > 0);
}

/** Whether something is kept that has a hole before it; what is kept for telling nothing by itself has none. */
function hasHole(lastId: number, parked: readonly ParkedItem[]): boolean {
  let next = lastId + 1;
  const ids = parked.flatMap((item) => item.records.map((record) => record.id));
  for (const id of ids.sort((one, other) => one - other)) {
    if (id > next) return true;
    next = Math.max(next, id + 1);
  }
  return false;
}

export function createRepairExecution(options: {
  readonly settler: Pick<SettleExecution, 'settle' | 'look'>;
  readonly directory: ExecutionDirectory;
  readonly profiles: MachineProfiles;
  readonly writer: StreamWriter;
  readonly background: Background;
  readonly locks: KeyedLocks;
  readonly settings: CorrelatorSettings;
}): RepairExecution {
  const { settler, directory, profiles, writer, background, locks, settings } = options;

  function lastIdOf({ head }: ExecutionView, executionArn: ExecutionArn): number {
    return head?.folds.get(executionArn)?.lastId ?? 0;
  }

  function isWaiting(view: ExecutionView, executionArn: ExecutionArn): boolean {
    if (view.assignment?.kind !== 'owned') return false;
    return hasStatus(view.parked) || hasHole(lastIdOf(view, executionArn), view.parked);
  }

  async function repair(executionArn: ExecutionArn, asked: number): Promise<void> {
    // What is missing may be kept by another correlator: nothing is repaired, let alone given up, before that is known.
    await settler.settle(executionArn, { reload: true });
    const view = await settler.look(executionArn);
    if (!isWaiting(view, executionArn)) return;
    const description = await profiles.learnLevel(executionArn);
    if (description?.logLevel === 'ERROR' || description?.logLevel === 'FATAL') {
      // No gap at all: that level leaves records out. Now that it is known, they are told as they are.
      await settler.settle(executionArn, {});
      return;
    }
    const standard = executionArnParts(executionArn).kind === 'standard';
    const history = standard
      ? await directory.history(executionArn, lastIdOf(view, executionArn))
      : undefined;
    if (history === undefined) {
      await settler.settle(executionArn, { giveUp: standard ? 'executionUnknown' : 'expressHasNoHistory' });
      return;
    }
    const here = new Set(view.parked.flatMap((item) => item.records.map((record) => record.id)));
    const missing = history.filter((record) => !here.has(record.id));
    const isLast = asked + 1 >= MAX_ASKED;
    await settler.settle(executionArn, { history: missing, ...(isLast ? { giveUp: 'notInHistory' } : {}) });
    if (isLast || !isWaiting(await settler.look(executionArn), executionArn)) return;
    background.after(`repair-again:${executionArn}`, settings.gapWaitMs * 2 ** asked, () =>
      repair(executionArn, asked + 1),
    );
  }

  async function poll(executionArn: ExecutionArn): Promise<void> {
    const { assignment: owner, head } = await settler.look(executionArn);
    const fold = head?.folds.get(executionArn);
    if (owner?.kind !== 'owned' || fold === undefined || hasEnded(fold)) return;
    const mapRunCounts = new Map<string, IterationCounts>();
    for (const mapRunArn of fold.mapRuns.values()) {
      const counts = await directory.mapRun(mapRunArn);
      if (counts !== undefined) mapRunCounts.set(mapRunArn, counts);
    }
    if (fold.mapRuns.size === 0) return;
    const { profile, sparse } = profiles.peek(executionArn);
    await locks.run(`execution#${executionArn}`, () =>
      writer.write(owner, (current) => ({
        entries: advanceStream(current, {
          executionArn,
          source: owner.source,
          nested: owner.nested,
          records: [],
          statuses: [],
          sparse,
          giveUp: undefined,
          profile,
          mapRunCounts,
        }).entries,
        result: undefined,
      })),
    );
    pollSoon(executionArn);
  }

  function pollSoon(executionArn: ExecutionArn): void {
    background.after(`mapRuns:${executionArn}`, settings.mapRunPollMs, () => poll(executionArn));
  }

  return {
    pollSoon,
    repairSoon(executionArn) {
      background.after(`repair:${executionArn}`, settings.gapWaitMs, () => repair(executionArn, 0));
    },
  };
}
