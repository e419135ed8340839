import { describe, expect, it } from 'vitest';
import { topicSpace } from '@stepcast/contracts';
import { stateOf, stateTopic } from '../../testing/published.ts';
import { sampleHandover, sampleStream, uploadOf, withoutState } from '../../testing/samples.ts';
import { TEST_CONNECTION_LIMITS } from '../../testing/test-core.ts';
import { startTwoCores } from '../../testing/two-cores.ts';

const stream = sampleStream();
const { identityId } = stream;
const eventsTopic = topicSpace().build({ kind: 'events', identityId, uploadId: uploadOf(stream) });
const FIRST_END = sampleHandover(stream, 1, 131, { status: 'succeeded' });
const SECOND_END = sampleHandover(stream, 132, 144, { status: 'succeeded' });

const isStateOfSlow = (message: { readonly clientId: string; readonly topic: string }) =>
  message.clientId.startsWith('slow') && message.topic === stateTopic(stream);

/** Two publishers at one broker and journal, either apart or one that takes over from the other. */
function setUp(form: 'apart' | 'takeover') {
  const { time, broker, journal, stop, cores } = startTwoCores(['slow', 'other'], (index) => ({
    share: form === 'apart' ? { index, of: 2 } : { index: 0, of: 1 },
    overlapMs: 120_000,
    connection: { ...TEST_CONNECTION_LIMITS, maxUnacknowledged: 1 },
    maxConnections: 1,
  }));
  const [slow, other] = cores;
  return {
    time,
    broker,
    journal,
    slow,
    other,
    stop,
    /** The other publisher is given what the slow one has in hand, and what came after it. */
    otherPublishesBoth: async () => {
      other.hand(FIRST_END);
      other.hand(SECOND_END);
      await time.advance(5_000);
      expect(stateOf(broker, stream)?.position.offset).toBe(144);
    },
  };
}

/**
 * An end may follow an end: EventBridge reports the end of an execution before the last log records arrive. A publisher that cannot reach
 * its broker holds the first end for long. Meanwhile the queue delivers it to another publisher, which publishes both ends.
 */
describe.each(['apart', 'takeover'] as const)(
  'an end that was in hand for long, with publishers in the form %s',
  (form) => {
    it('leaves the topic to a later end when the PUBACK of its events was late', async () => {
      const { time, broker, slow, otherPublishesBoth, stop } = setUp(form);
      broker.onPublish(({ clientId, topic }) =>
        clientId.startsWith('slow') && topic === eventsTopic ? 'delay' : 'take',
      );
      slow.hand(FIRST_END);
      await time.settle();
      await otherPublishesBoth();
      broker.deliverDelayed();
      await time.advance(5_000);
      expect(stateOf(broker, stream)?.position.offset).toBe(144);
      await stop();
    });

    it('leaves the topic to a later end when it had to wait for room in its connection', async () => {
      const { time, broker, slow, otherPublishesBoth, stop } = setUp(form);
      const blocker = sampleStream(1, 'other.png');
      // The connection takes one message at a time, and the one before the state is not acknowledged.
      broker.onPublish(({ clientId, topic }) =>
        clientId.startsWith('slow') && topic.includes(uploadOf(blocker)) ? 'delay' : 'take',
      );
      slow.hand(FIRST_END);
      slow.hand(sampleHandover(blocker, 1, 1));
      await time.settle();
      await otherPublishesBoth();
      expect(broker.received.filter(isStateOfSlow)).toEqual([]);
      broker.onPublish(() => 'take');
      broker.deliverDelayed();
      await time.advance(10_000);
      expect(stateOf(broker, stream)?.position.offset).toBe(144);
      await stop();
    });

    it('goes out all the same when it is the newest', async () => {
      const { time, broker, slow, stop } = setUp(form);
      broker.onPublish(({ clientId, topic }) =>
        clientId.startsWith('slow') && topic === eventsTopic ? 'delay' : 'take',
      );
      slow.hand(FIRST_END);
      await time.advance(5_000);
      broker.deliverDelayed();
      await time.advance(5_000);
      expect(stateOf(broker, stream)?.position.offset).toBe(131);
      await stop();
    });
  },
);

describe('a state that another correlator passes on again, long after its entry was written', () => {
  it.each(['apart', 'takeover'] as const)(
    'does not follow the end: three of 1,100 uploads stayed at `running at 11 of 61`, with publishers in the form %s',
    async (form) => {
      const { time, broker, slow, other, stop } = setUp(form);
      const begin = sampleHandover(stream, 1, 10, { status: 'running' });
      slow.hand(begin);
      await time.advance(5_000);
      const eleventh = sampleHandover(stream, 11, 11, { status: 'running' });
      other.hand(eleventh);
      other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
      await time.advance(5_000);
      const { settled } = slow.core.accept(eleventh);
      await time.advance(5_000);
      await settled;
      expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
      await stop();
    },
  );
});

it.each(['apart', 'takeover'] as const)(
  'a stream that does not pause has a state at most ten seconds old, with publishers in the form %s: apart it had none, because the journal is always one entry ahead',
  async (form) => {
    const { time, broker, journal, slow, stop } = setUp(form);
    // As the correlator writes it: a state with the first entry, and then every ten seconds.
    const entry = (offset: number) => {
      const whole = sampleHandover(stream, offset, offset, { status: 'running' });
      return offset % 100 === 1 ? whole : withoutState(whole);
    };
    const ages: number[] = [];
    journal.append(entry(1));
    for (let offset = 1; offset <= 600; offset += 1) {
      journal.append(entry(offset + 1));
      slow.core.accept(entry(offset));
      await time.advance(100);
      ages.push(offset - (stateOf(broker, stream)?.position.offset ?? -Infinity));
    }
    expect(Math.max(...ages)).toBeLessThanOrEqual(100);
    await stop();
  },
);

it.each(['apart', 'takeover'] as const)(
  'a state waits while the journal cannot be read, with publishers in the form %s: it followed the end, and its process was killed before it had compared',
  async (form) => {
    const { time, broker, journal, slow, other, stop } = setUp(form);
    const begin = sampleHandover(stream, 1, 10, { status: 'running' });
    slow.hand(begin);
    await time.advance(5_000);
    const eleventh = sampleHandover(stream, 11, 11, { status: 'running' });
    other.hand(eleventh);
    other.hand(sampleHandover(stream, 12, 61, { status: 'succeeded' }));
    await time.advance(5_000);
    journal.fail(1_000);
    slow.core.accept(eleventh);
    await time.advance(500);
    await slow.core.stop({ force: true });
    await time.advance(60_000);
    expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: 61 } });
    await stop();
  },
);
