import type { QueueSender } from '@stepcast/kit';
import { planMessages } from '../domain/plan-messages.ts';
import type { BatchTaker } from '../ports/batch-taker.port.ts';

/** Batches of records onto the FIFO events queue. */
export function createEventsQueue(options: {
  readonly sender: QueueSender;
  /** Makes the nonce of an invocation; unique over all invocations. */
  readonly ids: () => string;
  /** Bodies stay within this many bytes. Default 240,000; SQS takes 1 MiB, smaller is kinder to its readers. */
  readonly maxBodyBytes?: number | undefined;
}): BatchTaker {
  const { sender, ids, maxBodyBytes = 240_000 } = options;
  return {
    async take(executions, reports) {
      const messages = planMessages(executions, { maxBodyBytes, nonce: ids() }, reports);
      await sender.send(messages);
      return messages.length;
    },
  };
}
