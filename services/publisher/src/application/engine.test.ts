import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DeadLetter,
  OverviewMessage,
  parseJson,
  ProgressMessage,
  StateMessage,
  topicSpace,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { createFakeBroker, type FakeBroker } from '../testing/fake-broker.ts';
import { createInMemoryJournal } from '../testing/in-memory-journal.ts';
import { createInMemoryQueue } from '../testing/in-memory-queue.ts';
import { sampleHandover, sampleStream, uploadOf, type SampleStream } from '../testing/samples.ts';
import { createTestEngine, TEST_CONNECTION_LIMITS, type TestEngine } from '../testing/test-engine.ts';
import { createVirtualTime, type VirtualTime } from '../testing/virtual-time.ts';

const topics = topicSpace();

function eventsTopic(stream: SampleStream): string {
  return topics.build({ kind: 'events', identityId: stream.identityId, uploadId: uploadOf(stream) });
}
function stateTopic(stream: SampleStream): string {
  return topics.build({ kind: 'state', identityId: stream.identityId, uploadId: uploadOf(stream) });
}

function messagesOf(broker: FakeBroker, stream: SampleStream) {
  return broker.received
    .filter(({ topic }) => topic === eventsTopic(stream))
    .map(({ payload }) => {
      const parsed = parseJson(ProgressMessage, Buffer.from(payload).toString());
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      return parsed.value.data;
    });
}
const offsetsOf = (broker: FakeBroker, stream: SampleStream) =>
  messagesOf(broker, stream).flatMap(({ events }) => events.map(({ offset }) => Number(offset)));

function stateOf(broker: FakeBroker, stream: SampleStream) {
  const parsed = parseJson(
    StateMessage,
    Buffer.from(broker.retained(stateTopic(stream)) ?? new Uint8Array()).toString(),
  );
  return parsed.ok ? parsed.value.data : undefined;
}

describe('publishing handovers', () => {
  let time: VirtualTime;
  let broker: FakeBroker;
  let it1: TestEngine;
  const stream = sampleStream();

  beforeEach(() => {
    time = createVirtualTime();
    broker = createFakeBroker();
    it1 = createTestEngine({ broker, clock: time, timers: time.timers });
    it1.engine.start();
  });

  afterEach(async () => {
    await it1.engine.stop({ force: true });
  });

  it('sends an idle stream at once and acknowledges after the PUBACK, not before', async () => {
    broker.hold(true);
    it1.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(it1.queue.left).toBe(1);
    broker.hold(false);
    await time.settle();
    expect(it1.queue.left).toBe(0);
  });

  it('sends handovers that came together, or gathered behind a message in flight, as one message', async () => {
    broker.hold(true);
    for (let offset = 1; offset <= 4; offset += 1) it1.hand(sampleHandover(stream, offset, offset));
    await time.settle();
    it1.queue.send('other group', JSON.stringify(sampleHandover(stream, 5, 6)));
    it1.queue.send('other group', JSON.stringify(sampleHandover(stream, 7, 7)));
    await time.settle();
    broker.hold(false);
    await time.advanceUntil(() => it1.queue.left === 0);
    const ranges = messagesOf(broker, stream).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]);
    expect(ranges).toEqual([
      [1, 4],
      [5, 7],
    ]);
  });

  it('fills a gap from the journal before what follows it', async () => {
    it1.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    it1.journal.append(sampleHandover(stream, 3, 4));
    it1.journal.append(sampleHandover(stream, 5, 5));
    it1.hand(sampleHandover(stream, 6, 7));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await it1.metrics.gaps.total({ outcome: 'filled' })).toBe(1);
  });

  it('does not fill what another copy has published', async () => {
    it1.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    const elsewhere = sampleHandover(stream, 3, 9);
    it1.journal.append(elsewhere);
    const { state } = elsewhere;
    await it1.journal.summaries.write(state.identityId, state);
    it1.hand(sampleHandover(stream, 10, 10));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 10]);
    expect(await it1.metrics.gaps.total({ outcome: 'publishedElsewhere' })).toBe(1);
  });

  it('goes on, and counts it, when the journal lacks the missing entries', async () => {
    it1.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    it1.hand(sampleHandover(stream, 6, 7));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 6, 7]);
    expect(await it1.metrics.gaps.total({ outcome: 'unavailable' })).toBe(1);
  });

  it('waits for a journal that is away instead of leaving a hole', async () => {
    it1.hand(sampleHandover(stream, 1, 2));
    await time.advance(2_000);
    it1.journal.append(sampleHandover(stream, 3, 4));
    it1.hand(sampleHandover(stream, 5, 5));
    it1.journal.fail(4);
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 4, 5]);
  });

  it('knows a handover that was sent to it twice', async () => {
    it1.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    it1.queue.send('x', JSON.stringify(sampleHandover(stream, 1, 2)));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(await it1.metrics.handovers.total({ outcome: 'duplicate' })).toBe(1);
    // Nothing is left open by it: a polite stop comes to its end.
    let stopped = false;
    void it1.engine.stop({ force: false }).then(() => (stopped = true));
    await time.advanceUntil(() => stopped);
    expect(it1.queue.left).toBe(0);
  });

  it('dead-letters what is no handover, with the place of the mistake, and goes on', async () => {
    it1.queue.send('g', '{"version":1,"source":"stepcast"}');
    it1.queue.send(
      'g',
      JSON.stringify({ ...sampleHandover(stream, 1, 1), state: sampleHandover(sampleStream(2), 1, 1).state }),
    );
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    const letters = it1.deadLetters.map(({ body }) => {
      const parsed = parseJson(DeadLetter, body);
      return parsed.ok ? [parsed.value.code, parsed.value.reason] : [];
    });
    expect(letters).toEqual([
      ['PUBLISHER_HANDOVER_INVALID', expect.stringContaining('$.progress')],
      ['PUBLISHER_HANDOVER_INCONSISTENT', expect.stringContaining('another stream')],
    ]);
    expect(offsetsOf(broker, stream)).toEqual([1]);
    expect(it1.queue.left).toBe(0);
  });

  it('dead-letters a refused message and publishes what is behind it', async () => {
    broker.onPublish(({ payload }) =>
      Buffer.from(payload).toString().includes('"offset":2') ? 0x87 : 'take',
    );
    for (const offset of [1, 2, 3]) {
      it1.hand(sampleHandover(stream, offset, offset));
      await time.settle();
    }
    expect(offsetsOf(broker, stream)).toEqual([1, 3]);
    const [letter] = it1.deadLetters.map(({ body }) => parseJson(DeadLetter, body));
    expect(letter?.ok && letter.value).toMatchObject({
      code: 'PUBLISHER_PUBLISH_REFUSED',
      service: 'publisher',
    });
    expect(letter?.ok && letter.value.original).toContain('"firstOffset":2');
    expect(it1.queue.left).toBe(0);
  });

  it('tries a refusal again that may pass, before it gives up', async () => {
    let quota = 3;
    broker.onPublish(({ topic }) => (topic === eventsTopic(stream) && (quota -= 1) >= 0 ? 0x97 : 'take'));
    it1.hand(sampleHandover(stream, 1, 1));
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1]);
    expect(it1.deadLetters).toEqual([]);
  });

  it('finds the message that closes the connection, dead-letters it and loses none of the others', async () => {
    const streams = Array.from({ length: 12 }, (_unused, index) => sampleStream(index + 1));
    const poison = streams[5] ?? stream;
    broker.onPublish(({ topic }) => (topic === eventsTopic(poison) ? 'close' : 'take'));
    for (const one of streams) it1.hand(sampleHandover(one, 1, 3));
    await time.advanceUntil(() => it1.queue.left === 0);
    for (const one of streams)
      expect(new Set(offsetsOf(broker, one))).toEqual(new Set(one === poison ? [] : [1, 2, 3]));
    expect(it1.deadLetters).toHaveLength(1);
    expect(it1.deadLetters[0]?.body).toContain('PUBLISHER_PUBLISH_REFUSED');
  });

  it('acknowledges nothing while the broker is away, and resumes in order', async () => {
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    broker.up(false);
    it1.hand(sampleHandover(stream, 2, 2));
    it1.hand(sampleHandover(stream, 3, 3));
    await time.advance(60_000);
    expect(it1.queue.left).toBe(2);
    expect(it1.engine.problems()).toHaveProperty('broker');
    broker.up(true);
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
    expect(it1.engine.problems()).toEqual({});
    expect(await it1.metrics.reconnects.total({ connection: 'publish' })).toBeGreaterThan(0);
  });

  it('gives a connection up whose broker acknowledges nothing, and sends again on the next', async () => {
    broker.hold(true);
    it1.hand(sampleHandover(stream, 1, 1));
    await time.advance(29_000);
    const { connects } = broker;
    broker.onPublish(() => 'take');
    await time.advance(2_000);
    broker.hold(false);
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(broker.connects).toBeGreaterThan(connects);
    expect(offsetsOf(broker, stream)).toEqual([1, 1]);
  });

  it.each([Infinity, 100])(
    'condemns nobody when the broker closes on everything (%s messages a window)',
    async (maxPublishes) => {
      const paced = createTestEngine({
        broker,
        clock: time,
        timers: time.timers,
        overrides: { connection: { ...TEST_CONNECTION_LIMITS, maxPublishes } },
      });
      paced.engine.start();
      broker.onPublish(() => 'close');
      for (let owner = 1; owner <= 8; owner += 1) paced.hand(sampleHandover(sampleStream(owner), 1, 1));
      await time.advance(120_000);
      expect(paced.deadLetters).toEqual([]);
      expect(paced.queue.left).toBe(8);
      broker.onPublish(() => 'take');
      await time.advanceUntil(() => paced.queue.left === 0);
      for (let owner = 1; owner <= 8; owner += 1) expect(offsetsOf(broker, sampleStream(owner))).toContain(1);
      await paced.engine.stop({ force: true });
    },
  );

  it('never sends more than 100 messages within a second over one connection', async () => {
    const limited = createTestEngine({
      broker,
      clock: time,
      timers: time.timers,
      overrides: { connection: TEST_CONNECTION_LIMITS },
    });
    limited.engine.start();
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
    await limited.engine.stop({ force: true });
  });

  it('stops politely: what is in hand is published, also the state that waits for its time', async () => {
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    it1.hand(sampleHandover(stream, 2, 2));
    await time.settle();
    expect(stateOf(broker, stream)?.position.offset).toBe(1);
    const stopped = it1.engine.stop({ force: false });
    let done = false;
    void stopped.then(() => (done = true));
    await time.advanceUntil(() => done);
    expect(stateOf(broker, stream)?.position.offset).toBe(2);
    expect(broker.open).toBe(0);
  });
});

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
    const topic = topics.build({ kind: 'overview', identityId: sampleStream().identityId });
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

describe('crashes', () => {
  it('at any moment lose no offset, and duplicates carry the same id', async () => {
    const plan = fc.record({
      crashes: fc.array(fc.record({ afterMs: fc.nat({ max: 700 }), lose: fc.boolean() }), { maxLength: 6 }),
      groups: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 }),
      perReceive: fc.constantFrom(1, 10),
      acknowledge: fc.nat({ max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ crashes, groups, perReceive, acknowledge }) => {
        const time = createVirtualTime();
        const broker = createFakeBroker();
        const queue = createInMemoryQueue({ perReceive });
        const streams = [sampleStream(1), sampleStream(2, 'b'), sampleStream(2, 'c')];
        let current = createTestEngine({ broker, clock: time, timers: time.timers, queue });
        const { journal } = current;
        const ends = new Map<SampleStream, number>();
        for (const [index, length] of groups.entries()) {
          const stream = streams[index % 3] ?? sampleStream();
          const first = (ends.get(stream) ?? 0) + 1;
          ends.set(stream, first + length - 1);
          const last = index >= groups.length - 3;
          current.hand(
            sampleHandover(stream, first, first + length - 1, { status: last ? 'failed' : 'running' }),
          );
        }
        current.engine.start();
        for (const { afterMs, lose } of crashes) {
          broker.hold(true);
          await time.advance(afterMs);
          broker.acknowledge(acknowledge);
          if (lose) broker.onPublish(() => 'loseThenClose');
          await time.settle();
          // The process is gone: nobody hears its acknowledgements, nobody answers its queue.
          queue.crash();
          await current.engine.stop({ force: true });
          broker.drop();
          broker.hold(false);
          broker.onPublish(() => 'take');
          current = createTestEngine({ broker, clock: time, timers: time.timers, queue, journal });
          current.engine.start();
        }
        await time.advanceUntil(() => queue.left === 0);
        for (const [stream, end] of ends) {
          const offsets = offsetsOf(broker, stream);
          expect([...new Set(offsets)]).toEqual(Array.from({ length: end }, (_unused, index) => index + 1));
          expect(stateOf(broker, stream)).toMatchObject({ status: 'failed', position: { offset: end } });
        }
        expect(current.deadLetters).toEqual([]);
        await current.engine.stop({ force: true });
      }),
      { numRuns: 120 },
    );
  });
});
