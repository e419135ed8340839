import {
  asError,
  createFailureWatch,
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

/**
 * For how long a failed send counts. It is short: a load balancer that sends no traffic to a service that is not ready
 * would otherwise never see it ready again.
 */
const FAILURE_COUNTS_MS = 30_000;

/** Watches a sender; see `createFailureWatch`. */
export function watchSender(sender: QueueSender, clock: Clock): WatchedSender {
  const watch = createFailureWatch(clock, FAILURE_COUNTS_MS);
  return {
    async send(messages) {
      try {
        await sender.send(messages);
        watch.succeeded();
      } catch (thrown) {
        watch.failed(failureKindOf(thrown), asError(thrown).message);
        throw thrown;
      }
    },
    check: watch.check,
  };
}
