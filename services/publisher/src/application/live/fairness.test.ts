import { describe, expect, it } from 'vitest';
import { topicSpace } from '@stepcast/contracts';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { createInMemoryQueue } from '../../testing/in-memory-queue.ts';
import { identity, sampleHandover, sampleStream } from '../../testing/samples.ts';
import { createTestCore, TEST_CONNECTION_LIMITS } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';

const SECONDS = 10;

/**
 * p99 in virtual milliseconds, from handing over an event to its PUBACK, over nine quiet identities. Each identity hands
 * over two events a second, every one in a stream of its own; the first of them `load` times as many. With 50 that is
 * 118 events a second and as many states, where one connection may carry 73 messages in their turn.
 */
async function quietP99(load: number, maxConnections: number, roundTripMs: number): Promise<number> {
  const time = createVirtualTime();
  const topics = topicSpace();
  const handedAt = new Map<string, number>();
  const latencies: number[] = [];
  const broker = createFakeBroker({}, (acknowledge) => {
    const message = broker.received.at(-1);
    time.timers.after(roundTripMs, () => {
      const topic = topics.parse(message?.topic ?? '');
      if (topic?.kind === 'events' && topic.identityId !== identity(1))
        latencies.push(time.nowMs() - (handedAt.get(message?.topic ?? '') ?? 0));
      acknowledge();
    });
  });
  const queue = createInMemoryQueue({ maxInHand: 10_000 });
  const one = createTestCore({
    broker,
    clock: time,
    timers: time.timers,
    queue,
    overrides: { maxConnections, connection: TEST_CONNECTION_LIMITS },
  });
  const give = (owner: number, name: string) => {
    const handover = sampleHandover(sampleStream(owner, name), 1, 1);
    const { identityId, uploadId } = handover;
    handedAt.set(topics.build({ kind: 'events', identityId, uploadId }), time.nowMs());
    one.hand(handover);
  };
  one.start();
  await time.advance(1_000);
  for (let tick = 0; tick < SECONDS * 10; tick += 1) {
    for (let copy = 0; copy < load / 5; copy += 1) give(1, `${tick}-${copy}`);
    await time.advance(37);
    for (let owner = 2; owner <= 10; owner += 1) if (tick % 5 === owner % 5) give(owner, `${tick}`);
    await time.advance(63);
  }
  await time.advance(60_000);
  await one.stop({ force: true });
  expect(latencies).toHaveLength(9 * 2 * SECONDS);
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Infinity;
}

describe('fairness', () => {
  it.each([
    [1, 20],
    [10, 20],
    [1, 2],
    [10, 2],
  ])(
    'one identity at 50 times the load does not double the p99 of the others (at most %i connections, %i ms to the broker and back)',
    async (maxConnections, roundTripMs) => {
      const alone = await quietP99(1, maxConnections, roundTripMs);
      const crowded = await quietP99(50, maxConnections, roundTripMs);
      expect(alone).toBeGreaterThanOrEqual(roundTripMs);
      expect(crowded).toBeLessThanOrEqual(2 * alone);
    },
  );
});
