import type { SQSClient } from '@aws-sdk/client-sqs';
import { errorFields } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { QueueConsumer, QueueMessage, QueueVerdict } from '../queue.ts';
import { createSqsReader, type SqsReader, type SqsReaderOptions } from './sqs-reader.adapter.ts';
import { sqsOf } from './sqs.adapter.ts';

export interface SqsBatchConsumerOptions extends Pick<
  SqsReaderOptions,
  'pollers' | 'maxInHandBytes' | 'visibilityTimeoutSeconds' | 'waitTimeSeconds'
> {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly logger: Logger;
  /**
   * Gets what one receive brought: at most 10 messages; of a FIFO queue those of a group in order. Returns a verdict for
   * each message ID; one that is missing, or a rejection, counts as a retry after `retryAfterMs`.
   */
  readonly handle: (messages: readonly QueueMessage[]) => Promise<ReadonlyMap<string, QueueVerdict>>;
  /** Default 1,000. */
  readonly retryAfterMs?: number;
}

/** Receives from one SQS queue, batch by batch: the messages of a receive end together. */
export function createSqsBatchConsumer(
  options: SqsBatchConsumerOptions,
): QueueConsumer & Pick<SqsReader, 'status'> {
  const { client, logger, handle, retryAfterMs = 1_000, ...reading } = options;
  const reader = createSqsReader({
    ...reading,
    sqs: sqsOf(client),
    logger,
    async onMessages(messages) {
      let verdicts: ReadonlyMap<string, QueueVerdict> = new Map();
      try {
        verdicts = await handle(messages);
      } catch (thrown) {
        logger.error(errorFields(thrown), 'message batch not handled');
      }
      for (const message of messages) message.settle(verdicts.get(message.id) ?? { retryAfterMs });
    },
  });
  return {
    start: () => reader.start(),
    stop: ({ force }) =>
      reader.stop(
        force ? { graceMs: 0, signal: AbortSignal.abort() } : { graceMs: Number.POSITIVE_INFINITY },
      ),
    status: () => reader.status(),
  };
}
