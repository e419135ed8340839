import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type Message,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { asError, errorFields, StepcastError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { OutgoingMessage, QueueConsumer, QueueMessage, QueueSender, QueueVerdict } from './queue.ts';

/** SQS takes at most 10 messages and 1 MiB a call (message and batch alike; SQS quotas, August 2025). */
export const SQS_LIMITS = { maxBatchMessages: 10, maxBatchBytes: 1_048_576 } as const;

/** Thrown when SQS did not take every message. */
export class QueueSendError extends StepcastError {
  readonly code = 'KIT_QUEUE_SEND_FAILED';
  readonly retryable: boolean;
  constructor(failed: number, reason: string, retryable: boolean, options?: ErrorOptions) {
    super(`${failed} messages were not taken by the queue: ${reason}`, options);
    this.retryable = retryable;
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

/** Sends to one SQS queue. */
export function createSqsSender(options: {
  readonly client: SQSClient;
  readonly queueUrl: string;
}): QueueSender {
  const { client, queueUrl } = options;
  return {
    async send(messages) {
      for (const batch of planBatches(messages)) {
        const entries = batch.map((message, index): SendMessageBatchRequestEntry => ({
          Id: String(index),
          MessageBody: message.body,
          ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
          ...(message.deduplicationId === undefined
            ? {}
            : { MessageDeduplicationId: message.deduplicationId }),
        }));
        // One after the other: a later batch must not overtake a failed earlier one of the same group.
        const { Failed = [] } = await client
          .send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }))
          .catch((thrown: unknown) => {
            throw new QueueSendError(batch.length, asError(thrown).name, true, { cause: thrown });
          });
        const [first] = Failed;
        if (first !== undefined) {
          throw new QueueSendError(
            Failed.length,
            first.Code ?? 'unknown',
            Failed.some((failure) => failure.SenderFault !== true),
          );
        }
      }
    },
  };
}

export interface SqsConsumerOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly logger: Logger;
  /**
   * Gets what one receive brought: at most 10 messages; of a FIFO queue those of a group in order. Returns a verdict for
   * each message ID; one that is missing, or a rejection, counts as a retry after `retryAfterMs`.
   */
  readonly handle: (messages: readonly QueueMessage[]) => Promise<ReadonlyMap<string, QueueVerdict>>;
  /** How many receives run side by side. Default 4. */
  readonly pollers?: number;
  /** How long SQS hides a message from others while it is in hand. Default 60. It is extended while handling goes on. */
  readonly visibilityTimeoutSeconds?: number;
  /** Default 1,000. */
  readonly retryAfterMs?: number;
  /** Long poll. Default 20, SQS's maximum. */
  readonly waitTimeSeconds?: number;
}

/** Receives from one SQS queue, on sqs-consumer. */
export function createSqsConsumer(options: SqsConsumerOptions): QueueConsumer {
  const {
    client,
    queueUrl,
    logger,
    handle,
    pollers = 4,
    visibilityTimeoutSeconds = 60,
    retryAfterMs = 1_000,
    waitTimeSeconds = 20,
  } = options;

  async function putBack(message: Message, delayMs: number): Promise<void> {
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: message.ReceiptHandle,
          VisibilityTimeout: Math.min(43_200, Math.ceil(delayMs / 1000)),
        }),
      );
    } catch (thrown) {
      // It comes back anyway when its visibility ends; only later.
      logger.warn(errorFields(thrown), 'message visibility not changed');
    }
  }

  async function acknowledge(receiptHandles: readonly string[]): Promise<void> {
    if (receiptHandles.length === 0) return;
    const entries = receiptHandles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    try {
      const { Failed = [] } = await client.send(
        new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
      );
      if (Failed.length > 0) logger.warn({ failed: Failed.length }, 'messages not deleted');
    } catch (thrown) {
      // They come again, and whoever handles them knows them again.
      logger.warn(errorFields(thrown), 'messages not deleted');
    }
  }

  async function handleBatch(messages: Message[]): Promise<Message[]> {
    const incoming = messages.map((message): QueueMessage => ({
      id: message.MessageId ?? '',
      body: message.Body ?? '',
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? '1'),
      groupId: message.Attributes?.MessageGroupId,
    }));
    let verdicts: ReadonlyMap<string, QueueVerdict> = new Map();
    try {
      verdicts = await handle(incoming);
    } catch (thrown) {
      logger.error(errorFields(thrown), 'message batch not handled');
    }
    const done: string[] = [];
    const back: Promise<void>[] = [];
    for (const message of messages) {
      const verdict = verdicts.get(message.MessageId ?? '') ?? { retryAfterMs };
      if (verdict === 'done') done.push(message.ReceiptHandle ?? '');
      else back.push(putBack(message, verdict.retryAfterMs));
    }
    await Promise.all([acknowledge(done), ...back]);
    return messages;
  }

  let stopping = false;
  const consumers = Array.from({ length: pollers }, () => {
    const consumer = Consumer.create({
      queueUrl,
      sqs: client,
      batchSize: SQS_LIMITS.maxBatchMessages,
      waitTimeSeconds,
      visibilityTimeout: visibilityTimeoutSeconds,
      heartbeatInterval: Math.max(1, Math.floor(visibilityTimeoutSeconds / 3)),
      messageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId'],
      // We delete ourselves: its own delete is aborted together with the long poll when it stops.
      shouldDeleteMessages: false,
      alwaysAcknowledge: false,
      suppressFifoWarning: true,
      handleMessageBatch: handleBatch,
      pollingCompleteWaitTimeMs: 30_000,
    });
    consumer.on('error', (error) => {
      // Ending the long poll to stop is no error.
      if (!stopping) logger.error(errorFields(error), 'queue not reachable');
    });
    consumer.on('processing_error', (error) => logger.error(errorFields(error), 'message not handled'));
    return consumer;
  });

  return {
    start() {
      stopping = false;
      for (const consumer of consumers) consumer.start();
    },
    async stop({ force }) {
      stopping = true;
      await Promise.all(
        consumers.map((consumer) => {
          const { promise, resolve } = Promise.withResolvers<void>();
          if (!consumer.status.isRunning) return Promise.resolve();
          consumer.once('stopped', () => {
            resolve();
          });
          // Aborting only ends the long poll; a batch in hand is finished unless `force` has the caller leave.
          consumer.stop({ abort: true });
          return force ? Promise.resolve() : promise;
        }),
      );
    },
  };
}
