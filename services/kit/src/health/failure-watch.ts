import type { Clock } from '../clock.ts';
import type { FailureKind } from '../errors.ts';
import { FAILURE_POLICIES } from '../failure-policy.ts';
import type { CheckResult } from './health-checks.ts';

/** How an attempt at some work ended. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: FailureKind; readonly reason: string };

/** Remembers how the last attempt at some work ended, for readiness. */
export interface FailureWatch {
  readonly succeeded: () => void;
  readonly failed: (kind: FailureKind, reason: string) => void;
  /** A readiness check. */
  readonly check: () => CheckResult;
}

/**
 * Watches work that comes from outside. The check fails after an attempt that failed because of what is around the service
 * (`raisesReadiness`), unless a later one succeeds. It does not fail for longer than `countsForMs`: a sender that repeats
 * the work may turn to another process, and a service that gets no work would never be ready again.
 */
export function createFailureWatch(clock: Clock, countsForMs: number): FailureWatch {
  let failure: { readonly atMs: number; readonly reason: string } | undefined;
  return {
    succeeded() {
      failure = undefined;
    },
    failed(kind, reason) {
      if (FAILURE_POLICIES[kind].raisesReadiness) failure = { atMs: clock.nowMs(), reason };
    },
    check() {
      if (failure === undefined || clock.nowMs() - failure.atMs >= countsForMs) return { ok: true };
      return { ok: false, reason: failure.reason };
    },
  };
}
