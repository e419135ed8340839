import type { QueueSender } from '@stepcast/kit';
import { encodeHandover, handoverQueueIds, type Handover } from '@stepcast/wire';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import { Gatherer } from './gatherer.ts';

/** SendMessageBatch takes 10 messages and 1 MiB; half of that leaves room for what SQS counts besides the bodies. */
const LIMITS = { maxRequests: 10, maxBytes: 512 * 1024, maxCalls: 8 };

interface Message {
  readonly body: string;
  readonly groupId: string;
  readonly deduplicationId: string;
}

/**
 * Entries onto the progress queue: FIFO, a group for each stream. A handover has left this process when the queue has it,
 * and nothing else is to be done for it here. What all streams send travels together.
 */
export function createQueueOutbox(sender: QueueSender): ProgressOutbox {
  const gatherer = new Gatherer<Message, true>({
    ...LIMITS,
    bytesOf: ({ body }) => Buffer.byteLength(body),
    keyOf: ({ deduplicationId }) => deduplicationId,
    async call(messages) {
      await sender.send(messages);
      return messages.map(() => true);
    },
  });
  return {
    send(handover: Handover) {
      const sent = gatherer
        .submit({ body: encodeHandover(handover), ...handoverQueueIds(handover) })
        .then(() => undefined);
      return { emitted: sent, settled: sent };
    },
  };
}
