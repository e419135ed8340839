import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  applyEvent,
  CatchUpReplyMessage,
  MESSAGE_TYPES,
  mutableCopyOf,
  parseJson,
  SessionId,
  topicSpace,
  type CatchUpReply,
  type ProgressEventKind,
} from '@stepcast/contracts';
import { renderState } from '@stepcast/wire';
import fc from 'fast-check';
import { createFakeBroker, type FakeBroker } from '../../testing/fake-broker.ts';
import {
  refOf,
  sampleEvent,
  sampleHandover,
  sampleState,
  sampleStream,
  uploadOf,
  withoutState,
  type SampleStream,
} from '../../testing/samples.ts';
import { createTestCore, type TestCore } from '../../testing/test-core.ts';
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts';

const topics = topicSpace();
const session = SessionId.parse('s1');
const stream = sampleStream(1);

function requestOf(
  uploads: readonly { readonly stream: SampleStream; readonly has: number | null; readonly epoch?: string }[],
  overview = false,
): string {
  const data = {
    requestId: 'r1',
    overview,
    uploads: uploads.map(({ stream: of, has, epoch }) => ({
      uploadId: uploadOf(of),
      position: has === null ? null : { epoch: epoch ?? of.epoch, offset: has },
    })),
  };
  return JSON.stringify({
    specversion: '1.0',
    id: 'a',
    type: MESSAGE_TYPES.catchUpRequest,
    time: stream.epochStartedAt,
    source: 'web',
    datacontenttype: 'application/json',
    data,
  });
}

describe('catch-up', () => {
  let time: VirtualTime;
  let broker: FakeBroker;
  let one: TestCore;

  beforeEach(async () => {
    time = createVirtualTime();
    broker = createFakeBroker();
    one = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      overrides: { maxPayloadBytes: 8_000 },
    });
    one.start();
    await time.settle();
  });

  afterEach(async () => {
    await one.stop({ force: true });
  });

  function ask(payload: string | Buffer, by = stream): void {
    const topic = topics.build({ kind: 'requests', identityId: by.identityId, session });
    broker.request({ topic, payload: Buffer.from(payload) });
  }

  function replies(to = stream): CatchUpReply[] {
    const topic = topics.build({ kind: 'replies', identityId: to.identityId, session });
    return broker.received
      .filter((message) => message.topic === topic)
      .map(({ payload }) => {
        expect(payload.length).toBeLessThan(8_000);
        const parsed = parseJson(CatchUpReplyMessage, Buffer.from(payload).toString());
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
        return parsed.value.data;
      });
  }

  async function answer(payload: string | Buffer, by = stream): Promise<CatchUpReply[]> {
    const before = replies(by).length;
    ask(payload, by);
    await time.advanceUntil(() =>
      replies(by)
        .slice(before)
        .some(({ last }) => last),
    );
    return replies(by).slice(before);
  }

  const itemsOf = (pages: readonly CatchUpReply[]) => pages.flatMap(({ items }) => items);
  const eventsOf = (pages: readonly CatchUpReply[]) =>
    itemsOf(pages).flatMap((item) =>
      item.kind === 'events' ? item.events.map(({ offset }) => Number(offset)) : [],
    );
  const reasonsOf = (pages: readonly CatchUpReply[]) =>
    itemsOf(pages).flatMap((item) => (item.kind === 'discontinuity' ? [item.reason] : []));

  it('sends the state first, then every event after the position, in pages', async () => {
    for (let first = 1; first <= 91; first += 10)
      one.journal.append(sampleHandover(stream, first, first + 9));
    const pages = await answer(requestOf([{ stream, has: 37 }]));
    expect(itemsOf(pages)[0]).toMatchObject({ kind: 'state', state: { position: { offset: 100 } } });
    // Entries are whole: the one that holds 38 begins with 31.
    expect(eventsOf(pages)).toEqual(Array.from({ length: 70 }, (_unused, index) => 31 + index));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.map(({ page }) => page)).toEqual(pages.map((_unused, index) => index + 1));
    expect(pages.map(({ requestId }) => requestId)).toEqual(pages.map(() => 'r1'));
  });

  it(
    'folds the state forward from the newest snapshot, as the client does',
    { tags: ['few-cases'] },
    async () => {
      const kinds = fc.constantFrom<ProgressEventKind>(
        'executionStarted',
        'stepStarted',
        'stepSucceeded',
        'stepFailed',
        'executionSucceeded',
        'executionFailed',
        'executionRedriven',
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ kind: kinds, percent: fc.nat({ max: 100 }), snapshot: fc.boolean() }), {
            minLength: 1,
            maxLength: 12,
          }),
          async (shapes) => {
            run += 1;
            const own = sampleStream(5_000 + run);
            const state = mutableCopyOf(sampleState(own, 1));
            for (const [index, { kind, percent, snapshot }] of shapes.entries()) {
              const offset = index + 1;
              const event = sampleEvent(offset, { kind, percent });
              applyEvent(state, event);
              const handover = sampleHandover(own, offset, offset, { event: { kind, percent } });
              const hasSnapshot = snapshot || index === 0;
              one.journal.append({ ...handover, state: hasSnapshot ? renderState(state) : undefined });
            }
            const [first] = itemsOf(await answer(requestOf([{ stream: own, has: shapes.length }]), own));
            expect(first).toEqual({ kind: 'state', uploadId: uploadOf(own), state });
          },
        ),
      );
    },
  );

  it('says that an upload has expired when no snapshot of it is left', async () => {
    one.journal.append(sampleHandover(stream, 1, 3));
    one.journal.append(withoutState(sampleHandover(stream, 4, 6)));
    one.journal.expireBefore(refOf(stream), 4);
    const pages = await answer(requestOf([{ stream, has: 3 }]));
    expect(itemsOf(pages)).toEqual([
      { kind: 'discontinuity', uploadId: uploadOf(stream), reason: 'expired' },
    ]);
  });

  it('says why it cannot go on from a position, and never leaves a hole', async () => {
    for (const first of [1, 11, 21]) one.journal.append(sampleHandover(stream, first, first + 9));
    expect(reasonsOf(await answer(requestOf([{ stream, has: 31 }])))).toEqual(['futureOffset']);
    expect(reasonsOf(await answer(requestOf([{ stream, has: 3, epoch: 'other' }])))).toEqual([
      'epochChanged',
    ]);
    expect(reasonsOf(await answer(requestOf([{ stream: sampleStream(1, 'unknown'), has: 3 }])))).toEqual([
      'unknownUpload',
    ]);
    one.journal.expireBefore(refOf(stream), 15);
    const expired = await answer(requestOf([{ stream, has: 3 }]));
    expect(reasonsOf(expired)).toEqual(['expired']);
    expect(eventsOf(expired)).toEqual([]);
    const reaches = await answer(requestOf([{ stream, has: 14 }]));
    expect(eventsOf(reaches)).toEqual(Array.from({ length: 20 }, (_unused, index) => 11 + index));
  });

  it(
    'answers for any journal and position with all that is missing, or a discontinuity',
    { tags: ['few-cases'] },
    async () => {
      const shapes = fc.record({
        entries: fc.array(fc.record({ length: fc.integer({ min: 1, max: 4 }), lost: fc.boolean() }), {
          maxLength: 8,
        }),
        has: fc.option(fc.integer({ min: 1, max: 30 })),
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(shapes, async ({ entries, has }) => {
          run += 1;
          const own = sampleStream(1_000 + run);
          let next = 1;
          let end = 0;
          for (const { length, lost } of entries) {
            if (!lost) {
              one.journal.append(sampleHandover(own, next, next + length - 1));
              end = next + length - 1;
            }
            next += length;
          }
          const pages = await answer(requestOf([{ stream: own, has }]), own);
          const from = (has ?? 0) + 1;
          const all = eventsOf(pages);
          expect(all).toEqual(all.map((_unused, index) => (all[0] ?? 0) + index));
          const offsets = all.filter((offset) => offset >= from);
          // What the client has already is there only where an entry holds it together with what it lacks.
          expect(all.length - offsets.length).toBeLessThan(4);
          expect(offsets).toEqual(offsets.map((_unused, index) => from + index));
          const complete = from + offsets.length - 1 >= end && from <= end + 1 && end > 0;
          expect(reasonsOf(pages).length).toBe(complete ? 0 : 1);
        }),
      );
    },
  );

  it('includes the overview when it is asked for', async () => {
    one.hand(sampleHandover(stream, 1, 1));
    await time.advance(10);
    const pages = await answer(requestOf([], true));
    expect(pages.at(-1)?.overview?.uploads).toHaveLength(1);
    expect((await answer(requestOf([]))).at(-1)?.overview).toBeUndefined();
  });

  it("knows nothing of another identity's uploads, whatever the payload says", async () => {
    one.journal.append(sampleHandover(stream, 1, 3));
    const stranger = sampleStream(2);
    const forged = requestOf([{ stream, has: null }]).replace(
      '"data":{',
      `"data":{"identityId":${JSON.stringify(stream.identityId)},`,
    );
    const pages = await answer(forged, stranger);
    expect(itemsOf(pages)).toEqual([
      { kind: 'discontinuity', uploadId: uploadOf(stream), reason: 'unknownUpload' },
    ]);
    expect(replies(stream)).toEqual([]);
  });

  it.each([
    ['no JSON', '{"specversion":', 'invalidRequest'],
    ['another message', '{"specversion":"1.0"}', 'invalidRequest'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00]), 'invalidRequest'],
    ['nothing', '', 'invalidRequest'],
    ['too many uploads', requestOf(Array.from({ length: 51 }, () => ({ stream, has: 1 }))), 'invalidRequest'],
    ['more than 16 KB', ' '.repeat(17_000), 'tooLarge'],
  ])('refuses %s with the reason', async (_what, payload, code) => {
    const pages = await answer(payload);
    expect(pages).toEqual([expect.objectContaining({ last: true, items: [] })]);
    expect(pages[0]?.refusal?.code).toBe(code);
  });

  it('ignores what is on no request topic', async () => {
    broker.request({ topic: 'stepcast/v1/someone/requests/s1', payload: Buffer.from('{}') });
    broker.request({ topic: 'other', payload: Buffer.from('{}') });
    await time.settle();
    expect(broker.received).toEqual([]);
    expect(await one.metrics.catchUps.total({ outcome: 'notARequest' })).toBe(2);
  });

  it('limits the rate of each identity, says when to come back, and stops answering a flood', async () => {
    one.journal.append(sampleHandover(stream, 1, 1));
    const other = sampleStream(2);
    for (let count = 0; count < 100; count += 1) ask(requestOf([{ stream, has: null }]));
    for (let turn = 0; turn < 50; turn += 1) await time.advance(10);
    const limited = replies().filter(({ refusal }) => refusal?.code === 'rateLimited');
    expect(replies().filter(({ refusal }) => refusal === undefined)).toHaveLength(10);
    expect(limited).toHaveLength(10);
    expect(limited[0]?.refusal?.retryAfterMs).toBeGreaterThan(0);
    expect(await one.metrics.catchUps.total({ outcome: 'ignored' })).toBe(80);
    expect((await answer(requestOf([{ stream: other, has: null }]), other))[0]?.refusal).toBeUndefined();
    await time.advance(limited[0]?.refusal?.retryAfterMs ?? 0);
    expect((await answer(requestOf([{ stream, has: null }])))[0]?.refusal).toBeUndefined();
  });

  it('says that it is unavailable when the journal is away', async () => {
    one.journal.fail(1);
    const pages = await answer(requestOf([{ stream, has: 1 }]));
    expect(pages.at(-1)?.refusal).toMatchObject({ code: 'unavailable', retryAfterMs: 2_000 });
  });

  it('listens again after its connection was lost', async () => {
    one.journal.append(sampleHandover(stream, 1, 1));
    broker.drop();
    await time.advance(5_000);
    expect(eventsOf(await answer(requestOf([{ stream, has: null }])))).toEqual([1]);
  });
});
