import type { Machine } from '../definition/schema.ts';
import { BranchAbortedError, StateFailure } from '../engine/failures.ts';
import type { Run } from '../engine/run.ts';
import { reasonOf } from '../engine/sleep.ts';
import { textOfJson, type Json } from '../json.ts';
import type { EndedExecution, StartedExecution } from '../ports.ts';
import type { Batch } from './batches.ts';
import { Tally, type CountedState, type MapRunStatus } from './progress.ts';

export interface MapRunSettings {
  readonly mapRunArn: string;
  readonly label: string;
  readonly processor: Machine;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly concurrency: number;
  readonly redriveCount: number;
  /** Children that ended before a redrive, by the index of their batch; those that end now are added. */
  readonly ended: Map<number, EndedExecution>;
  /** Items that may fail; undefined with `toleratedPercentage` undefined too: none. */
  readonly toleratedCount: number | undefined;
  readonly toleratedPercentage: number | undefined;
}

const counted: Readonly<Record<EndedExecution['status'], CountedState>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
};

/** The child executions of one distributed Map. */
export class MapRun {
  readonly #settings: MapRunSettings;
  readonly #batches: readonly Batch[];
  readonly #run: Run;
  readonly #items: Tally;
  readonly #executions: Tally;
  readonly #running = new Set<StartedExecution>();
  readonly #startedAtMs: number;

  constructor(settings: MapRunSettings, batches: readonly Batch[], run: Run) {
    this.#settings = settings;
    this.#batches = batches;
    this.#run = run;
    this.#items = new Tally(batches.reduce((sum, { items }) => sum + items, 0));
    this.#executions = new Tally(batches.length);
    this.#startedAtMs = run.clock.nowMs();
  }

  /**
   * Runs all children and gives how they ended, in the order of the items.
   * @throws StateFailure when more have failed than are tolerated; the reason of the signal when it aborts. What runs is stopped.
   * The caller finishes a run that has failed; one that was aborted is finished.
   */
  async run(signal: AbortSignal): Promise<readonly EndedExecution[]> {
    this.#report('RUNNING');
    const { ended } = this.#settings;
    const waiting = [...this.#batches.entries()].filter(([index, { items }]) => {
      if (ended.get(index)?.status !== 'SUCCEEDED') return true;
      this.#move(items, 'pending', 'succeeded');
      return false;
    });
    let failure: Error | undefined;
    const stop = (error: Error): void => {
      failure ??= error;
      for (const child of this.#running) child.stop();
    };
    const onAbort = (): void => stop(reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    const lane = async (): Promise<void> => {
      for (;;) {
        const next = failure === undefined ? waiting.shift() : undefined;
        if (next === undefined) return;
        const [index, batch] = next;
        ended.set(index, await this.#runChild(batch, ended.get(index)));
        if (this.#isOverTolerance())
          stop(
            new StateFailure(
              'States.ExceedToleratedFailureThreshold',
              'The specified tolerated failure threshold was exceeded',
            ),
          );
      }
    };
    try {
      const lanes = Math.min(this.#settings.concurrency, waiting.length);
      await Promise.all(Array.from({ length: lanes }, lane));
    } catch (error) {
      stop(error instanceof Error ? error : new Error('a child did not start', { cause: error }));
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    if (failure instanceof BranchAbortedError) this.finish('ABORTED', 0);
    if (failure !== undefined) throw failure;
    return this.ended;
  }

  /** The children that ended, in the order of the items. */
  get ended(): readonly EndedExecution[] {
    return [...this.#settings.ended].sort(([one], [other]) => one - other).map(([, one]) => one);
  }

  /** The inputs of the children that never started, in the order of the items. */
  get pending(): readonly Json[] {
    const { ended } = this.#settings;
    return this.#batches.filter((_batch, index) => !ended.has(index)).map(({ input }) => input);
  }

  /** @param written results that are in S3 */
  finish(status: MapRunStatus, written: number): void {
    for (const tally of [this.#items, this.#executions]) tally.abortRest();
    this.#items.resultsWritten = this.#executions.resultsWritten = written;
    this.#report(status);
  }

  async #runChild({ input, items }: Batch, before: EndedExecution | undefined): Promise<EndedExecution> {
    const { mapRunArn, label, processor, type } = this.#settings;
    const { executions } = this.#run.ports;
    // Children of the type EXPRESS are started again, as AWS does.
    const redriven =
      before === undefined || type === 'EXPRESS' ? undefined : executions.redriveChild?.(before.executionArn);
    const child =
      redriven ??
      executions.startChild(this.#run.executionArn, {
        mapRunArn,
        label,
        machine: processor,
        type,
        input: textOfJson(input),
      });
    this.#running.add(child);
    this.#move(items, 'pending', 'running');
    const ended = await child.ended;
    this.#running.delete(child);
    this.#move(items, 'running', counted[ended.status]);
    return ended;
  }

  #move(items: number, from: CountedState, to: CountedState): void {
    this.#items.move(items, from, to);
    this.#executions.move(1, from, to);
    this.#report('RUNNING');
  }

  #isOverTolerance(): boolean {
    const { toleratedCount, toleratedPercentage } = this.#settings;
    const { failures, total } = this.#items;
    if (failures === 0) return false;
    if (toleratedCount === undefined && toleratedPercentage === undefined) return true;
    return (
      failures > (toleratedCount ?? Infinity) || (failures / total) * 100 > (toleratedPercentage ?? Infinity)
    );
  }

  #report(status: MapRunStatus): void {
    const { mapRunArn, concurrency, redriveCount, toleratedCount, toleratedPercentage } = this.#settings;
    this.#run.ports.executions.onMapRun({
      mapRunArn,
      executionArn: this.#run.executionArn,
      status,
      startedAtMs: this.#startedAtMs,
      stoppedAtMs: status === 'RUNNING' ? undefined : this.#run.clock.nowMs(),
      maxConcurrency: concurrency,
      redriveCount,
      toleratedFailureCount: toleratedCount ?? 0,
      toleratedFailurePercentage: toleratedPercentage ?? 0,
      itemCounts: this.#items.view(),
      executionCounts: this.#executions.view(),
    });
  }
}
