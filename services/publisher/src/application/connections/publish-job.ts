import type { MessageTooLargeError } from '../../domain/errors.ts';
import type { MqttMessage, PublishRefusedError } from '../../ports/mqtt-publisher.port.ts';

/** Why a message is not published, whatever is tried. */
export type PublishRefusal = PublishRefusedError | MessageTooLargeError;

export type PublishOutcome =
  | { readonly kind: 'acknowledged' }
  /** The broker will not have it. It is gone from the pool; its submitter dead-letters it. */
  | { readonly kind: 'refused'; readonly error: PublishRefusal }
  /** The pool was stopped by force before the broker answered. */
  | { readonly kind: 'abandoned' };

/** One message to publish, made at the last moment. */
export interface PublishJob {
  /** Jobs of one key go over one connection, in order as long as the next is submitted after the last has settled. */
  readonly key: string;
  /** Whose turn it takes. */
  readonly identityId: string;
  /** Goes before what is not: events and replies are live, retained topics are not. */
  readonly live: boolean;
  /**
   * Called once, when the connection has room for it: what came in meanwhile can travel along. `undefined` withdraws
   * the job; `settle` is then not called.
   */
  prepare(): MqttMessage | undefined;
  /**
   * The message as it is to be sent again, asked for when it was prepared for a connection that has ended, or when the
   * broker had no room for it: so late, it may not be right any more. `undefined` withdraws the job; `settle` is then not
   * called. Never rejects. Default: it is sent again as it was.
   */
  readonly renew?: () => Promise<MqttMessage | undefined>;
  settle(outcome: PublishOutcome): void;
}

/** What may be on its way over one connection. `Infinity` means no limit. */
export interface ConnectionLimits {
  /** Messages within any window of `windowMs`. */
  readonly maxPublishes: number;
  /** Payload and topic bytes within any window of `windowMs`. */
  readonly maxBytes: number;
  readonly windowMs: number;
  /** Messages without PUBACK. */
  readonly maxUnacknowledged: number;
  /** The connection is given up when a PUBACK takes longer. */
  readonly ackTimeoutMs: number;
}
