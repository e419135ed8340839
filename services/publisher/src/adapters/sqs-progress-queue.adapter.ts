import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { errorFields, fullJitterMs, pause, type Logger, type Timers } from '@stepcast/kit';
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
  /** Long poll, at most 20. */
  readonly waitTimeSeconds: number;
}

/** A batch call takes at most 10 entries (SQS quotas). */
const BATCH = 10;
const BACKOFF = { baseMs: 200, capMs: 10_000 };

interface InHand {
  readonly receiptHandle: string;
  readonly messageId: string;
}

/** SQS, one message at a time: each is deleted as soon as it is done, whatever the others of its receive do. */
export function createSqsProgressQueue(options: SqsProgressQueueOptions): ProgressQueue {
  const { client, queueUrl, logger, timers, random, maxInHand, receivers, visibilityTimeoutSeconds } =
    options;
  const inHand = new Map<string, InHand>();
  const stopping = new AbortController();
  const deletable: InHand[] = [];
  let flushing: Promise<void> | undefined;
  let wakeReceivers: (() => void)[] = [];
  let onEmpty: (() => void) | undefined;
  let loops: Promise<void>[] = [];
  let cancelHeartbeat: (() => void) | undefined;
  let reserved = 0;

  function ended(message: InHand): boolean {
    if (inHand.get(message.receiptHandle) === undefined) return false;
    inHand.delete(message.receiptHandle);
    for (const wake of wakeReceivers) wake();
    wakeReceivers = [];
    return true;
  }

  function checkEmpty(): void {
    if (inHand.size === 0 && deletable.length === 0 && flushing === undefined) onEmpty?.();
  }

  /** Deletes what is done, gathered over one turn of the event loop, one call after the other. */
  async function flush(): Promise<void> {
    while (deletable.length > 0) {
      const batch = deletable.splice(0, BATCH);
      try {
        const { Failed = [] } = await client.send(
          new DeleteMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: batch.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
            })),
          }),
        );
        if (Failed.length > 0) logger.warn({ failed: Failed.length }, 'handovers not deleted');
      } catch (thrown) {
        // They come again, and are known again.
        logger.warn(errorFields(thrown), 'handovers not deleted');
      }
    }
  }

  function deleteSoon(message: InHand): void {
    deletable.push(message);
    flushing ??= Promise.resolve()
      .then(flush)
      .finally(() => {
        flushing = undefined;
        checkEmpty();
      });
  }

  async function changeVisibility(messages: readonly InHand[], seconds: number): Promise<void> {
    for (let start = 0; start < messages.length; start += BATCH) {
      const batch = messages.slice(start, start + BATCH);
      try {
        await client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: queueUrl,
            Entries: batch.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
              VisibilityTimeout: seconds,
            })),
          }),
        );
      } catch (thrown) {
        logger.warn(errorFields(thrown), 'visibility of handovers not changed');
      }
    }
  }

  function deliveryOf(message: Message): Delivery {
    const mine: InHand = {
      receiptHandle: message.ReceiptHandle ?? '',
      messageId: message.MessageId ?? '',
    };
    inHand.set(mine.receiptHandle, mine);
    return {
      id: mine.messageId,
      body: message.Body ?? '',
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? '1'),
      groupId: message.Attributes?.MessageGroupId,
      done() {
        if (ended(mine)) deleteSoon(mine);
      },
      retry(delayMs) {
        if (!ended(mine)) return;
        void changeVisibility([mine], Math.ceil(delayMs / 1000)).then(checkEmpty);
      },
    };
  }

  async function room(): Promise<void> {
    while (inHand.size + reserved >= maxInHand && !stopping.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wakeReceivers.push(resolve);
      await promise;
    }
  }

  async function receive(onDelivery: (delivery: Delivery) => void): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      await room();
      if (isAborted()) return;
      const wanted = Math.max(1, Math.min(BATCH, maxInHand - inHand.size - reserved));
      reserved += wanted;
      try {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: wanted,
            WaitTimeSeconds: options.waitTimeSeconds,
            VisibilityTimeout: visibilityTimeoutSeconds,
            MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId'],
          }),
          { abortSignal: stopping.signal },
        );
        failures = 0;
        // Registered first, so that none is forgotten by a stop that comes in between.
        for (const delivery of Messages.map(deliveryOf)) onDelivery(delivery);
      } catch (thrown) {
        if (!isAborted()) {
          logger.error(errorFields(thrown), 'progress queue not reachable');
          await pause(timers, fullJitterMs(failures, BACKOFF, random), stopping.signal);
          failures += 1;
        }
      } finally {
        reserved -= wanted;
      }
    }
  }

  function isAborted(): boolean {
    return stopping.signal.aborted;
  }

  function heartbeat(): void {
    cancelHeartbeat = timers.after((visibilityTimeoutSeconds * 1000) / 3, () => {
      void changeVisibility([...inHand.values()], visibilityTimeoutSeconds).finally(() => {
        if (cancelHeartbeat !== undefined) heartbeat();
      });
    });
  }

  return {
    start(onDelivery) {
      heartbeat();
      loops = Array.from({ length: receivers }, () => receive(onDelivery));
    },

    async stop({ force }) {
      stopping.abort();
      for (const wake of wakeReceivers) wake();
      wakeReceivers = [];
      if (force) {
        const left = [...inHand.values()];
        inHand.clear();
        await changeVisibility(left, 0);
      } else {
        await Promise.all(loops);
        const { promise, resolve } = Promise.withResolvers<void>();
        onEmpty = resolve;
        checkEmpty();
        await promise;
      }
      cancelHeartbeat?.();
      cancelHeartbeat = undefined;
      await flushing;
      // A polite stop that waits for the last message is over, too.
      onEmpty?.();
    },
  };
}
