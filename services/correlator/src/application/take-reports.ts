import { isExecutionArn, type ExecutionArn } from '@stepcast/contracts';
import { errorFields, type Clock, type Logger, type Timers } from '@stepcast/kit';
import { reportTargetName, type Report, type ReportTarget, type TargetReports } from '@stepcast/wire';
import type { ReportBecame } from '../domain/reports.ts';
import type { CorrelatorMetrics, ReportOutcome } from './correlator-metrics.ts';
import { HoldGivenBackError } from './end-holds.ts';
import type { Executions } from './executions.ts';
import type { FindReported } from './find-reported.ts';

/**
 * Reports in hand at a time: those that wait for their step or their turn, and those that are looked up or written. One
 * beyond them is dropped, and counted. So a store that does not answer has no more than this many reads under way.
 */
export const MAX_WAITING_REPORTS = 500;
/** One that waits for its step is tried again after this time, then after twice as long, and so on. */
const RETRY_MS = 500;
const MAX_RETRY_MS = 2_000;

/** A report that waits. */
interface Waiting extends PromiseWithResolvers<void> {
  readonly report: Report;
  readonly untilMs: number;
}

/** All that is reported of one execution or upload. */
interface Target {
  readonly name: string;
  readonly target: ReportTarget;
  /** By the step that they name: of each the newest. */
  readonly waiting: Map<string, Waiting>;
  /** Nothing is written before. */
  notBeforeMs: number;
  /** Until the next try, unless something is written. */
  retryMs: number;
  isBusy: boolean;
  cancel: () => void;
}

export interface ReportTaker {
  /**
   * Takes reports. Resolves when each is written and all that follows is settled, or it is dropped, and that counted.
   * @throws retryable errors: they are to be redelivered; HoldGivenBackError when the process stops
   */
  take(reports: TargetReports): Promise<void>;
  /** The process stops: what waits goes back. */
  giveBack(): void;
}

export interface ReportTakerOptions {
  readonly find: FindReported;
  readonly executions: Pick<Executions, 'report'>;
  readonly metrics: CorrelatorMetrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How long a report waits for its step. */
  readonly waitMs: number;
  /** Least time between two entries with reports of one execution or upload. */
  readonly intervalMs: number;
}

/** Takes what tasks report: in memory while it waits, at most one write an interval for each target, the newest of each step. */
export class Reports implements ReportTaker {
  readonly #options: ReportTakerOptions;
  readonly #targets = new Map<string, Target>();
  /** All that are not done with, so that each counts once wherever it is. */
  readonly #inHand = new Set<Waiting>();
  #isStopped = false;

  constructor(options: ReportTakerOptions) {
    this.#options = options;
  }

  async take({ target, reports }: TargetReports): Promise<void> {
    if (this.#isStopped) throw new HoldGivenBackError();
    this.#options.metrics.reportsIn(reports.length);
    const name = reportTargetName(target);
    const known = this.#targets.get(name) ?? {
      name,
      target,
      waiting: new Map<string, Waiting>(),
      notBeforeMs: 0,
      retryMs: RETRY_MS,
      isBusy: false,
      cancel: () => undefined,
    };
    this.#targets.set(name, known);
    const taken = reports.map((report) => this.#enqueue(known, report));
    this.#schedule(known, known.notBeforeMs);
    await Promise.all(taken);
  }

  giveBack(): void {
    this.#isStopped = true;
    for (const target of this.#targets.values()) {
      target.cancel();
      for (const waiting of target.waiting.values()) this.#reject(waiting, new HoldGivenBackError());
      target.waiting.clear();
    }
    this.#targets.clear();
  }

  /** The newer of two reports of a step waits; of the other nothing more is heard. */
  #enqueue(target: Target, report: Report): Promise<void> {
    const { clock, metrics, waitMs } = this.#options;
    const nowMs = clock.nowMs();
    // A clock that is ahead must not make the upload look newer than it is.
    const timely = report.atMs > nowMs ? { ...report, atMs: nowMs } : report;
    const step = report.step ?? '';
    const before = target.waiting.get(step);
    if (before !== undefined && isOlder(timely, before.report)) {
      metrics.reports('superseded');
      return Promise.resolve();
    }
    if (before !== undefined) this.#end(target, step, 'superseded');
    if (this.#inHand.size >= MAX_WAITING_REPORTS) {
      metrics.reports('crowded');
      return Promise.resolve();
    }
    const waiting: Waiting = { ...Promise.withResolvers<void>(), report: timely, untilMs: nowMs + waitMs };
    this.#inHand.add(waiting);
    target.waiting.set(step, waiting);
    return waiting.promise;
  }

  #end(target: Target, step: string, outcome: ReportOutcome): void {
    const waiting = target.waiting.get(step);
    if (waiting === undefined) return;
    target.waiting.delete(step);
    this.#options.metrics.reports(outcome);
    this.#resolve(waiting);
  }

  #resolve(waiting: Waiting): void {
    this.#inHand.delete(waiting);
    waiting.resolve();
  }

  #reject(waiting: Waiting, reason: unknown): void {
    this.#inHand.delete(waiting);
    waiting.reject(reason);
  }

  #schedule(target: Target, atMs: number): void {
    if (target.isBusy) return;
    target.cancel();
    const { clock, timers } = this.#options;
    const delayMs = Math.max(0, atMs - clock.nowMs());
    if (delayMs === 0) {
      void this.#run(target);
      return;
    }
    target.cancel = timers.after(delayMs, () => {
      void this.#run(target);
    });
  }

  /** Never rejects. */
  async #run(target: Target): Promise<void> {
    const { clock, logger, intervalMs } = this.#options;
    target.isBusy = true;
    // What comes in meanwhile waits behind them.
    const tried = [...target.waiting];
    target.waiting.clear();
    let isWritten = false;
    try {
      isWritten = await this.#try(target, tried);
    } catch (thrown) {
      logger.warn(errorFields(thrown), 'reports not written');
      // One that was found too early before the failure waits again, and is no failure.
      for (const [step, waiting] of tried)
        if (target.waiting.get(step) !== waiting) this.#reject(waiting, thrown);
    }
    target.isBusy = false;
    if (tried.length === 0 && target.waiting.size === 0) {
      this.#targets.delete(target.name);
      return;
    }
    // Also remembered with nothing that waits, for as long as it has to keep its distance.
    target.notBeforeMs = clock.nowMs() + (isWritten ? intervalMs : target.retryMs);
    target.retryMs = isWritten ? RETRY_MS : Math.min(MAX_RETRY_MS, target.retryMs * 2);
    if (!this.#isStopped) this.#schedule(target, target.notBeforeMs);
  }

  /** @returns whether something was written */
  async #try(target: Target, tried: readonly (readonly [string, Waiting])[]): Promise<boolean> {
    const found = new Map<ExecutionArn, (readonly [string, Waiting])[]>();
    for (const [step, waiting] of tried) {
      const reported = await this.#options.find(target.target, waiting.report);
      if (isExecutionArn(reported)) found.set(reported, [...(found.get(reported) ?? []), [step, waiting]]);
      else this.#became(target, step, waiting, reported);
    }
    let isWritten = false;
    for (const [reported, ones] of found) {
      const reports = ones.map(([, { report }]) => report);
      const { outcomes, settled } = await this.#options.executions.report(reported, reports);
      for (const [step, waiting] of ones) {
        const became = outcomes.find(({ report }) => report === waiting.report)?.became ?? 'early';
        isWritten ||= became === 'applied';
        this.#became(target, step, waiting, became, settled);
      }
    }
    return isWritten;
  }

  #became(
    target: Target,
    step: string,
    waiting: Waiting,
    became: ReportBecame,
    settled: Promise<void> = Promise.resolve(),
  ): void {
    const { clock, metrics } = this.#options;
    const mayWait = became === 'early' && clock.nowMs() < waiting.untilMs;
    if (mayWait && this.#isStopped) this.#reject(waiting, new HoldGivenBackError());
    else if (mayWait && !target.waiting.has(step)) target.waiting.set(step, waiting);
    else {
      metrics.reports(mayWait ? 'superseded' : became);
      settled.then(
        () => {
          this.#resolve(waiting);
        },
        (reason: unknown) => {
          this.#reject(waiting, reason);
        },
      );
    }
  }
}

function isOlder(one: Report, other: Report): boolean {
  return one.atMs === other.atMs ? one.id <= other.id : one.atMs < other.atMs;
}
