import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import { createLru, errorFields, type Clock, type Logger, type Lru } from '@stepcast/kit';
import pLimit from 'p-limit';
import type { OwnedAssignment } from '../domain/ownership.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { Watched, WatchList } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { CorrelatorMetrics } from './correlator-metrics.ts';
import type { Executions, ExecutionView } from './executions.ts';
import { gapWaitMs } from './follow-execution.ts';
import type { StreamWriter } from './stream-writer.ts';

/** How many executions one sweep visits side by side. The directory's own budgets bound the calls. */
const CONCURRENCY = 4;
/**
 * For the times of executions in each memory. Of one that is forgotten history is asked sooner again, or its records wait
 * longer for a proof.
 */
const MAX_TIMES_BYTES = 16 * 1024 * 1024;
/** An ARN, a time, and what the cache takes for them. */
const TIME_BYTES = 400;
function createTimes(): Lru<ExecutionArn, number> {
  return createLru({ maxBytes: MAX_TIMES_BYTES, bytesOf: () => TIME_BYTES });
}

/** Timers have had their time several times over. */
const OVERDUE_GAP_WAITS = 10;

interface SweepDependencies {
  readonly watchList: WatchList;
  readonly directory: ExecutionDirectory;
  readonly executions: Executions;
  readonly writer: Pick<StreamWriter, 'passOn'>;
  readonly metrics: CorrelatorMetrics;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Visits every execution that has not ended. It finds what timers, queues and messages have forgotten: an entry that a
 * crashed process had written and not passed on, records that it had parked and not emitted, a log record that never came
 * and that nothing came after.
 */
export class Sweep {
  readonly #needs: SweepDependencies;
  /** When each quiet execution was asked about last. */
  readonly #asked = createTimes();
  /** When this process found each without an owner first. */
  readonly #foundUnowned = createTimes();

  #lastProgressMs: number | undefined;

  constructor(dependencies: SweepDependencies) {
    this.#needs = dependencies;
  }

  /** When an execution was visited last, or a sweep ended; undefined before the first. */
  get lastProgressMs(): number | undefined {
    return this.#lastProgressMs;
  }

  async run(): Promise<void> {
    const { watchList, logger, clock } = this.#needs;
    const limit = pLimit(CONCURRENCY);
    for await (const page of watchList.pages()) {
      await Promise.all(
        page.map((watched) =>
          limit(async () => {
            try {
              await this.#visit(watched);
            } catch (thrown) {
              // One that fails must not keep the sweep from the others; it is visited again next time.
              const { executionArn } = watched;
              logger.warn({ executionArn, ...errorFields(thrown) }, 'execution not swept');
            }
            this.#lastProgressMs = clock.nowMs();
          }),
        ),
      );
    }
    this.#lastProgressMs = clock.nowMs();
  }

  async #visit({ executionArn, sinceMs }: Watched): Promise<void> {
    const { executions, clock } = this.#needs;
    const nowMs = clock.nowMs();
    const view = await executions.inspect(executionArn);
    if (view.assignment === undefined) {
      await this.#visitUnowned(executionArn, sinceMs, nowMs);
      return;
    }
    this.#foundUnowned.delete(executionArn);
    if (view.assignment.kind === 'owned') await this.#visitOwned(executionArn, view.assignment, view, nowMs);
    // Quarantined or given up: nothing is emitted any more. Processing tidies what is left.
    else await executions.process(executionArn, { bySweep: true });
  }

  /**
   * Records are given up when no proof has come in for the whole time, by the clock of this process too: the one that
   * wrote when the execution was first seen may have had the wrong time.
   */
  async #visitUnowned(executionArn: ExecutionArn, sinceMs: number, nowMs: number): Promise<void> {
    const { executions, metrics, settings } = this.#needs;
    const foundMs = this.#foundUnowned.get(executionArn) ?? nowMs;
    this.#foundUnowned.set(executionArn, foundMs);
    await executions.process(executionArn, { bySweep: true }, 'reload');
    if ((await executions.inspect(executionArn)).assignment !== undefined)
      metrics.count({ backstop: 'owner' });
    else if (nowMs - Math.max(sinceMs, foundMs) >= settings.ownershipTimeoutMs)
      await executions.process(executionArn, {}, 'abandon');
  }

  async #visitOwned(
    executionArn: ExecutionArn,
    owner: OwnedAssignment,
    { parked, standing }: ExecutionView,
    nowMs: number,
  ): Promise<void> {
    const { executions, writer, settings } = this.#needs;
    await writer.passOn(owner);
    if (parked.length > 0) {
      const since = Math.min(...parked.map((item) => item.parkedMs));
      const bySweep = nowMs - since >= gapWaitMs(executionArn, settings) * OVERDUE_GAP_WAITS;
      await executions.process(executionArn, { bySweep }, 'reload');
    }
    if (standing?.hasEnded === true) {
      await executions.process(executionArn, { bySweep: true });
      this.#asked.delete(executionArn);
      return;
    }
    const lastHeardMs = Math.max(
      standing?.lastMs ?? 0,
      this.#asked.get(executionArn) ?? 0,
      Date.parse(owner.epochStartedAt),
    );
    if (nowMs - lastHeardMs < settings.quietMs) return;
    this.#asked.set(executionArn, nowMs);
    // Another correlator may have received more of it.
    await executions.process(executionArn, {}, 'reload');
    const latest = (await executions.inspect(executionArn)).standing;
    if (nowMs - (latest?.lastMs ?? 0) < settings.quietMs) return;
    try {
      await this.#askAfter(executionArn, latest?.lastId ?? 0);
    } catch (thrown) {
      // The next sweep asks again, so that readiness sees a failure that lasts.
      this.#asked.delete(executionArn);
      throw thrown;
    }
  }

  /** An execution that has been quiet for long: does its history have more, or is it over? */
  async #askAfter(executionArn: ExecutionArn, lastId: number): Promise<void> {
    const { executions, directory, metrics } = this.#needs;
    if (executionArnParts(executionArn).kind === 'express') return;
    const history = await directory.history(executionArn, lastId);
    if (history !== undefined && !('refused' in history) && history.length > 0) {
      metrics.count({ backstop: 'quiet' });
      await executions.process(executionArn, { history });
      return;
    }
    const described = await directory.describe(executionArn);
    if (described !== undefined)
      await executions.process(executionArn, { statuses: [described.fact], bySweep: true });
  }
}
