import * as z from 'zod';
import { parseJson } from '@stepcast/contracts';
import type { Overloaded } from '../questions.ts';
import type { Workload } from '../workload.ts';
import type { Path } from './path.ts';

const Attributes = z.object({
  Attributes: z.object({
    ApproximateNumberOfMessages: z.coerce.number(),
    ApproximateNumberOfMessagesNotVisible: z.coerce.number(),
  }),
});

/** Messages of a queue that are not deleted. */
async function waitingIn(queueUrl: string): Promise<number> {
  const response = await fetch(new URL('/', queueUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.GetQueueAttributes' },
    body: JSON.stringify({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    signal: AbortSignal.timeout(10_000),
  });
  const parsed = parseJson(Attributes, await response.text());
  if (!parsed.ok) throw new Error('the attributes of a queue do not read');
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inHand } =
    parsed.value.Attributes;
  return visible + inHand;
}

/** Payloads that are offered before the backlog is read again. */
const TOGETHER = 16;

/**
 * Offers more than can be taken. While the backlog is at its bound nothing is offered: that stays with the source, as
 * CloudWatch Logs holds it for 24 hours.
 */
export async function startOverload(options: {
  readonly path: Path;
  readonly workload: Workload;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly queuesUrl: string;
  readonly maxWaiting: number;
}): Promise<Overloaded> {
  const { path, workload, eventsPerSecond, seconds, queuesUrl, maxWaiting } = options;
  const beganMs = performance.now();
  const deadlineMs = seconds * 1_000;
  let [taken, fullMs, peakWaiting, nowMs] = [0, 0, 0, 0];
  while (nowMs < deadlineMs) {
    const waiting = await waitingIn(queuesUrl);
    peakWaiting = Math.max(peakWaiting, waiting);
    const isFull = waiting >= maxWaiting;
    const isDue = taken < (nowMs / 1_000) * eventsPerSecond;
    if (!isFull && isDue) {
      const payloads = workload.next(TOGETHER);
      taken += payloads.reduce((sum, one) => sum + one.events, 0);
      await Promise.all(payloads.map(({ payload }) => path.offer(payload.awslogs.data)));
    } else await new Promise((resolve) => setTimeout(resolve, 5));
    const beforeMs = nowMs;
    nowMs = performance.now() - beganMs;
    if (isFull) fullMs += nowMs - beforeMs;
  }
  return {
    taken,
    heldBack: Math.max(0, Math.round((nowMs / 1_000) * eventsPerSecond - taken)),
    tookSeconds: nowMs / 1_000,
    fullShare: fullMs / nowMs,
    peakWaiting,
    endedInAll: workload.ended,
  };
}
