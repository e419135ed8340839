import type { Clock, Timers } from '@stepcast/kit';
import type { WindowLimiter } from '../domain/window-limiter.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { PublishOutcome } from './publish-job.ts';
import type { MqttMessage } from '../ports/mqtt-publisher.port.ts';

/** What retained topics share: the pool, the time, and the account's limit on retained messages. */
export interface RetainedContext {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Between two messages of one topic, counted from the PUBACK of the first. */
  readonly intervalMs: number;
  /** Retained messages of all topics together. */
  readonly limiter: WindowLimiter;
}

/**
 * When a retained topic may be written: never before `intervalMs` after its last PUBACK, and only where the limit of all
 * topics together leaves room. Counting from the PUBACK keeps the distance also at the broker.
 * @returns 0 or how many milliseconds to wait
 */
export function retainedWaitMs(context: RetainedContext, lastPublishedAtMs: number): number {
  const nowMs = context.clock.nowMs();
  const ownMs = Math.max(0, lastPublishedAtMs + context.intervalMs - nowMs);
  return ownMs > 0 ? ownMs : context.limiter.waitMs(nowMs, 0);
}

/** Publishes one retained message and tells what became of it. */
export function publishRetained(
  context: RetainedContext,
  options: { readonly key: string; readonly identityId: string; readonly message: MqttMessage },
): Promise<PublishOutcome> {
  const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
  context.limiter.record(context.clock.nowMs(), 0);
  context.pool.submit({
    key: options.key,
    identityId: options.identityId,
    live: false,
    prepare: () => options.message,
    settle: resolve,
  });
  return promise;
}
