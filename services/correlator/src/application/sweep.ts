import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import { errorFields, type Clock, type Logger } from '@stepcast/kit';
import pLimit from 'p-limit';
import { hasEnded } from '../domain/execution-fold.ts';
import type { OwnedAssignment } from '../domain/ownership.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { Watched, WatchList } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Outcomes } from './outcomes.ts';
import type { ExecutionView, SettleExecution } from './settle-execution.ts';
import type { StreamWriter } from './stream-writer.ts';

/** How many executions one sweep looks at side by side. The directory's own budgets bound the calls. */
const CONCURRENCY = 4;

/**
 * Looks after every execution that has not ended: what timers, queues and messages have forgotten (a process that died
 * between keeping and telling, a log record that never came and that nothing came after) is found here.
 */
export interface Sweep {
  run(): Promise<void>;
}

export function createSweep(options: {
  readonly watchList: WatchList;
  readonly directory: ExecutionDirectory;
  readonly settler: SettleExecution;
  readonly writer: StreamWriter;
  readonly outcomes: Outcomes;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}): Sweep {
  const { watchList, directory, settler, writer, outcomes, settings, clock, logger } = options;
  /** When each quiet execution was asked about last. */
  const asked = new Map<ExecutionArn, number>();

  async function visit({ executionArn, sinceMs }: Watched): Promise<void> {
    const nowMs = clock.nowMs();
    const view = await settler.look(executionArn);
    switch (view.assignment?.kind) {
      case undefined:
        await visitUnowned(executionArn, sinceMs, nowMs);
        return;
      case 'owned':
        await visitOwned(executionArn, view.assignment, view, nowMs);
        return;
      default:
        // Quarantined or given up: nothing is told any more. Settling tidies what is left.
        await settler.settle(executionArn, { backstop: true });
    }
  }

  async function visitUnowned(executionArn: ExecutionArn, sinceMs: number, nowMs: number): Promise<void> {
    await settler.settle(executionArn, { reload: true, backstop: true });
    if ((await settler.look(executionArn)).assignment !== undefined) {
      outcomes.backstop('owner');
      return;
    }
    if (nowMs - sinceMs >= settings.ownershipTimeoutMs) await settler.abandon(executionArn);
  }

  async function visitOwned(
    executionArn: ExecutionArn,
    owner: OwnedAssignment,
    view: ExecutionView,
    nowMs: number,
  ): Promise<void> {
    await writer.ensureHandedOver(owner);
    const fold = view.head?.folds.get(executionArn);
    if (view.parked.length > 0) {
      const since = Math.min(...view.parked.map((item) => item.parkedMs));
      // Timers have had their time several times over.
      const overdue = nowMs - since >= settings.gapWaitMs * 10;
      await settler.settle(executionArn, { reload: true, backstop: overdue });
    }
    if (fold !== undefined && hasEnded(fold)) {
      await settler.settle(executionArn, { backstop: true });
      asked.delete(executionArn);
      return;
    }
    const lastHeardMs = Math.max(
      fold?.lastMs ?? 0,
      asked.get(executionArn) ?? 0,
      Date.parse(owner.epochStartedAt),
    );
    if (nowMs - lastHeardMs < settings.quietMs) return;
    asked.set(executionArn, nowMs);
    // Another correlator may have heard of it.
    await settler.settle(executionArn, { reload: true });
    const { head } = await settler.look(executionArn);
    const latest = head?.folds.get(executionArn);
    if (nowMs - (latest?.lastMs ?? 0) < settings.quietMs) return;
    await askAfter(executionArn, latest?.lastId ?? 0);
  }

  /** An execution that has been quiet for long: is there more to tell, or is it over? */
  async function askAfter(executionArn: ExecutionArn, lastId: number): Promise<void> {
    if (executionArnParts(executionArn).kind === 'express') return;
    const history = await directory.history(executionArn, lastId);
    if (history !== undefined && history.length > 0) {
      outcomes.backstop('quiet');
      await settler.settle(executionArn, { history });
      return;
    }
    const described = await directory.describe(executionArn);
    if (described === undefined) return;
    await settler.settle(executionArn, { statuses: [described.fact], backstop: true });
  }

  return {
    async run() {
      const limit = pLimit(CONCURRENCY);
      for await (const page of watchList.pages()) {
        await Promise.all(
          page.map((watched) =>
            limit(async () => {
              try {
                await visit(watched);
              } catch (thrown) {
                // One that fails must not keep the sweep from the others; it is visited again next time.
                logger.warn(errorFields(thrown), 'execution not swept');
              }
            }),
          ),
        );
      }
    },
  };
}
