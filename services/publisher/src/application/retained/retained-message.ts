import { CLOUDEVENTS_CONTENT_TYPE, type IdentityId } from '@stepcast/contracts';
import { asError, errorFields, type Logger } from '@stepcast/kit';
import type { DeadLetters } from '@stepcast/wire';
import { MessageTooLargeError } from '../../domain/errors.ts';
import type { ConnectionPool } from '../connections/connection-pool.ts';
import type { PublishOutcome } from '../connections/publish-job.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import type { Retained } from './paced-topics.ts';

/** What retained topics of every kind take to be published. */
export interface RetainedContext {
  readonly pool: ConnectionPool;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
  /** Every payload has fewer bytes than this. */
  readonly maxPayloadBytes: number;
}

export interface RetainedMessage {
  readonly kind: 'state' | 'overview';
  /** Messages of one key go over one connection. */
  readonly key: string;
  readonly identityId: IdentityId;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Publishes one retained message. What the broker will not have is dead-lettered. Never rejects. */
export async function publishRetained(context: RetainedContext, message: RetainedMessage): Promise<Retained> {
  const { deadLetters, logger, metrics } = context;
  const outcome = await submit(context, message);
  if (outcome.kind === 'abandoned') return { kind: 'abandoned' };
  if (outcome.kind === 'acknowledged') {
    metrics.messages.add({ kind: message.kind });
    return { kind: 'retained' };
  }
  const { code, message: reason } = outcome.error;
  const original = Buffer.from(message.payload).toString();
  try {
    await deadLetters.send([{ code, reason: `${message.kind}: ${reason}`, original }]);
    return { kind: 'dropped' };
  } catch (thrown) {
    logger.error(errorFields(thrown), 'dead letter not stored');
    return { kind: 'failed', error: asError(thrown) };
  }
}

function submit(
  { pool, maxPayloadBytes }: RetainedContext,
  { kind, key, identityId, topic, payload }: RetainedMessage,
): Promise<PublishOutcome> {
  if (payload.length >= maxPayloadBytes)
    return Promise.resolve({
      kind: 'refused',
      error: new MessageTooLargeError(`the ${kind} message`, payload.length, maxPayloadBytes),
    });
  const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
  pool.submit({
    key,
    identityId,
    live: false,
    prepare: () => ({ topic, payload, retain: true, contentType: CLOUDEVENTS_CONTENT_TYPE }),
    settle: resolve,
  });
  return promise;
}
