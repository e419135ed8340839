import {
  createSqsReader,
  failureKindOf,
  retryDelayMs,
  type ReceivedMessage,
  type SqsReader,
  type SqsReaderOptions,
} from '@stepcast/kit';
import type { ProgressQueue } from '../ports/progress-queue.port.ts';

export interface SqsProgressQueueOptions extends Omit<SqsReaderOptions, 'onMessages'> {
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** When there is no better reason to wait for so long: what could not be handled for good is not hurried. */
const LAST_RESORT_MS = 60_000;

/** SQS, one message at a time: each is deleted as soon as it is done, whatever the others of its receive do. */
export function createSqsProgressQueue(
  options: SqsProgressQueueOptions,
): ProgressQueue & Pick<SqsReader, 'status'> {
  const { random } = options;
  let handle: (body: string) => Promise<void> = () => Promise.resolve();
  const stopNow = new AbortController();

  async function take(message: ReceivedMessage): Promise<void> {
    try {
      await handle(message.body);
      message.settle('done');
    } catch (thrown) {
      const delayMs = retryDelayMs(failureKindOf(thrown), message.receiveCount - 1, random);
      message.settle({ retryAfterMs: stopNow.signal.aborted ? 0 : (delayMs ?? LAST_RESORT_MS) });
    }
  }
  const reader = createSqsReader({
    ...options,
    onMessages(messages) {
      for (const message of messages) void take(message);
    },
  });

  return {
    start(onMessage) {
      handle = onMessage;
      reader.start();
    },
    async stop({ force }) {
      if (force) stopNow.abort();
      await reader.stop({ graceMs: force ? 0 : Infinity, signal: stopNow.signal });
    },
    status: () => reader.status(),
  };
}
