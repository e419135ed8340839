import type { ExecutionArn } from '@stepcast/contracts';
import type { Report } from '@stepcast/wire';
import { hasEnded } from '../domain/execution-fold.ts';
import type { Assignment } from '../domain/ownership.ts';
import type { ParkedItem } from '../domain/parked.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { CorrelatorMetrics } from './correlator-metrics.ts';
import type { EndHolds } from './end-holds.ts';
import type { FollowUp } from './follow-ups.ts';
import type { Input, Mode } from './incoming.ts';
import type { Pass, ProcessExecution } from './process-execution.ts';
import { ProcessingQueue } from './processing-queue.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { TrackedExecutions } from './tracked-executions.ts';

/** What is known of an execution, and where its stream stands. */
export interface ExecutionView {
  readonly assignment: Assignment | undefined;
  readonly parked: readonly ParkedItem[];
  readonly described: boolean;
  /** Undefined without an owner, and before the first record. */
  readonly standing:
    | {
        readonly lastId: number;
        readonly lastMs: number;
        readonly hasEnded: boolean;
        /** ARNs of the Map Runs of distributed Maps that run. */
        readonly mapRuns: readonly string[];
      }
    | undefined;
}

/** The executions, as messages, timers and the sweep see them. */
export interface Executions {
  /**
   * Processes what came in for an execution, and has what follows scheduled. Resolves when it is settled: then the input
   * may be acknowledged. What waits for the same execution is processed together.
   */
  process(executionArn: ExecutionArn, input: Input, mode?: Mode): Promise<void>;
  /**
   * Takes reports of an execution. Resolves when what became of them is written and emitted. It may differ for one that came in twice.
   * @returns what became of each, with when it is settled; of an execution without an owner nothing
   */
  report(
    executionArn: ExecutionArn,
    reports: readonly Report[],
  ): Promise<{ readonly outcomes: Pass['reports']; readonly settled: Promise<void> }>;
  inspect(executionArn: ExecutionArn): Promise<ExecutionView>;
  /** What store and journal say of an execution now: another correlator may have changed it. Nothing is passed on. */
  readAgain(executionArn: ExecutionArn): Promise<ExecutionView>;
  /** Forgets what is in memory, so that it is read again. */
  forget(executionArn: ExecutionArn): void;
}

export function createExecutions(options: {
  readonly processExecution: ProcessExecution;
  readonly store: Pick<ExecutionStore, 'load'>;
  readonly tracked: TrackedExecutions;
  readonly writer: Pick<StreamWriter, 'peek' | 'forget'>;
  readonly metrics: CorrelatorMetrics;
  readonly holds: Pick<EndHolds, 'note'>;
  /** The one place that schedules. */
  readonly schedule: (followUps: readonly FollowUp[]) => void;
}): Executions {
  const { processExecution, store, tracked, writer, metrics, holds, schedule } = options;
  const queue = new ProcessingQueue(run);

  /** @returns when the pass is settled; the next pass need not wait for that */
  async function run(
    executionArn: ExecutionArn,
    input: Input,
    mode: Mode,
  ): Promise<{ readonly settled: Promise<void>; readonly reports: Pass['reports'] }> {
    const pass = await processExecution(executionArn, input, mode);
    for (const counts of pass.counts) metrics.count(counts);
    schedule(pass.followUps);
    holds.note(executionArn, pass.standing);
    const settled = pass.whenSettled.length === 0 ? pass.settled : settle(pass);
    // It may fail after all that wait for it have gone.
    settled.catch(() => undefined);
    return { settled, reports: pass.reports };
  }

  async function settle({ settled, whenSettled }: Pass): Promise<void> {
    await settled;
    schedule(whenSettled);
  }

  async function standingOf(
    executionArn: ExecutionArn,
    assignment: Assignment | undefined,
  ): Promise<ExecutionView['standing']> {
    const head = assignment?.kind === 'owned' ? await writer.peek(assignment) : undefined;
    const fold = head?.folds.get(executionArn);
    if (fold === undefined) return undefined;
    const { lastId, lastMs, mapRuns } = fold;
    return { lastId, lastMs, hasEnded: hasEnded(fold), mapRuns: [...mapRuns.values()] };
  }

  return {
    async process(executionArn, input, mode = 'normal') {
      const { settled } = await queue.submit(executionArn, input, mode);
      await settled;
    },
    async report(executionArn, reports) {
      const { settled, reports: outcomes } = await queue.submit(executionArn, { reports }, 'normal');
      return { outcomes: outcomes.filter(({ report }) => reports.includes(report)), settled };
    },
    async inspect(executionArn) {
      const { assignment, parked, described } = await tracked.recall(executionArn);
      return { assignment, parked, described, standing: await standingOf(executionArn, assignment) };
    },
    async readAgain(executionArn) {
      const { assignment, parked } = await store.load(executionArn);
      if (assignment?.kind === 'owned') writer.forget(assignment);
      const described = tracked.peek(executionArn)?.described ?? false;
      return { assignment, parked, described, standing: await standingOf(executionArn, assignment) };
    },
    forget(executionArn) {
      tracked.forget(executionArn);
    },
  };
}
