import type { Clock } from '../clock.ts';
import type { SqsReader } from '../sqs/sqs-reader.adapter.ts';
import type { CheckResult } from './health-checks.ts';

/**
 * A readiness check of a queue's reader: it fails when no receive has succeeded for long.
 * @param options.maxFailingMs default 30,000
 */
export function queueCheck(
  reader: Pick<SqsReader, 'status'>,
  options: { readonly clock: Clock; readonly maxFailingMs?: number },
): () => CheckResult {
  const { clock, maxFailingMs = 30_000 } = options;
  return () => {
    const { failingSinceMs, lastError } = reader.status();
    const failingMs = failingSinceMs === undefined ? 0 : clock.nowMs() - failingSinceMs;
    if (failingMs <= maxFailingMs) return { ok: true };
    return { ok: false, reason: `not reachable for ${failingMs} ms: ${lastError ?? 'unknown'}` };
  };
}
