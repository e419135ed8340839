import {
  createFailureWatch,
  type CheckResult,
  type Clock,
  type FailureWatch,
  type Outcome,
} from '@stepcast/kit';
import type { Table } from './adapters/dynamo-table.ts';
import type { Operation } from './adapters/sfn-directory.adapter.ts';
import type { Queue } from './application/take-messages.ts';

/** Whether a part can do its work, and if not, why. */
export type ReadinessCheck = () => CheckResult | Promise<CheckResult>;

/** One read of the store answers all questions for so long. */
const STORE_CACHE_MS = 10_000;
const SWEEPS_MISSED = 5;
/** An execution is visited within the time limits of the store and of Step Functions, and their retries. */
const MIN_SWEEP_SILENCE_MS = 5 * 60_000;

/** Whether the store answers a consistent read. */
export function storeCheck(table: Pick<Table, 'get'>, clock: Clock): ReadinessCheck {
  let cached: { readonly atMs: number; readonly result: Promise<CheckResult> } | undefined;
  async function read(): Promise<CheckResult> {
    try {
      await table.get({ pk: 'readiness', sk: 'readiness' });
      return { ok: true };
    } catch (thrown) {
      return { ok: false, reason: thrown instanceof Error ? thrown.message : 'unknown' };
    }
  }
  return () => {
    const nowMs = clock.nowMs();
    if (cached === undefined || nowMs - cached.atMs >= STORE_CACHE_MS)
      cached = { atMs: nowMs, result: read() };
    return cached.result;
  };
}

/**
 * Whether sweeps come round, and the last one did. One over many executions lasts long: it need not have ended, but must have
 * come on.
 */
export function sweepCheck(options: {
  /** When an execution was visited last, or a sweep ended. */
  readonly lastMs: () => number;
  /** Why the last sweep did not reach its end; undefined when it did. */
  readonly failure: () => string | undefined;
  readonly intervalMs: number;
  readonly clock: Clock;
}): () => CheckResult {
  const { lastMs, failure, intervalMs, clock } = options;
  const maxSilenceMs = Math.max(MIN_SWEEP_SILENCE_MS, SWEEPS_MISSED * intervalMs);
  return () => {
    const reason = failure();
    if (reason !== undefined) return { ok: false, reason: `the last sweep failed: ${reason}` };
    const silentMs = clock.nowMs() - lastMs();
    return silentMs <= maxSilenceMs
      ? { ok: true }
      : { ok: false, reason: `no sweep has come on for ${silentMs} ms` };
  };
}

/** The messages of a queue, or the calls of an operation of Step Functions. */
type Work = Queue | Operation;

/** How the last message of each queue, and the last call of each operation, ended. */
export interface WorkWatch {
  readonly note: (work: Work, outcome: Outcome) => void;
  readonly check: ReadinessCheck;
}

/**
 * Longer than the longest wait before a redelivery (60 s) with an attempt in which Step Functions stays silent (three times
 * 10 s), so that a failure that lasts is seen all the time.
 */
const FAILURE_COUNTS_MS = 120_000;

/**
 * Whether messages can be processed, by queue, and Step Functions be asked, by operation: no message waits for a repair, which
 * alone needs the right to read a history. See `createFailureWatch`.
 * @param sweepIntervalMs some operations are asked by sweeps alone: a failure counts until the next one and longer
 */
export function watchWork(clock: Clock, sweepIntervalMs: number): WorkWatch {
  const countsForMs = Math.max(FAILURE_COUNTS_MS, 2 * sweepIntervalMs);
  const watches = new Map<Work, FailureWatch>();
  return {
    note(work, outcome) {
      const watch = watches.get(work) ?? createFailureWatch(clock, countsForMs);
      watches.set(work, watch);
      if (outcome.kind === 'done') watch.succeeded();
      else watch.failed(outcome.kind, outcome.reason);
    },
    check() {
      const problems: string[] = [];
      for (const [work, watch] of watches) {
        const result = watch.check();
        if (!result.ok) problems.push(`${work}: ${result.reason}`);
      }
      return problems.length === 0 ? { ok: true } : { ok: false, reason: problems.join('; ') };
    },
  };
}
