import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { QueueSendError } from '@stepcast/kit';
import { DeadLetter, encodeHandover, type Handover } from '@stepcast/wire';
import { createFakeBroker, type FakeBroker } from '../../testing/fake-broker.ts';
import { sampleHandover, sampleStream } from '../../testing/samples.ts';
import { createInMemoryQueue } from '../../testing/in-memory-queue.ts';
import { createTestCore, TEST_CONNECTION_LIMITS, type TestCore } from '../../testing/test-core.ts';
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts';
import { eventsTopic, offsetsOf } from '../../testing/published.ts';

describe('a broker that refuses or is away', () => {
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

  it('waits for a journal that is away instead of leaving a hole', async () => {
    one.hand(sampleHandover(stream, 1, 2));
    await time.advance(2_000);
    one.journal.append(sampleHandover(stream, 3, 4));
    one.hand(sampleHandover(stream, 5, 5));
    one.journal.fail(4);
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2]);
    await time.advanceUntil(() => one.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 4, 5]);
  });

  it('dead-letters what is no handover, with the place of the mistake, and goes on', async () => {
    one.queue.send('g', '{"version":2,"source":"stepcast"}\n\n{}');
    one.queue.send('g', encodeHandover({ ...sampleHandover(stream, 1, 1), events: '[]' }));
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    const letters = one.deadLetters.map(({ body }) => {
      const parsed = parseJson(DeadLetter, body);
      return parsed.ok ? [parsed.value.code, parsed.value.reason] : [];
    });
    expect(letters).toEqual([
      ['PUBLISHER_HANDOVER_INVALID', expect.stringContaining('$.identityId')],
      ['PUBLISHER_HANDOVER_INVALID', expect.stringContaining('$events')],
    ]);
    expect(offsetsOf(broker, stream)).toEqual([1]);
    expect(one.queue.left).toBe(0);
  });

  it('dead-letters a refused message and publishes what is behind it', async () => {
    broker.onPublish(({ payload }) =>
      Buffer.from(payload).toString().includes('"offset":2') ? 0x87 : 'take',
    );
    for (const offset of [1, 2, 3]) {
      one.hand(sampleHandover(stream, offset, offset));
      await time.settle();
    }
    expect(offsetsOf(broker, stream)).toEqual([1, 3]);
    const [letter] = one.deadLetters.map(({ body }) => parseJson(DeadLetter, body));
    expect(letter?.ok && letter.value).toMatchObject({
      code: 'PUBLISHER_PUBLISH_REFUSED',
      service: 'publisher',
    });
    expect(letter?.ok && letter.value.original).toContain('"firstOffset":2');
    expect(one.queue.left).toBe(0);
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

  it('a refused entry whose letter is not stored was acknowledged when it came again: it waits for that letter', async () => {
    const letters: string[] = [];
    let isAway = true;
    const two = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      overrides: {
        maxWaitMs: 60_000,
        deadLetterSender: {
          send: (messages) => {
            if (isAway) return Promise.reject(new QueueSendError(1, 'ServiceUnavailable', true));
            letters.push(...messages.map(({ body }) => body));
            return Promise.resolve();
          },
        },
      },
    });
    two.core.start();
    broker.onPublish(({ topic }) => (topic === eventsTopic(stream) ? 0x87 : 'take'));
    const outcomes: string[] = [];
    const accept = () => {
      two.core.accept(sampleHandover(stream, 1, 2)).settled.then(
        () => outcomes.push('settled'),
        () => outcomes.push('given back'),
      );
    };
    accept();
    await time.advance(61_000);
    accept();
    await time.advance(1_000);
    expect(outcomes).toEqual(['given back']);
    isAway = false;
    await time.advance(20_000);
    expect(outcomes).toEqual(['given back', 'settled']);
    expect(letters).toHaveLength(1);
    await two.stop({ force: true });
  });

  it('tries a refusal again that may pass, before it gives up', async () => {
    let quota = 3;
    broker.onPublish(({ topic }) => (topic === eventsTopic(stream) && (quota -= 1) >= 0 ? 0x97 : 'take'));
    one.hand(sampleHandover(stream, 1, 1));
    await time.advanceUntil(() => one.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1]);
    expect(one.deadLetters).toEqual([]);
  });

  it('finds the message that closes the connection, dead-letters it and loses none of the others', async () => {
    const streams = Array.from({ length: 12 }, (_unused, index) => sampleStream(index + 1));
    const poison = streams[5] ?? stream;
    broker.onPublish(({ topic }) => (topic === eventsTopic(poison) ? 'close' : 'take'));
    for (const each of streams) one.hand(sampleHandover(each, 1, 3));
    await time.advanceUntil(() => one.queue.left === 0);
    for (const each of streams)
      expect(new Set(offsetsOf(broker, each))).toEqual(new Set(each === poison ? [] : [1, 2, 3]));
    expect(one.deadLetters).toHaveLength(1);
    expect(one.deadLetters[0]?.body).toContain('PUBLISHER_PUBLISH_REFUSED');
  });

  it('acknowledges nothing while the broker is away, and resumes in order', async () => {
    one.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    broker.up(false);
    one.hand(sampleHandover(stream, 2, 2));
    one.hand(sampleHandover(stream, 3, 3));
    await time.advance(60_000);
    expect(one.queue.left).toBe(2);
    expect(one.core.problems()).toHaveProperty('broker');
    broker.up(true);
    await time.advanceUntil(() => one.queue.left === 0);
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
    expect(one.core.problems()).toEqual({});
    expect(await one.metrics.reconnects.total({ connection: 'publish' })).toBeGreaterThan(0);
  });

  it('gives a connection up whose broker acknowledges nothing, and sends again on the next', async () => {
    broker.hold(true);
    one.hand(sampleHandover(stream, 1, 1));
    await time.advance(29_000);
    const { connects } = broker;
    broker.onPublish(() => 'take');
    await time.advance(2_000);
    broker.hold(false);
    await time.advanceUntil(() => one.queue.left === 0);
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

  it('gives back what an outage holds for too long, in order, and publishes it when it is redelivered', async () => {
    broker.up(false);
    const handovers = [1, 2, 3].map((offset) => sampleHandover(stream, offset, offset));
    const outcomes: string[] = [];
    const give = (handover: Handover) => {
      one.core.accept(handover).emitted.catch(() => outcomes.push(`${handover.firstOffset} given back`));
    };
    for (const handover of handovers.slice(0, 2)) {
      give(handover);
      await time.advance(handover.firstOffset === 1 ? 299_000 : 1_000);
    }
    // The second is not overdue, but stands behind the first.
    expect(outcomes).toEqual(['1 given back', '2 given back']);
    broker.up(true);
    await time.advance(60_000);
    expect(broker.received).toEqual([]);
    for (const handover of handovers) void one.core.accept(handover);
    await time.settle();
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
  });
});
