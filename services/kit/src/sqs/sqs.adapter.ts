import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { AwsCallError } from '../aws/aws-call-error.ts';
import { AWS_JSON_PROTOCOLS, createAwsJson, type AwsJsonCallOptions } from '../aws/aws-json.adapter.ts';
import { awsPlaceOf } from '../aws/aws-place.ts';
import { systemClock, systemTimers, type Clock, type Timers } from '../clock.ts';

/** SQS takes at most 10 messages and 1 MiB a call (message and batch alike; SQS quotas, August 2025). */
export const SQS_LIMITS = { maxBatchMessages: 10, maxBatchBytes: 1_048_576 } as const;

/** A message of a batch to send. Both IDs for FIFO queues only, and there both. */
export interface SqsSendEntry {
  readonly body: string;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

export interface SqsReceiveOptions {
  /** At most 10. */
  readonly maxMessages: number;
  /** Long poll, at most 20. */
  readonly waitTimeSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  /** FIFO queues only: a receive repeated under the same ID within 5 minutes brings the same messages again. */
  readonly attemptId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SqsMessage {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 at the first delivery. */
  readonly receiveCount: number;
  readonly groupId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number | undefined;
}

/** An entry of a batch that SQS refused. */
export interface SqsBatchFailure {
  /** Its place in the batch. */
  readonly index: number;
  readonly code: string;
  /** The entry itself is wrong: sending it again cannot help. */
  readonly senderFault: boolean;
}

/** SQS's own JSON protocol. Batches have 1 to 10 entries and resolve to the entries that were refused. */
export interface Sqs {
  /** @throws AwsCallError when the call as a whole failed; it may have been carried out */
  sendBatch(queueUrl: string, entries: readonly SqsSendEntry[]): Promise<readonly SqsBatchFailure[]>;
  /**
   * Receives once, without retries: a lost answer hides what it brought until the visibility timeout has passed.
   * @throws AwsCallError
   */
  receive(queueUrl: string, options: SqsReceiveOptions): Promise<readonly SqsMessage[]>;
  /** @throws AwsCallError */
  deleteBatch(queueUrl: string, receiptHandles: readonly string[]): Promise<readonly SqsBatchFailure[]>;
  /** @throws AwsCallError */
  changeVisibilityBatch(
    queueUrl: string,
    entries: readonly { readonly receiptHandle: string; readonly visibilityTimeoutSeconds: number }[],
  ): Promise<readonly SqsBatchFailure[]>;
  /** Closes the connections. Calls under way fail. */
  close(): Promise<void>;
}

const BatchReply = z.object({
  Failed: z
    .array(z.object({ Id: z.string(), Code: z.string().optional(), SenderFault: z.boolean().optional() }))
    .nullish(),
});

const ReceiveReply = z.object({
  Messages: z
    .array(
      z.object({
        MessageId: z.string(),
        ReceiptHandle: z.string(),
        Body: z.string(),
        Attributes: z
          .object({
            ApproximateReceiveCount: z.coerce.number().int().optional(),
            MessageGroupId: z.string().optional(),
            SentTimestamp: z.coerce.number().optional(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});

/** An answer may take so much longer than the long poll that it ends. */
const LONG_POLL_MARGIN_MS = 5_000;

/**
 * SQS by the signed HTTP caller: a seventh to a tenth of the SDK's CPU. The endpoint is the one that the client's
 * configuration says; a queue's URL names the queue only, it does not redirect calls as it does in the SDK. MD5 sums of
 * bodies are not checked, since TLS protects them.
 */
export function createSqs(options: {
  readonly client: SQSClient;
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** From 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  readonly random?: () => number;
  /** Requests under way at a time, long polls included; more wait. Default 64. */
  readonly maxConnections?: number;
  /** How long an answer may take. Long polls have their wait time on top. Default 5,000. */
  readonly timeoutMs?: number;
}): Sqs {
  const { client, clock = systemClock, timers = systemTimers, random = Math.random, ...limits } = options;
  const caller = createAwsJson({
    ...limits,
    protocol: AWS_JSON_PROTOCOLS.sqs,
    place: awsPlaceOf(client, GetQueueAttributesCommand),
    clock,
    timers,
    random,
  });

  async function call<S extends z.ZodType>(
    operation: string,
    input: object,
    Reply: S,
    how: AwsJsonCallOptions = {},
  ): Promise<z.output<S>> {
    const text = await caller.send(operation, JSON.stringify(input), how);
    try {
      return Reply.parse(text === '' ? {} : JSON.parse(text));
    } catch (cause) {
      throw new AwsCallError(operation, 'answer not understood', false, { cause });
    }
  }

  async function batch(
    operation: string,
    queueUrl: string,
    entries: readonly object[],
  ): Promise<readonly SqsBatchFailure[]> {
    const Entries = entries.map((entry, index) => ({ Id: String(index), ...entry }));
    const { Failed } = await call(operation, { QueueUrl: queueUrl, Entries }, BatchReply);
    return (Failed ?? []).map((failure) => ({
      index: Number(failure.Id),
      code: failure.Code ?? 'unknown',
      senderFault: failure.SenderFault === true,
    }));
  }

  return {
    sendBatch: (queueUrl, entries) =>
      batch(
        'SendMessageBatch',
        queueUrl,
        entries.map(({ body, groupId, deduplicationId }) => ({
          MessageBody: body,
          MessageGroupId: groupId,
          MessageDeduplicationId: deduplicationId,
        })),
      ),
    async receive(queueUrl, { maxMessages, waitTimeSeconds, visibilityTimeoutSeconds, attemptId, signal }) {
      const { Messages } = await call(
        'ReceiveMessage',
        {
          QueueUrl: queueUrl,
          MaxNumberOfMessages: maxMessages,
          WaitTimeSeconds: waitTimeSeconds,
          VisibilityTimeout: visibilityTimeoutSeconds,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId', 'SentTimestamp'],
          ReceiveRequestAttemptId: attemptId,
        },
        ReceiveReply,
        {
          timeoutMs: waitTimeSeconds * 1_000 + LONG_POLL_MARGIN_MS,
          maxRetries: 0,
          ...(signal === undefined ? {} : { signal }),
        },
      );
      return (Messages ?? []).map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
        id: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        receiveCount: Attributes?.ApproximateReceiveCount ?? 1,
        groupId: Attributes?.MessageGroupId,
        sentAtMs: Attributes?.SentTimestamp,
      }));
    },
    deleteBatch: (queueUrl, receiptHandles) =>
      batch(
        'DeleteMessageBatch',
        queueUrl,
        receiptHandles.map((ReceiptHandle) => ({ ReceiptHandle })),
      ),
    changeVisibilityBatch: (queueUrl, entries) =>
      batch(
        'ChangeMessageVisibilityBatch',
        queueUrl,
        entries.map(({ receiptHandle, visibilityTimeoutSeconds }) => ({
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: visibilityTimeoutSeconds,
        })),
      ),
    close: () => caller.close(),
  };
}

const shared = new WeakMap<SQSClient, Sqs>();

/**
 * The one {@link Sqs} of a client, on the system's clock and timers, for senders and consumers that are given the client.
 * It needs no closing: connections that are idle end after seconds and do not hold the process.
 */
export function sqsOf(client: SQSClient): Sqs {
  const known = shared.get(client);
  if (known !== undefined) return known;
  const made = createSqs({ client });
  shared.set(client, made);
  return made;
}
