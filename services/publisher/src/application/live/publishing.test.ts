import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseJson } from '@stepcast/contracts';
import { QueueSendError } from '@stepcast/kit';
import { DeadLetter, encodeHandover } from '@stepcast/wire';
import { createFakeBroker, type FakeBroker } from '../../testing/fake-broker.ts';
import { sampleHandover, sampleSnapshot, sampleStream, withoutState } from '../../testing/samples.ts';
import { createInMemoryQueue } from '../../testing/in-memory-queue.ts';
import { createTestCore, TEST_CONNECTION_LIMITS, type TestCore } from '../../testing/test-core.ts';
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts';
import { eventsTopic, messagesOf, offsetsOf, stateOf } from '../../testing/published.ts';

describe('publishing handovers', () => {
  let time: VirtualTime;
  let broker: FakeBroker;
  let it1: TestCore;
  const stream = sampleStream();

  beforeEach(() => {
    time = createVirtualTime();
    broker = createFakeBroker();
    it1 = createTestCore({ broker, clock: time, timers: time.timers });
    it1.start();
  });

  afterEach(async () => {
    await it1.stop({ force: true });
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
    it1.queue.send('other group', encodeHandover(sampleHandover(stream, 5, 6)));
    it1.queue.send('other group', encodeHandover(sampleHandover(stream, 7, 7)));
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
    it1.queue.send('x', encodeHandover(sampleHandover(stream, 1, 2)));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(await it1.metrics.handovers.total({ outcome: 'duplicate' })).toBe(1);
    // Nothing is left open by it: a polite stop comes to its end.
    let stopped = false;
    void it1.stop({ force: false }).then(() => (stopped = true));
    await time.advanceUntil(() => stopped);
    expect(it1.queue.left).toBe(0);
  });

  it('dead-letters what is no handover, with the place of the mistake, and goes on', async () => {
    it1.queue.send('g', '{"version":2,"source":"stepcast"}\n\n{}');
    it1.queue.send('g', encodeHandover({ ...sampleHandover(stream, 1, 1), events: '[]' }));
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    const letters = it1.deadLetters.map(({ body }) => {
      const parsed = parseJson(DeadLetter, body);
      return parsed.ok ? [parsed.value.code, parsed.value.reason] : [];
    });
    expect(letters).toEqual([
      ['PUBLISHER_HANDOVER_INVALID', expect.stringContaining('$.identityId')],
      ['PUBLISHER_HANDOVER_INVALID', expect.stringContaining('$events')],
    ]);
    expect(offsetsOf(broker, stream)).toEqual([1]);
    expect(it1.queue.left).toBe(0);
  });

  it('publishes a handover that overlaps whole: entries are atomic, a duplicate is harmless', async () => {
    it1.hand(sampleHandover(stream, 1, 3));
    await time.settle();
    it1.queue.send('g', encodeHandover(sampleHandover(stream, 2, 5)));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 2, 3, 4, 5]);
  });

  it('takes the first handover of a stream that it does not remember as it is', async () => {
    for (const [first, last] of [
      [1, 4],
      [5, 6],
    ] as const)
      it1.journal.append(sampleHandover(stream, first, last));
    const { calls } = it1.journal;
    it1.queue.send('g', encodeHandover(withoutState(sampleHandover(stream, 7, 8))));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([7, 8]);
    // The overview is read; the entries before are not.
    expect(it1.journal.calls - calls).toBe(1);
  });

  it('among several copies remembers a stream only while it has it in hand', async () => {
    const copy = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      journal: it1.journal,
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
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    for (let offset = 2; offset <= 99; offset += 1)
      it1.journal.append(sampleHandover(stream, offset, offset));
    it1.hand(sampleHandover(stream, 100, 100));
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual(Array.from({ length: 100 }, (_unused, index) => index + 1));
    expect(await it1.metrics.events.total({ from: 'journal' })).toBe(98);
  });

  it('retains a snapshot that comes alone, and publishes no event for it', async () => {
    it1.hand(withoutState(sampleHandover(stream, 1, 2)));
    it1.hand(sampleSnapshot(stream, 2));
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    expect(stateOf(broker, stream)?.position.offset).toBe(2);
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

  describe('when the dead-letter queue refuses letters for good', () => {
    const refusal = new QueueSendError(1, 'InvalidMessageContents', false);
    let sent: string[];
    let refusing: boolean;
    let one: TestCore;

    beforeEach(() => {
      sent = [];
      refusing = true;
      one = createTestCore({
        broker,
        clock: time,
        timers: time.timers,
        queue: createInMemoryQueue({ timers: time.timers }),
        overrides: {
          deadLetterSender: {
            send: (messages) => {
              sent.push(...messages.map(({ body }) => body));
              return refusing ? Promise.reject(refusal) : Promise.resolve();
            },
          },
        },
      });
      one.start();
    });

    afterEach(() => one.stop({ force: true }));

    /** Given back after one attempt, not acknowledged; dead-lettered when it returns and the queue takes letters again. */
    async function expectGivenBack(code: string): Promise<void> {
      await time.advance(10_000);
      expect(sent).toHaveLength(1);
      expect([one.queue.inHand, one.queue.left]).toEqual([0, 1]);
      expect(await one.metrics.deadLettersRefused.total({ code })).toBe(1);
      refusing = false;
      await time.advanceUntil(() => one.queue.left === 0);
      expect(sent).toHaveLength(2);
      expect(sent[1]).toContain(code);
      expect(await one.metrics.deadLettered.total({ code })).toBe(1);
    }

    it('a dead letter that the queue refuses for good is not sent for ever: no handover', async () => {
      one.queue.send('g', '{}');
      await expectGivenBack('PUBLISHER_HANDOVER_INVALID');
    });

    it('a dead letter that the queue refuses for good is not sent for ever: events', async () => {
      broker.onPublish(({ topic }) => (topic === eventsTopic(stream) ? 0x87 : 'take'));
      one.hand(sampleHandover(stream, 1, 1));
      await expectGivenBack('PUBLISHER_PUBLISH_REFUSED');
    });

    it('a dead letter that the queue refuses for good is not sent for ever: the last state', async () => {
      broker.onPublish(({ topic }) => (topic.endsWith('/state') ? 0x87 : 'take'));
      one.hand(sampleHandover(stream, 1, 1, { status: 'succeeded' }));
      await expectGivenBack('PUBLISHER_PUBLISH_REFUSED');
      let stopped = false;
      void one.stop({ force: false }).then(() => (stopped = true));
      await time.advanceUntil(() => stopped);
    });
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
    expect(it1.core.problems()).toHaveProperty('broker');
    broker.up(true);
    await time.advanceUntil(() => it1.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
    expect(it1.core.problems()).toEqual({});
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
      const paced = createTestCore({
        broker,
        clock: time,
        timers: time.timers,
        overrides: { connection: { ...TEST_CONNECTION_LIMITS, maxPublishes } },
      });
      paced.start();
      broker.onPublish(() => 'close');
      for (let owner = 1; owner <= 8; owner += 1) paced.hand(sampleHandover(sampleStream(owner), 1, 1));
      await time.advance(120_000);
      expect(paced.deadLetters).toEqual([]);
      expect(paced.queue.left).toBe(8);
      broker.onPublish(() => 'take');
      await time.advanceUntil(() => paced.queue.left === 0);
      for (let owner = 1; owner <= 8; owner += 1) expect(offsetsOf(broker, sampleStream(owner))).toContain(1);
      await paced.stop({ force: true });
    },
  );

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
    const first = it1.core.accept(sampleHandover(stream, 1, 1));
    await first.settled;
    const end = it1.core.accept(sampleHandover(stream, 2, 2, { status: 'succeeded' }));
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
    const inHand = it1.core.accept(sampleHandover(stream, 1, 1));
    await time.settle();
    await it1.core.stop({ force: true });
    await expect(inHand.emitted).rejects.toMatchObject({ code: 'PUBLISHER_STOPPED', retryable: true });
    await expect(it1.core.accept(sampleHandover(stream, 1, 1)).settled).rejects.toMatchObject({
      code: 'PUBLISHER_STOPPED',
    });
  });

  it('stops politely: what is in hand is published, also the state that waits for its time', async () => {
    it1.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    it1.hand(sampleHandover(stream, 2, 2));
    await time.settle();
    expect(stateOf(broker, stream)?.position.offset).toBe(1);
    const stopped = it1.stop({ force: false });
    let done = false;
    void stopped.then(() => (done = true));
    await time.advanceUntil(() => done);
    expect(stateOf(broker, stream)?.position.offset).toBe(2);
    expect(broker.open).toBe(0);
  });
});
