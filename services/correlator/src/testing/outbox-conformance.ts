import { beforeEach, describe, expect, it } from 'vitest';
import { emptyState, offsetOf, type StreamMeta } from '@stepcast/contracts';
import { renderJson, type Handover } from '@stepcast/wire';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import { newStream } from './conformance-samples.ts';

/** An outbox, and what is behind it. */
export interface OutboxUnderTest {
  readonly outbox: ProgressOutbox;
  /** Takes what the next hop has, in its order, until there are `count` or none arrives for a while. */
  take(count: number): Promise<readonly Handover[]>;
}

/** The handover of an entry with two events. */
export function entryHandover(meta: StreamMeta, firstOffset: number, more: Partial<Handover> = {}): Handover {
  const { identityId, uploadId, epoch, epochStartedAt, bucket, key } = meta;
  const [first, last] = [offsetOf(firstOffset), offsetOf(firstOffset + 1)];
  return {
    identityId,
    uploadId,
    epoch,
    epochStartedAt,
    source: 'stepcast',
    firstOffset: first,
    lastOffset: last,
    line: {
      uploadId,
      position: { epoch, offset: last },
      epochStartedAt,
      bucket,
      key,
      status: 'running',
      percent: 40,
      updatedAt: epochStartedAt,
    },
    oldestEventAt: epochStartedAt,
    truncated: false,
    events: renderJson([
      { offset: first, kind: 'uploaded', time: epochStartedAt },
      { offset: last, kind: 'stepStarted', time: epochStartedAt },
    ]),
    state: undefined,
    ...more,
  };
}

/** The handover of a state alone, at the end of an entry. */
export function stateHandover(meta: StreamMeta, lastOffset: number): Handover {
  const offset = offsetOf(lastOffset);
  return {
    ...entryHandover(meta, lastOffset - 1),
    firstOffset: offset,
    lastOffset: offset,
    events: undefined,
    state: renderJson(emptyState(meta)),
  };
}

const emitted = async (outbox: ProgressOutbox, handovers: readonly Handover[]) => {
  await Promise.all(handovers.map((handover) => outbox.send(handover).emitted));
};

/** What any outbox has to do; `make` gives one with nothing behind it that another test left. */
export function describeOutbox(name: string, make: () => OutboxUnderTest | Promise<OutboxUnderTest>): void {
  describe(`${name} as an outbox of progress`, () => {
    let outbox: ProgressOutbox;
    let take: OutboxUnderTest['take'];
    beforeEach(async () => {
      const made = await make();
      outbox = made.outbox;
      take = (count) => made.take(count);
    });

    it('hands an entry over whole', async () => {
      const state = renderJson(emptyState(newStream()));
      const handover = entryHandover(newStream(), 7, {
        source: 'arn:aws:states:eu-west-1:111122223333:stateMachine:résumé',
        truncated: true,
        identityIsNew: true,
        state,
      });
      const { emitted, settled } = outbox.send(handover);
      await emitted;
      await settled;
      expect(await take(1)).toEqual([handover]);
    });

    it('hands a state alone over beside the entry that it ends', async () => {
      const stream = newStream();
      const both = [entryHandover(stream, 1), stateHandover(stream, 2)];
      for (const handover of both) await outbox.send(handover).emitted;
      expect(await take(2)).toEqual(both);
    });

    it('keeps the order of a stream', async () => {
      const stream = newStream();
      const entries = Array.from({ length: 12 }, (_unused, index) => entryHandover(stream, 1 + 2 * index));
      for (const entry of entries) await outbox.send(entry).emitted;
      expect(await take(12)).toEqual(entries);
    });

    it('keeps the order of each of many streams that send at once', async () => {
      const streams = Array.from({ length: 25 }, newStream);
      for (const firstOffset of [1, 3])
        await emitted(
          outbox,
          streams.map((stream) => entryHandover(stream, firstOffset)),
        );
      const taken = await take(50);
      for (const stream of streams) {
        const own = taken.filter(({ uploadId }) => uploadId === stream.uploadId);
        expect(own.map(({ firstOffset }) => Number(firstOffset))).toEqual([1, 3]);
      }
    });

    it('takes entries that are too large to travel together', async () => {
      const text = 'é'.repeat(100_000);
      const large = Array.from({ length: 8 }, () =>
        entryHandover(newStream(), 1, { events: `[{"error":"${text}"}]` }),
      );
      await emitted(outbox, large);
      const taken = await take(8);
      const byUpload = (handovers: readonly Handover[]) =>
        handovers.toSorted((one, other) => (one.uploadId < other.uploadId ? -1 : 1));
      expect(byUpload(taken)).toEqual(byUpload(large));
    });

    it('hands the state over of an entry that went without one before (the queue once took it for a duplicate)', async () => {
      const stream = newStream();
      const alone = entryHandover(stream, 1);
      const withState = { ...alone, state: renderJson(emptyState(stream)) };
      for (const handover of [alone, withState]) await outbox.send(handover).emitted;
      expect(await take(2)).toEqual([alone, withState]);
    });

    it('is not disturbed by an entry that is sent again', async () => {
      const stream = newStream();
      const [first, second] = [entryHandover(stream, 1), entryHandover(stream, 3)];
      for (const handover of [first, first, second]) await outbox.send(handover).emitted;
      const taken = await take(3);
      // Twice or once: offsets make a duplicate recognisable.
      const distinct = taken.filter((one, index) => one.firstOffset !== taken[index - 1]?.firstOffset);
      expect(distinct).toEqual([first, second]);
    });
  });
}
