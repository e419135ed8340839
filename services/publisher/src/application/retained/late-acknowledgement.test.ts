import { describe, expect, it } from 'vitest';
import { OverviewMessage, parseJson, topicSpace } from '@stepcast/contracts';
import { stateOf, stateTopic } from '../../testing/published.ts';
import { sampleHandover, sampleStream, withoutState } from '../../testing/samples.ts';
import { startTwoCores } from '../../testing/two-cores.ts';
import { LATEST_ARRIVAL_MS } from './overlap.ts';

/** Two engines at one broker; what the slow one retains on these topics is stuck in the network until it is delivered. */
function setUp({ overlapMs = 0 }: { readonly overlapMs?: number } = {}) {
  const { time, broker, journal, cores, stop } = startTwoCores(['slow', 'other'], () => ({
    share: { index: 0, of: 1 },
    overlapMs,
  }));
  const [slow, other] = cores;
  let stuck: string | undefined;
  const bySlow: { readonly topic: string; readonly atMs: number }[] = [];
  broker.onPublish(({ clientId, topic }) => {
    if (!clientId.startsWith('slow')) return 'take';
    bySlow.push({ topic, atMs: time.nowMs() });
    return topic === stuck ? 'delay' : 'take';
  });
  return {
    time,
    broker,
    journal,
    slow,
    other,
    /** When the slow one sent each message on a topic, in milliseconds after the first. */
    timesOf: (topic: string): readonly number[] => {
      const times = bySlow.filter((one) => one.topic === topic).map(({ atMs }) => atMs);
      return times.map((atMs) => atMs - (times[0] ?? 0));
    },
    stick: (topic: string) => {
      stuck = topic;
    },
    arrive: async () => {
      stuck = undefined;
      broker.deliverDelayed();
      await time.advance(60_000);
    },
    /** Delivers what is stuck, and nothing else. */
    deliver: () => {
      broker.deliverDelayed();
    },
    stop,
  };
}

describe('a retained message that comes in at the broker after a newer one of another engine', () => {
  it('is a running state in front of an end: the end is retained again', async () => {
    const { time, broker, slow, other, stick, arrive, stop } = setUp();
    const stream = sampleStream();
    stick(stateTopic(stream));
    slow.hand(sampleHandover(stream, 1, 11));
    await time.settle();
    other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
    await time.advance(300);
    expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
    await arrive();
    expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
    await stop();
  });

  it('is an end in front of the end of a newer version: that one is retained again', async () => {
    const { time, broker, slow, other, stick, arrive, stop } = setUp();
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    stick(stateTopic(older));
    slow.hand(sampleHandover(older, 1, 3, { status: 'failed' }));
    await time.settle();
    other.hand(sampleHandover(newer, 1, 2, { status: 'succeeded' }));
    await time.advance(300);
    await arrive();
    expect(stateOf(broker, newer)?.position.epoch).toBe('e2');
    await stop();
  });

  it('is an end whose connection ended before its PUBACK, in front of a later end: that one is retained again', async () => {
    const { time, broker, slow, other, stick, arrive, stop } = setUp();
    const stream = sampleStream();
    stick(stateTopic(stream));
    slow.hand(sampleHandover(stream, 1, 118, { status: 'succeeded' }));
    await time.settle();
    other.hand(sampleHandover(stream, 119, 131, { status: 'succeeded' }));
    await time.advance(300);
    expect(stateOf(broker, stream)?.position.offset).toBe(131);
    broker.deliverThenDrop();
    expect(stateOf(broker, stream)?.position.offset).toBe(118);
    await arrive();
    expect(stateOf(broker, stream)?.position.offset).toBe(131);
    await stop();
  });

  it('is put right also when the journal cannot be read at first', async () => {
    const { time, broker, journal, slow, other, stick, arrive, stop } = setUp();
    const stream = sampleStream();
    stick(stateTopic(stream));
    slow.hand(sampleHandover(stream, 1, 11));
    await time.settle();
    other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
    await time.advance(300);
    journal.fail(5);
    await arrive();
    expect(stateOf(broker, stream)?.position.offset).toBe(61);
    await stop();
  });

  it('is an overview: it is made afresh', async () => {
    const { time, broker, slow, other, stick, arrive, stop } = setUp();
    const [mine, elsewhere] = [sampleStream(), sampleStream(1, 'other.png')];
    const topic = topicSpace().build({ kind: 'overview', identityId: mine.identityId });
    stick(topic);
    slow.hand(withoutState(sampleHandover(mine, 1, 1)));
    await time.settle();
    other.hand(withoutState(sampleHandover(elsewhere, 1, 1)));
    await time.advance(300);
    await arrive();
    const parsed = parseJson(OverviewMessage, Buffer.from(broker.retained(topic) ?? []).toString());
    expect(parsed.ok && parsed.value.data.uploads).toHaveLength(2);
    await stop();
  });

  // AWS IoT retains one message a second of a topic: what comes sooner is not retained, and that once was the newer one.
  it.each(['overview', 'state'] as const)(
    'is written again no sooner than its topic allows: %s',
    async (kind) => {
      const { time, broker, slow, other, stick, timesOf, stop } = setUp();
      const [mine, elsewhere] = [sampleStream(), sampleStream(1, 'other.png')];
      const { identityId } = mine;
      const topic = kind === 'state' ? stateTopic(mine) : topicSpace().build({ kind, identityId });
      stick(topic);
      slow.hand(kind === 'state' ? sampleHandover(mine, 1, 11) : withoutState(sampleHandover(mine, 1, 1)));
      await time.settle();
      if (kind === 'state') other.hand(sampleHandover(mine, 12, 61, { status: 'succeeded' }));
      else other.hand(withoutState(sampleHandover(elsewhere, 1, 1)));
      await time.advance(300);
      stick('none');
      broker.deliverDelayed();
      await time.advance(60_000);
      expect(timesOf(topic)).toEqual([0, 1_300]);
      await stop();
    },
  );

  it('is not written again once the process stops', async () => {
    const { time, broker, slow, other, stick, timesOf, stop } = setUp();
    const stream = sampleStream();
    stick(stateTopic(stream));
    slow.hand(sampleHandover(stream, 1, 11));
    await time.settle();
    other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
    await time.advance(300);
    broker.deliverDelayed();
    await time.advance(10);
    await slow.stop({ force: true });
    await time.advance(60_000);
    expect(timesOf(stateTopic(stream))).toEqual([0]);
    await stop();
  });

  it('is left alone when nothing newer has ended: its stream goes on, and so do its states', async () => {
    const { time, broker, slow, other, stick, arrive, stop } = setUp();
    const stream = sampleStream();
    stick(stateTopic(stream));
    slow.hand(sampleHandover(stream, 1, 11));
    await time.settle();
    other.hand(withoutState(sampleHandover(stream, 12, 20)));
    await time.advance(300);
    await arrive();
    expect(broker.received.filter((message) => message.topic === stateTopic(stream))).toHaveLength(1);
    await stop();
  });

  it('costs no read of the journal when it was acknowledged in time', async () => {
    const { time, journal, slow, stop } = setUp();
    const calls = async (lastOffset: number) => {
      const before = journal.calls;
      slow.hand(sampleHandover(sampleStream(lastOffset), 1, lastOffset, { status: 'succeeded' }));
      await time.settle();
      return journal.calls - before;
    };
    // The lines of the identity for its overview.
    expect(await calls(1)).toBe(1);
    await stop();
  });
});

/** As long as the process before may run, and as long as what it sent may be on its way. */
const OVERLAP_MS = 120_000;
const REPEATED_MS = OVERLAP_MS + LATEST_ARRIVAL_MS;

/** A process was killed whose running state is still on its way to the broker; `other` is its successor. */
async function killedWithStuckState() {
  const { slow, stick, ...rest } = setUp({ overlapMs: OVERLAP_MS });
  const stream = sampleStream();
  stick(stateTopic(stream));
  slow.hand(sampleHandover(stream, 1, 11));
  await rest.time.settle();
  await slow.stop({ force: true });
  return { stream, ...rest };
}

describe('a retained message of a process that was killed, which comes in after a newer one of its successor', () => {
  it('is a running state in front of one of a stream that is quiet for long: the newer is retained again', async () => {
    const { stream, time, broker, other, deliver, stop } = await killedWithStuckState();
    other.hand(sampleHandover(stream, 12, 20));
    await time.advance(300);
    deliver();
    await time.advance(REPEATED_MS);
    expect(stateOf(broker, stream)?.position.offset).toBe(20);
    await stop();
  });

  it.each([0, 119_000, 125_000, 160_000])(
    'is a running state in front of an end of %i ms after the start: the end is retained again; after 120 s it was not',
    async (writtenMs) => {
      const { stream, time, broker, other, deliver, stop } = await killedWithStuckState();
      await time.advance(writtenMs);
      other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
      await time.advance(3_000);
      expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
      deliver();
      expect(stateOf(broker, stream)).toMatchObject({ status: 'running', position: { offset: 11 } });
      await time.advance(REPEATED_MS);
      expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
      await stop();
    },
  );

  it('is an overview: it is made afresh once nothing can come in', async () => {
    const { time, broker, slow, other, stick, deliver, stop } = setUp({ overlapMs: OVERLAP_MS });
    const stream = sampleStream();
    const topic = topicSpace().build({ kind: 'overview', identityId: stream.identityId });
    const statuses = () => {
      const parsed = parseJson(OverviewMessage, Buffer.from(broker.retained(topic) ?? []).toString());
      return parsed.ok ? parsed.value.data.uploads.map(({ status }) => status) : [];
    };
    stick(topic);
    slow.hand(sampleHandover(stream, 1, 11));
    await time.settle();
    await slow.stop({ force: true });
    other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
    await time.advance(300);
    deliver();
    expect(statuses()).toEqual(['running']);
    await time.advance(REPEATED_MS);
    expect(statuses()).toEqual(['succeeded']);
    await stop();
  });

  it('costs one message more for each topic of the overlap, however often it was written, and none later', async () => {
    const { time, broker, slow, other, stop } = setUp({ overlapMs: OVERLAP_MS });
    await slow.stop({ force: true });
    const [early, late] = [sampleStream(1), sampleStream(2)];
    const messages = (stream: typeof early) =>
      broker.received.filter(({ topic }) => topic === stateTopic(stream)).length;
    other.hand(sampleHandover(early, 1, 1));
    await time.advance(20_000);
    other.hand(sampleHandover(early, 2, 3, { status: 'succeeded' }));
    await time.advance(REPEATED_MS);
    other.hand(sampleHandover(late, 1, 1));
    await time.advance(1_000);
    other.hand(sampleHandover(late, 2, 3, { status: 'succeeded' }));
    await time.advance(10 * REPEATED_MS);
    expect([messages(early), messages(late)]).toEqual([3, 2]);
    await stop();
  });
});
