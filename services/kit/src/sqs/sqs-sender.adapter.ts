import type { SQSClient } from '@aws-sdk/client-sqs';
import { fullJitterMs } from '../backoff.ts';
import { pause, systemTimers, type Timers } from '../clock.ts';
import { isRetryable, StepcastError, type FailureKind } from '../errors.ts';
import { failureKindOf } from '../failure-policy.ts';
import type { OutgoingMessage, QueueSender } from '../queue.ts';
import { AwsCallError } from '../aws/aws-call-error.ts';
import { SQS_LIMITS, sqsOf, type Sqs, type SqsBatchFailure } from './sqs.adapter.ts';

/** Thrown when SQS did not take every message. */
export class QueueSendError extends StepcastError {
  readonly code = 'KIT_QUEUE_SEND_FAILED';
  readonly retryable: boolean;
  override readonly failure: FailureKind;
  /** Messages that are not known to be stored, in order: those refused, and those not sent because of that. */
  readonly unsent: readonly OutgoingMessage[];
  constructor(
    failed: number,
    reason: string,
    retryable: boolean,
    options: ErrorOptions & { readonly unsent?: readonly OutgoingMessage[] } = {},
  ) {
    super(`${failed} messages were not taken by the queue: ${reason}`, options);
    this.retryable = retryable;
    this.unsent = options.unsent ?? [];
    this.failure = retryable ? 'infrastructure' : failureKindOf(options.cause);
  }
}

/** Cuts messages into calls that SQS takes, keeping their order. Pure; exported for tests. */
export function planBatches(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let current: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    if (
      current.length === SQS_LIMITS.maxBatchMessages ||
      (current.length > 0 && bytes + size > SQS_LIMITS.maxBatchBytes)
    ) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(message);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/**
 * Whether those that failed can be sent again without overtaking: of each group nothing was stored after them. Messages
 * without a group have no order.
 */
export function canResendInOrder(batch: readonly OutgoingMessage[], failed: ReadonlySet<number>): boolean {
  const groups = new Set<string>();
  for (const [index, { groupId }] of batch.entries()) {
    if (groupId === undefined) continue;
    if (failed.has(index)) groups.add(groupId);
    else if (groups.has(groupId)) return false;
  }
  return true;
}

const MAX_RESENDS = 3;
const BACKOFF = { baseMs: 100, capMs: 2_000 };

export interface SqsSenderOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Default the client's shared one. */
  readonly sqs?: Sqs;
  readonly timers?: Timers;
  /** From 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Sends to one SQS queue. Messages of a batch that SQS refuses for reasons of its own are sent again a few times, alone,
 * as long as no later message of their group was stored.
 */
export function createSqsSender(options: SqsSenderOptions): QueueSender {
  const { client, queueUrl, timers = systemTimers, random = Math.random } = options;
  const sqs = options.sqs ?? sqsOf(client);

  /** @returns those that stay refused, and why */
  async function sendBatch(batch: readonly OutgoingMessage[]): Promise<Refused | undefined> {
    let left = batch;
    for (let resends = 0; ; resends += 1) {
      let failures: readonly SqsBatchFailure[];
      try {
        failures = await sqs.sendBatch(queueUrl, left);
      } catch (cause) {
        const reason = cause instanceof AwsCallError ? cause.reason : 'unknown';
        return { messages: left, reason, retryable: isRetryable(cause), cause };
      }
      const [first] = failures;
      if (first === undefined) return undefined;
      const sent = left;
      const failed = new Set(failures.map(({ index }) => index));
      left = sent.filter((_message, index) => failed.has(index));
      const retryable = failures.every(({ senderFault }) => !senderFault);
      if (!retryable || resends >= MAX_RESENDS || !canResendInOrder(sent, failed))
        return { messages: left, reason: first.code, retryable, cause: undefined };
      await pause(timers, fullJitterMs(resends, BACKOFF, random));
    }
  }

  return {
    async send(messages) {
      const batches = planBatches(messages);
      for (const [index, batch] of batches.entries()) {
        // One after the other: a later batch must not overtake a failed earlier one of the same group.
        const refused = await sendBatch(batch);
        if (refused === undefined) continue;
        const unsent = [...refused.messages, ...batches.slice(index + 1).flat()];
        const { reason, retryable, cause } = refused;
        throw new QueueSendError(unsent.length, reason, retryable, {
          unsent,
          ...(cause === undefined ? {} : { cause }),
        });
      }
    },
  };
}

interface Refused {
  readonly messages: readonly OutgoingMessage[];
  readonly reason: string;
  readonly retryable: boolean;
  readonly cause: unknown;
}
