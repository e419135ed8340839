import { fullJitterMs } from '../backoff.ts';
import { pause } from '../clock.ts';
import { MAX_CALLS, outcomeOf, type Held, type LaneOptions } from './held.ts';
import { SQS_LIMITS } from './sqs.adapter.ts';

/** Deletes wait so long for others to share a call with. */
const GATHER_MS = 5;
const MAX_ATTEMPTS = 3;
const BACKOFF = { baseMs: 200, capMs: 5_000 };

/** Deletes messages that are done, in batches. */
export interface DeleteLane {
  add(held: Held): void;
  /** Deletes at once from now on instead of gathering. */
  hurry(): void;
}

export function createDeleteLane({
  sqs,
  queueUrl,
  logger,
  timers,
  random,
  onSettled,
}: LaneOptions): DeleteLane {
  const waiting: Held[] = [];
  let calls = 0;
  let hurried = false;
  let cancelGathering: (() => void) | undefined;

  function start(): void {
    cancelGathering?.();
    cancelGathering = undefined;
    while (calls < MAX_CALLS && waiting.length > 0) {
      calls += 1;
      void deleteBatch(waiting.splice(0, SQS_LIMITS.maxBatchMessages)).finally(() => {
        calls -= 1;
        start();
      });
    }
  }

  /** What cannot be deleted is delivered again after its visibility timeout; its consumer recognises the repetition. */
  async function deleteBatch(batch: readonly Held[]): Promise<void> {
    for (let left = batch, attempt = 1; left.length > 0; attempt += 1) {
      const handles = left.map(({ receiptHandle }) => receiptHandle);
      const { failed, retryable, fields } = await outcomeOf(left, sqs.deleteBatch(queueUrl, handles));
      const next = retryable && attempt < MAX_ATTEMPTS ? failed : [];
      if (failed.length > next.length)
        logger.warn({ failed: failed.length, ...fields }, 'messages not deleted');
      onSettled(left.filter((one) => !next.includes(one)));
      if (next.length > 0) await pause(timers, fullJitterMs(attempt, BACKOFF, random));
      left = next;
    }
  }

  return {
    add(held) {
      waiting.push(held);
      if (hurried || waiting.length >= SQS_LIMITS.maxBatchMessages) start();
      else cancelGathering ??= timers.after(GATHER_MS, start);
    },
    hurry() {
      hurried = true;
      start();
    },
  };
}
