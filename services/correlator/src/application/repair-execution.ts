import { executionArnParts, type ExecutionArn, type IterationCounts } from '@stepcast/contracts';
import type { Logger } from '@stepcast/kit';
import { NO_HISTORY } from '../domain/stream.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import { nextGapCheck } from './follow-execution.ts';
import type { FollowUp } from './follow-ups.ts';
import type { ExecutionView, Executions } from './executions.ts';
import type { MachineProfiles } from './machine-profiles.ts';

/** Timers of an execution: fill gaps from history, ask Map Runs. Each returns what follows. */
export interface ExecutionRepair {
  /** Something waits for what has not come in: another correlator may have it. @param afterMs how long this check had waited */
  checkGap(executionArn: ExecutionArn, afterMs: number): Promise<readonly FollowUp[]>;
  /** Something waits for what has not come in: gets it from history, or gives it up. */
  repair(executionArn: ExecutionArn, asked: number): Promise<readonly FollowUp[]>;
  /** Distributed Maps run: asks their Map Runs how far they have come. */
  pollMapRuns(executionArn: ExecutionArn): Promise<readonly FollowUp[]>;
}

/** How often history is asked for what it does not have yet: it may lag behind the logs. */
const MAX_ASKED = 3;

export function createExecutionRepair(options: {
  readonly executions: Executions;
  readonly directory: ExecutionDirectory;
  readonly profiles: MachineProfiles;
  readonly settings: CorrelatorSettings;
  readonly logger: Logger;
}): ExecutionRepair {
  const { executions, directory, profiles, settings, logger } = options;

  return {
    async checkGap(executionArn, afterMs) {
      const before = waitingIds(await executions.inspect(executionArn));
      if (before.size === 0) return [];
      // Processing passes the newest entry of the other correlator on again: only where something comes of it.
      const still = waitingIds(await executions.readAgain(executionArn));
      if (before.difference(still).size > 0) await executions.process(executionArn, {}, 'reload');
      if (waitingIds(await executions.inspect(executionArn)).size === 0) return [];
      return nextGapCheck(executionArn, settings, afterMs);
    },

    async repair(executionArn, asked) {
      // What is missing may be parked by another correlator: nothing is given up before that is known.
      await executions.process(executionArn, {}, 'reload');
      const view = await executions.inspect(executionArn);
      if (!isWaiting(view)) return [];
      const description = await profiles.describe(executionArn);
      if (description?.logLevel === 'ERROR' || description?.logLevel === 'FATAL') {
        // No gap at all: that level leaves records out. Now that it is known, they are emitted as they are.
        await executions.process(executionArn, {});
        return [];
      }
      if (executionArnParts(executionArn).kind === 'express') {
        await executions.process(executionArn, {}, { giveUp: NO_HISTORY });
        return [];
      }
      const history = await directory.history(executionArn, view.standing?.lastId ?? 0);
      if (history === undefined) {
        await executions.process(executionArn, {}, { giveUp: 'executionUnknown' });
        return [];
      }
      const here = new Set(view.parked.flatMap((item) => item.records.map((record) => record.id)));
      const isRefused = 'refused' in history;
      if (isRefused) logger.warn({ executionArn, reason: history.refused }, 'history refused');
      const missing = isRefused ? [] : history.filter((record) => !here.has(record.id));
      const isLast = asked + 1 >= MAX_ASKED;
      await executions.process(
        executionArn,
        { history: missing },
        isLast ? { giveUp: isRefused ? 'historyRefused' : 'notInHistory' } : 'normal',
      );
      if (isLast || !isWaiting(await executions.inspect(executionArn))) return [];
      return [{ kind: 'repair', executionArn, asked: asked + 1, afterMs: settings.gapWaitMs * 2 ** asked }];
    },

    async pollMapRuns(executionArn) {
      const { standing } = await executions.inspect(executionArn);
      if (standing === undefined || standing.hasEnded || standing.mapRuns.length === 0) return [];
      const mapRunCounts = new Map<string, IterationCounts>();
      for (const mapRunArn of standing.mapRuns) {
        const counts = await directory.mapRun(mapRunArn);
        if (counts !== undefined) mapRunCounts.set(mapRunArn, counts);
      }
      await executions.process(executionArn, { mapRunCounts });
      return [];
    },
  };
}

function isWaiting(view: ExecutionView): boolean {
  if (view.assignment?.kind !== 'owned') return false;
  return view.parked.some((item) => item.statuses.length > 0) || waitingIds(view).size > 0;
}

/**
 * Ids of the parked records of an owned execution that have a hole before them. What is parked because it emits nothing by
 * itself has none.
 */
function waitingIds({ assignment, parked, standing }: ExecutionView): ReadonlySet<number> {
  if (assignment?.kind !== 'owned') return new Set();
  let next = (standing?.lastId ?? 0) + 1;
  const waiting = new Set<number>();
  const ids = parked.flatMap((item) => item.records.map((record) => record.id));
  for (const id of ids.sort((one, other) => one - other))
    if (id > next) waiting.add(id);
    else next = Math.max(next, id + 1);
  return waiting;
}
