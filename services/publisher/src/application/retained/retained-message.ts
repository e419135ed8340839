import { CLOUDEVENTS_CONTENT_TYPE, type IdentityId } from '@stepcast/contracts';
import { asError, errorFields, type Logger } from '@stepcast/kit';
import type { DeadLetters } from '@stepcast/wire';
import { MessageTooLargeError } from '../../domain/errors.ts';
import type { ConnectionPool } from '../connections/connection-pool.ts';
import type { PublishOutcome } from '../connections/publish-job.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import type { Retained } from './paced-topics.ts';

/**
 * When a PUBACK takes longer than this, another copy may have retained something newer while the message was on its way: the
 * message has put it back then, for a broker keeps what comes in last. The journal says then whether that is so.
 */
export const HELD_UP_MS = 250;

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
  /** Asked when the connection has room for it; `false` withdraws it. Default: it stays. */
  readonly isFresh?: () => boolean;
  /**
   * What the topic is to hold now, asked for when the message is to be sent again after a connection ended; `undefined`
   * drops it. Without it the message would undo what another copy has published meanwhile.
   */
  readonly renew: () => Promise<Uint8Array | undefined>;
}

/** The message was not fresh any more when its turn came. */
interface Withdrawn {
  readonly kind: 'withdrawn';
}

/** The topic holds something newer. */
interface Dropped {
  readonly kind: 'dropped';
}

type Submitted = PublishOutcome | Withdrawn | Dropped;

/** Publishes one retained message. What the broker will not have is dead-lettered. Rejects as `renew` does, else never. */
export async function publishRetained(
  context: RetainedContext,
  message: RetainedMessage & { readonly isFresh?: undefined },
): Promise<Retained>;
export async function publishRetained(
  context: RetainedContext,
  message: RetainedMessage,
): Promise<Retained | Withdrawn>;
export async function publishRetained(
  context: RetainedContext,
  message: RetainedMessage,
): Promise<Retained | Withdrawn> {
  const { deadLetters, logger, metrics } = context;
  const outcome = await submit(context, message);
  if (outcome.kind === 'abandoned' || outcome.kind === 'withdrawn' || outcome.kind === 'dropped')
    return outcome;
  if (outcome.kind === 'acknowledged') {
    metrics.count.messages[message.kind]();
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
  { kind, key, identityId, topic, payload, isFresh, renew }: RetainedMessage,
): Promise<Submitted> {
  if (payload.length >= maxPayloadBytes)
    return Promise.resolve({
      kind: 'refused',
      error: new MessageTooLargeError(`the ${kind} message`, payload.length, maxPayloadBytes),
    });
  const { promise, resolve, reject } = Promise.withResolvers<Submitted>();
  const messageOf = (bytes: Uint8Array) => ({
    topic,
    payload: bytes,
    retain: true,
    contentType: CLOUDEVENTS_CONTENT_TYPE,
  });
  pool.submit({
    key,
    identityId,
    live: false,
    prepare() {
      if (isFresh?.() !== false) return messageOf(payload);
      resolve({ kind: 'withdrawn' });
      return undefined;
    },
    async renew() {
      try {
        const renewed = await renew();
        if (renewed !== undefined) return messageOf(renewed);
        resolve({ kind: 'dropped' });
      } catch (thrown) {
        reject(thrown);
      }
      return undefined;
    },
    settle: resolve,
  });
  return promise;
}
