import { AwsCallError } from '../aws/aws-call-error.ts';
import type { Clock } from '../clock.ts';
import { asError, errorFields } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface OutageStatus {
  readonly lastReceiveAtMs: number | undefined;
  readonly failingSinceMs: number | undefined;
  readonly lastError: string | undefined;
}

/** Whether a queue can be read. Logs when that ends, and when it begins again. */
export interface Outage {
  failed(thrown: unknown): void;
  /** @param startedMs when the receive that succeeded began */
  received(startedMs: number): void;
  status(): OutageStatus;
}

export function createOutage(options: {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly queue: string;
}): Outage {
  const { logger, clock, queue } = options;
  let lastReceiveAtMs: number | undefined;
  let lastFailureAtMs = 0;
  let current: { readonly sinceMs: number; lastError: string } | undefined;
  return {
    failed(thrown) {
      lastFailureAtMs = clock.nowMs();
      const reason = thrown instanceof AwsCallError ? thrown.reason : asError(thrown).name;
      if (current === undefined) {
        current = { sinceMs: lastFailureAtMs, lastError: reason };
        logger.error({ queue, ...errorFields(thrown) }, 'queue not reachable');
      } else current.lastError = reason;
    },
    received(startedMs) {
      lastReceiveAtMs = clock.nowMs();
      // A long poll that began before the last failure says nothing about what came after.
      if (current === undefined || startedMs < lastFailureAtMs) return;
      logger.info({ queue, outageMs: lastReceiveAtMs - current.sinceMs }, 'queue reachable again');
      current = undefined;
    },
    status: () => ({
      lastReceiveAtMs,
      failingSinceMs: current?.sinceMs,
      lastError: current?.lastError,
    }),
  };
}
