import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { createInMemoryJournal } from '../../testing/in-memory-journal.ts';
import { sampleHandover, sampleSnapshot, sampleStream, withoutState } from '../../testing/samples.ts';
import { createTestCore } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { offsetsOf, stateOf, stateTopic } from '../../testing/published.ts';

describe('the retained state', () => {
  it(
    'is written at most once a second and always ends with the final state, however handovers arrive',
    { tags: ['few-cases'] },
    async () => {
      const arrivals = fc.array(fc.nat({ max: 900 }), { minLength: 1, maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(arrivals, async (waits) => {
          const time = createVirtualTime();
          const broker = createFakeBroker();
          const one = createTestCore({ broker, clock: time, timers: time.timers });
          const { queue, hand } = one;
          const stream = sampleStream();
          const writtenAt: number[] = [];
          broker.onPublish(({ topic }) => {
            if (topic === stateTopic(stream)) writtenAt.push(time.nowMs());
            return 'take';
          });
          one.start();
          for (const [index, wait] of waits.entries()) {
            await time.advance(wait);
            const status = index === waits.length - 1 ? 'succeeded' : 'running';
            hand(sampleHandover(stream, index + 1, index + 1, { status }));
          }
          await time.advanceUntil(() => queue.left === 0);
          const state = stateOf(broker, stream);
          expect(state?.status).toBe('succeeded');
          expect(state?.position.offset).toBe(waits.length);
          for (const [index, at] of writtenAt.entries())
            if (index > 0) expect(at - (writtenAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
          await one.stop({ force: true });
        }),
      );
    },
  );

  it('of all uploads together keeps the limit of the account', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const overrides = { maxRetainedPerSecond: 5 };
    const one = createTestCore({ broker, clock: time, timers: time.timers, overrides });
    const streams = Array.from({ length: 20 }, (_unused, index) => sampleStream(index + 1));
    const writtenAt: number[] = [];
    broker.onPublish(({ retain }) => {
      if (retain) writtenAt.push(time.nowMs());
      return 'take';
    });
    one.start();
    for (const stream of streams) one.hand(sampleHandover(stream, 1, 1, { status: 'succeeded' }));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(writtenAt).toHaveLength(40);
    for (const at of writtenAt)
      expect(writtenAt.filter((other) => other > at - 1_000 && other <= at).length).toBeLessThanOrEqual(5);
    for (const stream of streams) expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await one.stop({ force: true });
  });

  it('keeps the share of one copy among as many as there are now', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    let copies = 1;
    const overrides = { maxRetainedPerSecond: 10, copies: () => copies };
    const one = createTestCore({ broker, clock: time, timers: time.timers, overrides });
    const streams = Array.from({ length: 30 }, (_unused, index) => sampleStream(index + 1));
    const writtenAt: number[] = [];
    broker.onPublish(({ retain }) => {
      if (retain) writtenAt.push(time.nowMs());
      return 'take';
    });
    one.start();
    const begunMs = time.nowMs();
    for (const stream of streams) one.hand(sampleHandover(stream, 1, 1, { status: 'succeeded' }));
    const writtenIn = (fromMs: number, toMs: number) =>
      writtenAt.filter((atMs) => atMs >= begunMs + fromMs && atMs < begunMs + toMs).length;
    await time.advance(2_000);
    expect(writtenIn(0, 2_000)).toBe(20);
    copies = 5;
    await time.advance(4_000);
    expect(writtenIn(3_000, 6_000)).toBe(6);
    copies = 2;
    await time.advance(2_000);
    expect(writtenIn(7_000, 8_000)).toBe(5);
    await one.stop({ force: true });
  });

  it('that had to wait is not published once the journal has gone on: the next snapshot is', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestCore({ broker, clock: time, timers: time.timers });
    const stream = sampleStream();
    one.start();
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    one.hand(sampleHandover(stream, 2, 2));
    await time.settle();
    // By the process that takes over from this one, which also published it.
    one.journal.append(sampleHandover(stream, 3, 3, { status: 'succeeded' }));
    await time.advance(1_500);
    expect(stateOf(broker, stream)?.position.offset).toBe(1);
    one.hand(sampleHandover(stream, 4, 4));
    await time.settle();
    expect(stateOf(broker, stream)?.position.offset).toBe(4);
    await one.stop({ force: true });
  });

  it('that was due later is not published over the end that another correlator has written meanwhile', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const journal = createInMemoryJournal();
    const engine = (clientIdPrefix: string) =>
      createTestCore({ broker, clock: time, timers: time.timers, journal, overrides: { clientIdPrefix } });
    const [mine, other] = [engine('mine'), engine('other')];
    const stream = sampleStream();
    mine.start();
    other.start();
    mine.hand(sampleHandover(stream, 1, 1));
    mine.hand(withoutState(sampleHandover(stream, 2, 2)));
    await time.advance(1_500);
    other.hand(sampleHandover(stream, 3, 3, { status: 'succeeded' }));
    await time.advance(8_500);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
    mine.hand(sampleSnapshot(stream, 2));
    await time.advanceUntil(() => mine.queue.left === 0);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await mine.stop({ force: true });
    await other.stop({ force: true });
  });

  it('that waited for the broker is not published over the end that another engine has published meanwhile', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const journal = createInMemoryJournal();
    const engine = (clientIdPrefix: string) =>
      createTestCore({ broker, clock: time, timers: time.timers, journal, overrides: { clientIdPrefix } });
    const [cutOff, other] = [engine('cut-off'), engine('other')];
    const stream = sampleStream();
    let isCutOff = true;
    broker.onPublish(({ clientId }) =>
      isCutOff && clientId.startsWith('cut-off') ? 'loseThenClose' : 'take',
    );
    cutOff.start();
    other.start();
    cutOff.hand(sampleHandover(stream, 1, 2));
    await time.advance(1_000);
    other.hand(sampleHandover(stream, 3, 3, { status: 'succeeded' }));
    await time.advance(2_000);
    expect(offsetsOf(broker, stream)).toEqual([3]);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
    isCutOff = false;
    await time.advance(60_000);
    expect(offsetsOf(broker, stream)).toEqual([3, 1, 2]);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await cutOff.stop({ force: true });
    await other.stop({ force: true });
  });

  it('of an upload that this process does not know yields to a newer epoch in the journal', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestCore({ broker, clock: time, timers: time.timers });
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    one.start();
    one.journal.append(sampleHandover(newer, 1, 1));
    one.hand(sampleHandover(older, 8, 8, { status: 'succeeded' }));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(stateOf(broker, older)).toBeUndefined();
    await one.stop({ force: true });
  });

  it('never goes back to an older epoch', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestCore({ broker, clock: time, timers: time.timers });
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    one.start();
    one.hand(sampleHandover(newer, 1, 1));
    await time.settle();
    one.hand(sampleHandover(older, 8, 8, { status: 'succeeded' }));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(stateOf(broker, newer)?.position.epoch).toBe('e2');
    await one.stop({ force: true });
  });
});

describe('the retained state of two copies', () => {
  it('never goes back to an older epoch, although each knows only of its own', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const journal = createInMemoryJournal();
    const copy = (index: number) =>
      createTestCore({
        broker,
        clock: time,
        timers: time.timers,
        journal,
        overrides: { share: { index, of: 2 }, clientIdPrefix: `copy-${index}` },
      });
    const [mine, other] = [copy(0), copy(1)];
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    mine.start();
    other.start();
    mine.hand(sampleHandover(older, 1, 1));
    await time.advance(2_000);
    expect(stateOf(broker, older)?.position.epoch).toBe('e1');
    other.hand(sampleHandover(newer, 1, 1));
    await time.advance(2_000);
    mine.hand(sampleHandover(older, 2, 2));
    await time.advance(2_000);
    mine.hand(sampleHandover(older, 3, 3, { status: 'succeeded' }));
    await time.advanceUntil(() => mine.queue.left === 0);
    expect(offsetsOf(broker, older)).toEqual([1, 1, 2, 3]);
    expect(stateOf(broker, newer)?.position.epoch).toBe('e2');
    await mine.stop({ force: true });
    await other.stop({ force: true });
  });
});
