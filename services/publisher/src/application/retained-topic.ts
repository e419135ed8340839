import type { Clock, Timers } from '@stepcast/kit';
import type { RetainedPace } from '../domain/retained-pace.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { PublishOutcome } from './publish-job.ts';
import type { MqttMessage } from '../ports/mqtt-publisher.port.ts';

/** What retained topics share: the pool, the time, and the pace. */
export interface RetainedContext {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly pace: RetainedPace;
}

/** Publishes one retained message and tells what became of it. */
export function publishRetained(
  context: RetainedContext,
  options: { readonly key: string; readonly identityId: string; readonly message: MqttMessage },
): Promise<PublishOutcome> {
  const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
  context.pace.record(context.clock.nowMs());
  context.pool.submit({
    key: options.key,
    identityId: options.identityId,
    live: false,
    prepare: () => options.message,
    settle: resolve,
  });
  return promise;
}
