import { describe, expect, it } from 'vitest';
import { OverviewMessage, parseJson, topicSpace, type OverviewEntry } from '@stepcast/contracts';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { sampleHandover, sampleStream, withoutState } from '../../testing/samples.ts';
import { createTestCore } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import type { PublisherCoreOptions } from '../publisher-core.ts';

describe('the overview', () => {
  const topic = topicSpace().build({ kind: 'overview', identityId: sampleStream().identityId });

  function setUp(overrides: Partial<PublisherCoreOptions> = {}) {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const one = createTestCore({ broker, clock: time, timers: time.timers, overrides });
    const writtenAt: number[] = [];
    broker.onPublish((message) => {
      if (message.topic === topic) writtenAt.push(time.nowMs());
      return 'take';
    });
    const uploads = (): readonly OverviewEntry[] => {
      const parsed = parseJson(OverviewMessage, Buffer.from(broker.retained(topic) ?? []).toString());
      return parsed.ok ? parsed.value.data.uploads : [];
    };
    one.start();
    return { time, broker, one, writtenAt, uploads };
  }

  it('is written at most once a second for each identity and lists every upload with its last status', async () => {
    const { time, one, writtenAt, uploads } = setUp();
    one.journal.fail(3);
    for (let upload = 1; upload <= 20; upload += 1) {
      one.hand(sampleHandover(sampleStream(1, `${upload}.png`), 1, 1));
      await time.advance(97);
      one.hand(sampleHandover(sampleStream(1, `${upload}.png`), 2, 2, { status: 'succeeded' }));
    }
    await time.advanceUntil(() => one.queue.left === 0);
    expect(uploads()).toHaveLength(20);
    expect(new Set(uploads().map(({ status }) => status))).toEqual(new Set(['succeeded']));
    for (const [index, at] of writtenAt.entries())
      if (index > 0) expect(at - (writtenAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
    await one.stop({ force: true });
  });

  it('is written every ten seconds while an upload only moves, and soon when its status changes', async () => {
    const { time, one, writtenAt } = setUp();
    const stream = sampleStream();
    const beganMs = time.nowMs();
    for (let offset = 1; offset <= 25; offset += 1) {
      one.hand(withoutState(sampleHandover(stream, offset, offset)));
      await time.advance(1_000);
    }
    expect(writtenAt.map((at) => at - beganMs)).toEqual([0, 10_000, 20_000]);
    one.hand(sampleHandover(stream, 26, 26, { status: 'failed' }));
    await time.advance(1);
    one.hand(sampleHandover(stream, 27, 27));
    await time.advanceUntil(() => writtenAt.length === 5);
    expect(writtenAt.slice(3).map((at) => at - beganMs)).toEqual([25_000, 26_000]);
    await one.stop({ force: true });
  });

  it('of a process that is alone takes one read of the journal, but not before the overlap is over', async () => {
    const { time, one, uploads } = setUp({ overlapMs: 60_000, overviewIntervalMs: 1_000 });
    const stream = sampleStream();
    const elsewhere = sampleHandover(sampleStream(1, 'other.png'), 1, 1);
    const callsOf = async (offset: number) => {
      const before = one.journal.calls;
      one.hand(withoutState(sampleHandover(stream, offset, offset)));
      await time.advance(2_000);
      return one.journal.calls - before;
    };
    expect(await callsOf(1)).toBe(1);
    one.journal.appendLine(elsewhere.identityId, elsewhere.line);
    expect(await callsOf(2)).toBe(1);
    expect(uploads()).toHaveLength(2);
    await time.advance(60_000);
    expect(await callsOf(3)).toBe(1);
    expect(await callsOf(4)).toBe(0);
    expect(
      uploads()
        .map(({ position }) => Number(position.offset))
        .toSorted(),
    ).toEqual([1, 4]);
    await one.stop({ force: true });
  });

  it('of an identity that had no line takes no read, but not before the overlap is over, nor among copies', async () => {
    const begun = { ...withoutState(sampleHandover(sampleStream(), 1, 1)), identityIsNew: true as const };
    const callsOf = async (more: Parameters<typeof setUp>[0]) => {
      const { time, one, uploads } = setUp({ overviewIntervalMs: 1_000, ...more });
      one.hand(begun);
      await time.advance(2_000);
      expect(uploads().map(({ position }) => Number(position.offset))).toEqual([1]);
      one.hand(withoutState(sampleHandover(sampleStream(), 2, 2)));
      await time.advance(2_000);
      expect(uploads().map(({ position }) => Number(position.offset))).toEqual([2]);
      const { calls } = one.journal;
      await one.stop({ force: true });
      return calls;
    };
    expect(await callsOf({ overlapMs: 0 })).toBe(0);
    expect(await callsOf({ overlapMs: 60_000 })).toBe(2);
    expect(await callsOf({ overlapMs: 0, share: { index: 0, of: 2 } })).toBe(2);
  });

  it('of several copies is read from the journal each time', async () => {
    const { time, one, uploads } = setUp({
      share: { index: 0, of: 2 },
      overlapMs: 0,
      overviewIntervalMs: 1_000,
    });
    const stream = sampleStream();
    one.hand(withoutState(sampleHandover(stream, 1, 1)));
    await time.advance(2_000);
    const elsewhere = sampleHandover(sampleStream(1, 'other.png'), 7, 7);
    one.journal.appendLine(elsewhere.identityId, elsewhere.line);
    one.hand(withoutState(sampleHandover(stream, 2, 2)));
    await time.advance(2_000);
    expect(
      uploads()
        .map(({ position }) => Number(position.offset))
        .toSorted(),
    ).toEqual([2, 7]);
    await one.stop({ force: true });
  });

  it('holds the line of an end although the journal does not have it yet', async () => {
    const { time, one, uploads } = setUp({ share: { index: 0, of: 2 } });
    const { settled } = one.core.accept(sampleHandover(sampleStream(), 1, 1, { status: 'succeeded' }));
    await time.settle();
    await settled;
    expect(uploads().map(({ status }) => status)).toEqual(['succeeded']);
    await one.stop({ force: true });
  });

  it('waits for a journal that is away, and readiness says so', async () => {
    const { time, one, uploads } = setUp();
    one.journal.fail(1_000_000);
    one.hand(sampleHandover(sampleStream(), 1, 1, { status: 'succeeded' }));
    await time.advance(60_000);
    expect(one.queue.left).toBe(1);
    expect(one.core.problems()).toEqual({ journal: expect.stringContaining('journal') });
    one.journal.fail(0);
    await time.advanceUntil(() => one.queue.left === 0);
    expect(uploads()).toHaveLength(1);
    expect(one.core.problems()).toEqual({});
    expect(one.deadLetters).toEqual([]);
    await one.stop({ force: true });
  });
});
