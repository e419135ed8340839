import {
  asError,
  FAILURE_POLICIES,
  failureKindOf,
  type CheckResult,
  type Clock,
  type QueueSender,
} from '@stepcast/kit';

/** A sender that remembers how its last send ended. */
export interface WatchedSender extends QueueSender {
  /** A readiness check. */
  readonly check: () => CheckResult;
}

/** For how long a failed send counts. */
const FAILURE_COUNTS_MS = 30_000;

/**
 * Watches a sender. The check fails for 30 seconds after a send that failed because of what is around the service, not
 * because of the message, unless a later one succeeds. It does not fail for longer: a load balancer that sends no traffic to a service
 * that is not ready would otherwise never see it ready again.
 */
export function watchSender(sender: QueueSender, clock: Clock): WatchedSender {
  let failure: { readonly atMs: number; readonly reason: string } | undefined;
  return {
    async send(messages) {
      try {
        await sender.send(messages);
        failure = undefined;
      } catch (thrown) {
        const blameless = FAILURE_POLICIES[failureKindOf(thrown)].raisesReadiness;
        failure = blameless ? { atMs: clock.nowMs(), reason: asError(thrown).message } : undefined;
        throw thrown;
      }
    },
    check() {
      if (failure === undefined || clock.nowMs() - failure.atMs >= FAILURE_COUNTS_MS) return { ok: true };
      return { ok: false, reason: failure.reason };
    },
  };
}
