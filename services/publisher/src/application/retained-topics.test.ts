import { describe, expect, it } from '@jest/globals';
import { OverviewMessage, parseJson, topicSpace } from '@stepcast/contracts';
import fc from 'fast-check';
import { createFakeBroker } from '../testing/fake-broker.ts';
import { createInMemoryJournal } from '../testing/in-memory-journal.ts';
import { sampleHandover, sampleStream } from '../testing/samples.ts';
import { createTestEngine } from '../testing/test-engine.ts';
import { createVirtualTime } from '../testing/virtual-time.ts';
import { offsetsOf, stateOf, stateTopic } from '../testing/published.ts';

describe('the retained state', () => {
  it('is written at most once a second and always ends with the final state, however handovers arrive', async () => {
    const arrivals = fc.array(fc.nat({ max: 900 }), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (waits) => {
        const time = createVirtualTime();
        const broker = createFakeBroker();
        const { engine, queue, hand } = createTestEngine({ broker, clock: time, timers: time.timers });
        const stream = sampleStream();
        const writtenAt: number[] = [];
        broker.onPublish(({ topic }) => {
          if (topic === stateTopic(stream)) writtenAt.push(time.nowMs());
          return 'take';
        });
        engine.start();
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
        await engine.stop({ force: true });
      }),
      { numRuns: 40 },
    );
  });

  it('of many busy uploads is written more rarely, the final one all the same within a second', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestEngine({
      broker,
      clock: time,
      timers: time.timers,
      overrides: { usualRetainedPerSecond: 10 },
    });
    const streams = Array.from({ length: 20 }, (_unused, index) => sampleStream(index + 1));
    const first = sampleStream(1);
    let written = 0;
    broker.onPublish(({ topic }) => {
      if (topic === stateTopic(first)) written += 1;
      return 'take';
    });
    one.engine.start();
    for (let offset = 1; offset <= 30; offset += 1) {
      for (const stream of streams) one.hand(sampleHandover(stream, offset, offset));
      await time.advance(500);
    }
    // 40 topics are busy, states and overviews: each has its turn every four seconds.
    expect(written).toBeGreaterThanOrEqual(3);
    expect(written).toBeLessThanOrEqual(6);
    for (const stream of streams) one.hand(sampleHandover(stream, 31, 31, { status: 'succeeded' }));
    await time.advance(1_000);
    expect(one.queue.left).toBe(0);
    for (const stream of streams) expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await one.engine.stop({ force: true });
  });

  it('a state that had to wait is read anew, so that another copy is not undone', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestEngine({ broker, clock: time, timers: time.timers });
    const stream = sampleStream();
    one.engine.start();
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    one.hand(sampleHandover(stream, 2, 2));
    await time.settle();
    one.journal.append(sampleHandover(stream, 3, 3, { status: 'succeeded' }));
    await time.advance(1_500);
    expect(stateOf(broker, stream)?.status).toBe('succeeded');
    await one.engine.stop({ force: true });
  });

  it('never goes back to an older epoch', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestEngine({ broker, clock: time, timers: time.timers });
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    one.engine.start();
    one.hand(sampleHandover(newer, 1, 1));
    await time.settle();
    one.hand(sampleHandover(older, 8, 8, { status: 'succeeded' }));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(stateOf(broker, newer)?.position.epoch).toBe('e2');
    await one.engine.stop({ force: true });
  });
});

describe('the retained state of two copies', () => {
  it('never goes back to an older epoch, although each knows only of its own', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const journal = createInMemoryJournal();
    const copy = (index: number) =>
      createTestEngine({
        broker,
        clock: time,
        timers: time.timers,
        journal,
        overrides: { share: { index, of: 2 }, clientIdPrefix: `copy-${index}` },
      });
    const [mine, other] = [copy(0), copy(1)];
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    mine.engine.start();
    other.engine.start();
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
    await mine.engine.stop({ force: true });
    await other.engine.stop({ force: true });
  });
});

describe('the overview', () => {
  it('is written at most once a second for each identity and lists every upload with its last status', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestEngine({ broker, clock: time, timers: time.timers });
    const topic = topicSpace().build({ kind: 'overview', identityId: sampleStream().identityId });
    const writtenAt: number[] = [];
    broker.onPublish((message) => {
      if (message.topic === topic) writtenAt.push(time.nowMs());
      return 'take';
    });
    one.engine.start();
    one.journal.fail(3);
    for (let upload = 1; upload <= 20; upload += 1) {
      one.hand(sampleHandover(sampleStream(1, `${upload}.png`), 1, 1));
      await time.advance(97);
      one.hand(sampleHandover(sampleStream(1, `${upload}.png`), 2, 2, { status: 'succeeded' }));
    }
    await time.advanceUntil(() => one.queue.left === 0);
    const parsed = parseJson(OverviewMessage, Buffer.from(broker.retained(topic) ?? []).toString());
    const uploads = parsed.ok ? parsed.value.data.uploads : [];
    expect(uploads).toHaveLength(20);
    expect(new Set(uploads.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    for (const [index, at] of writtenAt.entries())
      if (index > 0) expect(at - (writtenAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
    await one.engine.stop({ force: true });
  });
});
