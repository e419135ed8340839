import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseJson } from '@stepcast/contracts';
import { QueueSendError } from '@stepcast/kit';
import { DeadLetter } from '@stepcast/wire';
import { createFakeBroker, type FakeBroker } from '../testing/fake-broker.ts';
import { sampleHandover, sampleStream } from '../testing/samples.ts';
import { createInMemoryQueue } from '../testing/in-memory-queue.ts';
import { createTestEngine, TEST_CONNECTION_LIMITS, type TestEngine } from '../testing/test-engine.ts';
import { createVirtualTime, type VirtualTime } from '../testing/virtual-time.ts';
import { eventsTopic, messagesOf, offsetsOf, stateOf } from '../testing/published.ts';

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

  describe('when the dead-letter queue refuses letters for good', () => {
    const refusal = new QueueSendError(1, 'InvalidMessageContents', false);
    let sent: string[];
    let refusing: boolean;
    let one: TestEngine;

    beforeEach(() => {
      sent = [];
      refusing = true;
      one = createTestEngine({
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
      one.engine.start();
    });

    afterEach(() => one.engine.stop({ force: true }));

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
      void one.engine.stop({ force: false }).then(() => (stopped = true));
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
