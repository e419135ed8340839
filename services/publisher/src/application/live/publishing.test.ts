import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeHandover } from '@stepcast/wire';
import { createFakeBroker, type FakeBroker } from '../../testing/fake-broker.ts';
import { sampleHandover, sampleSnapshot, sampleStream, withoutState } from '../../testing/samples.ts';
import { createTestCore, TEST_CONNECTION_LIMITS, type TestCore } from '../../testing/test-core.ts';
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts';
import { messagesOf, offsetsOf, stateOf } from '../../testing/published.ts';

describe('publishing handovers', () => {
  let time: VirtualTime;
  let broker: FakeBroker;
  let one: TestCore;
  const stream = sampleStream();

  beforeEach(() => {
    time = createVirtualTime();
    broker = createFakeBroker();
    one = createTestCore({ broker, clock: time, timers: time.timers });
    one.start();
  });

  afterEach(async () => {
    await one.stop({ force: true });
  });

  it('sends an idle stream at once and acknowledges after the PUBACK, not before', async () => {
    broker.hold(true);
    one.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(one.queue.left).toBe(1);
    broker.hold(false);
    await time.settle();
    expect(one.queue.left).toBe(0);
  });

  it('sends handovers that came together, or gathered behind a message in flight, as one message', async () => {
    broker.hold(true);
    for (let offset = 1; offset <= 4; offset += 1) one.hand(sampleHandover(stream, offset, offset));
    await time.settle();
    one.queue.send('other group', encodeHandover(sampleHandover(stream, 5, 6)));
    one.queue.send('other group', encodeHandover(sampleHandover(stream, 7, 7)));
    await time.settle();
    broker.hold(false);
    await time.advanceUntil(() => one.queue.left === 0);
    const ranges = messagesOf(broker, stream).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]);
    expect(ranges).toEqual([
      [1, 4],
      [5, 7],
    ]);
  });

  it('fills a gap from the journal before what follows it', async () => {
    one.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    one.journal.append(sampleHandover(stream, 3, 4));
    one.journal.append(sampleHandover(stream, 5, 5));
    one.hand(sampleHandover(stream, 6, 7));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await one.metrics.gaps.total({ outcome: 'filled' })).toBe(1);
  });

  it('goes on, and counts it, when the journal lacks the missing entries', async () => {
    one.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    one.hand(sampleHandover(stream, 6, 7));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 6, 7]);
    expect(await one.metrics.gaps.total({ outcome: 'unavailable' })).toBe(1);
  });

  it('knows a handover that was sent to it twice', async () => {
    one.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    one.queue.send('x', encodeHandover(sampleHandover(stream, 1, 2)));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(await one.metrics.handovers.total({ outcome: 'duplicate' })).toBe(1);
    // Nothing is left open by it: a polite stop comes to its end.
    let stopped = false;
    void one.stop({ force: false }).then(() => (stopped = true));
    await time.advanceUntil(() => stopped);
    expect(one.queue.left).toBe(0);
  });

  it('publishes a handover that overlaps whole: entries are atomic, a duplicate is harmless', async () => {
    one.hand(sampleHandover(stream, 1, 3));
    await time.settle();
    one.queue.send('g', encodeHandover(sampleHandover(stream, 2, 5)));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 2, 3, 4, 5]);
  });

  it('takes the first handover of a stream that it does not remember as it is', async () => {
    for (const [first, last] of [
      [1, 4],
      [5, 6],
    ] as const)
      one.journal.append(sampleHandover(stream, first, last));
    const { calls } = one.journal;
    one.queue.send('g', encodeHandover(withoutState(sampleHandover(stream, 7, 8))));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([7, 8]);
    // The overview is read; the entries before are not.
    expect(one.journal.calls - calls).toBe(1);
  });

  it('among several copies remembers a stream only while it has it in hand', async () => {
    const copy = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      journal: one.journal,
      overrides: { share: { index: 0, of: 2 } },
    });
    copy.start();
    copy.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    copy.journal.append(sampleHandover(stream, 3, 9));
    copy.hand(sampleHandover(stream, 10, 10));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 10]);
    broker.hold(true);
    copy.hand(sampleHandover(stream, 11, 11));
    await time.settle();
    copy.journal.append(sampleHandover(stream, 12, 13));
    copy.queue.send('other group', encodeHandover(sampleHandover(stream, 14, 14)));
    await time.settle();
    broker.hold(false);
    await time.advanceUntil(() => copy.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 10, 11, 12, 13, 14]);
    await copy.stop({ force: true });
  });

  it('reads a long hole from the journal piece by piece', async () => {
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    for (let offset = 2; offset <= 99; offset += 1)
      one.journal.append(sampleHandover(stream, offset, offset));
    one.hand(sampleHandover(stream, 100, 100));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual(Array.from({ length: 100 }, (_unused, index) => index + 1));
    expect(await one.metrics.events.total({ from: 'journal' })).toBe(98);
  });

  it('retains a snapshot that comes alone, and publishes no event for it', async () => {
    one.hand(withoutState(sampleHandover(stream, 1, 2)));
    one.hand(sampleSnapshot(stream, 2));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(stateOf(broker, stream)?.position.offset).toBe(2);
    expect(one.queue.left).toBe(0);
  });

  it('never sends more than 100 messages within a second over one connection', async () => {
    const limited = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      overrides: { connection: TEST_CONNECTION_LIMITS },
    });
    limited.start();
    const sentAt: number[] = [];
    broker.onPublish(() => {
      sentAt.push(time.nowMs());
      return 'take';
    });
    for (let owner = 1; owner <= 200; owner += 1) limited.hand(sampleHandover(sampleStream(owner), 1, 1));
    await time.advanceUntil(() => limited.queue.left === 0);
    for (const at of sentAt)
      expect(sentAt.filter((one) => one > at - 1_000 && one <= at).length).toBeLessThanOrEqual(100);
    expect(sentAt.length).toBeGreaterThanOrEqual(200);
    await limited.stop({ force: true });
  });

  it('tells apart that events are emitted and that an end is retained', async () => {
    const seen: string[] = [];
    const first = one.core.accept(sampleHandover(stream, 1, 1));
    await first.settled;
    const end = one.core.accept(sampleHandover(stream, 2, 2, { status: 'succeeded' }));
    void end.emitted.then(() => seen.push('emitted'));
    void end.settled.then(() => seen.push('settled'));
    await time.settle();
    expect(seen).toEqual(['emitted']);
    expect(stateOf(broker, stream)?.status).toBe('running');
    await time.advanceUntil(() => seen.length === 2);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
  });

  it('rejects what is in hand when it is stopped by force, and what comes after', async () => {
    broker.hold(true);
    const inHand = one.core.accept(sampleHandover(stream, 1, 1));
    await time.settle();
    await one.core.stop({ force: true });
    await expect(inHand.emitted).rejects.toMatchObject({ code: 'PUBLISHER_STOPPED', retryable: true });
    await expect(one.core.accept(sampleHandover(stream, 1, 1)).settled).rejects.toMatchObject({
      code: 'PUBLISHER_STOPPED',
    });
  });

  it('stops politely: what is in hand is published, also the state that waits for its time', async () => {
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    one.hand(sampleHandover(stream, 2, 2));
    await time.settle();
    expect(stateOf(broker, stream)?.position.offset).toBe(1);
    const stopped = one.stop({ force: false });
    const sinceMs = time.nowMs();
    let done = false;
    void stopped.then(() => (done = true));
    await time.advanceUntil(() => done);
    expect(stateOf(broker, stream)?.position.offset).toBe(2);
    expect(broker.open).toBe(0);
    // The ten seconds between two states are for those who watch; the end of a process waits for what the broker demands only.
    expect(time.nowMs() - sinceMs).toBeLessThanOrEqual(1_000);
  });
});
