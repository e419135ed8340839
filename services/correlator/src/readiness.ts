import type { CheckResult, Clock } from '@stepcast/kit';
import type { Table } from './adapters/dynamo-table.ts';

/** Whether a part can do its work, and if not, why. */
export type ReadinessCheck = () => CheckResult | Promise<CheckResult>;

/** One read of the store answers all questions for so long. */
const STORE_CACHE_MS = 10_000;
const SWEEPS_MISSED = 5;
/** A sweep over many executions takes its time. */
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

/** Whether the sweep comes round. */
export function sweepCheck(lastMs: () => number, intervalMs: number, clock: Clock): ReadinessCheck {
  const maxSilenceMs = Math.max(MIN_SWEEP_SILENCE_MS, SWEEPS_MISSED * intervalMs);
  return () => {
    const silentMs = clock.nowMs() - lastMs();
    return silentMs <= maxSilenceMs
      ? { ok: true }
      : { ok: false, reason: `no sweep has succeeded for ${silentMs} ms` };
  };
}
