import { describe, expect, it } from 'vitest';
import { OverviewMessage, parseJson, topicSpace } from '@stepcast/contracts';
import { sampleHandover, sampleStream, withoutState } from '../../testing/samples.ts';
import { startTwoCores } from '../../testing/two-cores.ts';
import { stateOf, stateTopic } from '../../testing/published.ts';
import type { PublisherCoreOptions } from '../publisher-core.ts';

describe('a retained message that is sent again after a reconnect', () => {
  /** Two copies at one broker; the first loses its connection whenever it sends something retained, until it may. */
  function setUp(overrides: Partial<PublisherCoreOptions>) {
    const { time, broker, stop, cores } = startTwoCores(['cut-off', 'other'], (index) => ({
      ...overrides,
      share: { index, of: overrides.share?.of ?? 1 },
    }));
    const [cutOff, other] = cores;
    let loses: (topic: string) => boolean = () => true;
    broker.onPublish(({ clientId, topic, retain }) =>
      retain && clientId.startsWith('cut-off') && loses(topic) ? 'loseThenClose' : 'take',
    );
    return {
      time,
      broker,
      cutOff,
      other,
      lose: (which: (topic: string) => boolean) => {
        loses = which;
      },
      stop,
    };
  }
  const forms = [
    ['another copy', { share: { index: 0, of: 2 } }],
    ['the engine that takes over', { share: { index: 0, of: 1 }, overlapMs: 0 }],
  ] as const;

  it.each(forms)('does not put the state back that %s has published meanwhile', async (_who, overrides) => {
    const { time, broker, cutOff, other, lose, stop } = setUp(overrides);
    const stream = sampleStream();
    lose((topic) => topic === stateTopic(stream));
    cutOff.hand(sampleHandover(stream, 1, 2));
    await time.settle();
    expect(broker.retained(stateTopic(stream))).toBeUndefined();
    other.hand(sampleHandover(stream, 3, 3, { status: 'succeeded' }));
    await time.settle();
    lose(() => false);
    await time.advance(60_000);
    expect(stateOf(broker, stream)?.position.offset).toBe(3);
    await stop();
  });

  it.each(forms)('does not put an end back after which %s has begun again', async (_who, overrides) => {
    const { time, broker, cutOff, other, lose, stop } = setUp(overrides);
    const stream = sampleStream();
    lose((topic) => topic === stateTopic(stream));
    cutOff.hand(sampleHandover(stream, 1, 2, { status: 'failed' }));
    await time.settle();
    other.hand(sampleHandover(stream, 3, 3));
    await time.settle();
    lose(() => false);
    await time.advanceUntil(() => cutOff.queue.left === 0);
    expect(stateOf(broker, stream)?.position.offset).toBe(3);
    await stop();
  });

  it.each(forms)('does not put an epoch back after the one of %s', async (_who, overrides) => {
    const { time, broker, cutOff, other, lose, stop } = setUp(overrides);
    const older = sampleStream(1, 'photo.png', 'e1', 1_700_000_000_000);
    const newer = sampleStream(1, 'photo.png', 'e2', 1_700_000_100_000);
    lose((topic) => topic === stateTopic(older));
    cutOff.hand(sampleHandover(older, 1, 1, { status: 'succeeded' }));
    await time.settle();
    other.hand(sampleHandover(newer, 1, 1));
    await time.settle();
    lose(() => false);
    await time.advanceUntil(() => cutOff.queue.left === 0);
    expect(stateOf(broker, newer)?.position.epoch).toBe('e2');
    await stop();
  });

  it.each(forms)(
    'is the overview with the lines of which %s has heard meanwhile',
    async (_who, overrides) => {
      const { time, broker, cutOff, other, lose, stop } = setUp(overrides);
      const [mine, elsewhere] = [sampleStream(), sampleStream(1, 'other.png')];
      const topic = topicSpace().build({ kind: 'overview', identityId: mine.identityId });
      lose((one) => one === topic);
      cutOff.hand(withoutState(sampleHandover(mine, 1, 1)));
      await time.settle();
      const theirs = withoutState(sampleHandover(elsewhere, 1, 1));
      cutOff.journal.appendLine(theirs.identityId, theirs.line);
      other.hand(theirs);
      await time.settle();
      lose(() => false);
      await time.advance(60_000);
      const parsed = parseJson(OverviewMessage, Buffer.from(broker.retained(topic) ?? []).toString());
      expect(parsed.ok && parsed.value.data.uploads).toHaveLength(2);
      await stop();
    },
  );

  it('is sent again when nothing is newer, and refused when it ends every connection', async () => {
    const { time, broker, cutOff, lose, stop } = setUp({});
    const stream = sampleStream();
    lose((topic) => topic === stateTopic(stream));
    cutOff.hand(sampleHandover(stream, 1, 1));
    await time.settle();
    lose(() => false);
    await time.advance(60_000);
    expect(stateOf(broker, stream)?.position.offset).toBe(1);
    lose((topic) => topic === stateTopic(stream));
    cutOff.hand(sampleHandover(stream, 2, 2, { status: 'succeeded' }));
    await time.advanceUntil(() => cutOff.queue.left === 0);
    expect(cutOff.deadLetters).toHaveLength(1);
    await stop();
  });
});
