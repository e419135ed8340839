import type { Clock, Timers } from '@stepcast/kit';
import type { DeadLetters, GivenUp } from '@stepcast/wire';
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

/**
 * What became of something that was offered to a retained topic: `settled`, it is published or dead-lettered; `lost`, it
 * is neither, and the handover that brought it must not be acknowledged.
 */
export type Told = 'settled' | 'lost';

/** Dead-letters what a retained topic cannot hold. Never rejects: the sender has logged why. */
export async function tellOperators(deadLetters: DeadLetters, letter: GivenUp): Promise<Told> {
  try {
    await deadLetters.send([letter]);
    return 'settled';
  } catch {
    return 'lost';
  }
}
