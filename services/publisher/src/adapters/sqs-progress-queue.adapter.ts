import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsReader, sqsOf, type Logger, type SqsReader, type Timers } from '@stepcast/kit';
import type { Delivery, ProgressQueue } from '../ports/progress-queue.port.ts';

export interface SqsProgressQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly random: () => number;
  /** At most this many messages are in hand; receiving pauses there. */
  readonly maxInHand: number;
  /** Receives side by side. */
  readonly receivers: number;
  /** How long SQS hides a message; prolonged while it is in hand. */
  readonly visibilityTimeoutSeconds: number;
  /** Long poll, at most 20. A polite stop may have to wait that long. */
  readonly waitTimeSeconds: number;
}

/** SQS, one message at a time: each is deleted as soon as it is done, whatever the others of its receive do. */
export function createSqsProgressQueue({
  client,
  receivers,
  ...reading
}: SqsProgressQueueOptions): ProgressQueue & Pick<SqsReader, 'status'> {
  let onDelivery: ((delivery: Delivery) => void) | undefined;
  const reader = createSqsReader({
    ...reading,
    sqs: sqsOf(client),
    pollers: receivers,
    onMessages(messages) {
      for (const { id, body, receiveCount, groupId, settle } of messages)
        onDelivery?.({
          id,
          body,
          receiveCount,
          groupId,
          done() {
            settle('done');
          },
          retry(delayMs) {
            settle({ retryAfterMs: delayMs });
          },
        });
    },
  });
  return {
    start(take) {
      onDelivery = take;
      reader.start();
    },
    stop: ({ force }) =>
      reader.stop(
        force ? { graceMs: 0, signal: AbortSignal.abort() } : { graceMs: Number.POSITIVE_INFINITY },
      ),
    status: () => reader.status(),
  };
}
