import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  CatchUpReplyMessage,
  ExecutionArn,
  MAX_MESSAGE_BYTES,
  MAX_OVERVIEW_BYTES,
  OverviewMessage,
  parseJson,
  ProgressMessage,
  SessionId,
  StateMessage,
  type CatchUpItem,
  type ProgressEvent,
  type UploadState,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { identity, sampleEvent, sampleState, sampleStream, uploadOf } from '../testing/samples.ts';
import { encodeReply, ReplyPages } from './catch-up-pages.ts';
import type { Piece } from './pieces.ts';
import { summaryOf } from './positions.ts';
import { encodePiece } from './progress-messages.ts';
import { encodeOverview, encodeState, makeOverview, OVERVIEW_ENVELOPE_BYTES } from './state-messages.ts';

const stream = sampleStream();

function pieceOf(events: readonly ProgressEvent[], source = 'stepcast'): Piece {
  return {
    identityId: stream.identityId,
    uploadId: uploadOf(stream),
    epoch: stream.epoch,
    epochStartedAt: stream.epochStartedAt,
    replay: false,
    source,
    subject: 's3://uploads/a',
    events,
  };
}

function decoded(payload: Uint8Array) {
  const parsed = parseJson(ProgressMessage, Buffer.from(payload).toString());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value.data;
}

/** Events with anything in them that a correlator could put there. */
const anyEvent = fc.record({
  projection: fc.option(fc.string({ maxLength: 3_000, unit: 'binary' }), { nil: undefined }),
  message: fc.option(fc.string({ maxLength: 256 }), { nil: undefined }),
  step: fc.string({ maxLength: 400 }),
  reason: fc.option(fc.string({ maxLength: 2_000 }), { nil: undefined }),
});

describe('progress messages', () => {
  it('stay under any limit with every offset in place, and say when something was left out', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 3_000, max: 12_000 }),
        (shapes, limit) => {
          const events = shapes.map(({ projection, message, step, reason }, index) =>
            sampleEvent(index + 1, {
              step: { name: step, type: 'Task' },
              ...(projection === undefined ? {} : { projections: { result: projection } }),
              ...(message === undefined ? {} : { error: { name: 'Failed', message } }),
              ...(reason === undefined ? {} : { gap: { firstEventId: 1, lastEventId: 2, reason } }),
            }),
          );
          const messages = encodePiece(pieceOf(events), limit);
          const datas = messages.map(({ payload }) => decoded(payload));
          for (const { payload } of messages) expect(payload.length).toBeLessThan(limit);
          expect(datas.flatMap((data) => data.events.map(({ offset }) => Number(offset)))).toEqual(
            events.map((_unused, index) => index + 1),
          );
          const same = isDeepStrictEqual(
            datas.flatMap((data) => data.events),
            events,
          );
          expect(datas.some(({ truncated }) => truncated === true)).toBe(!same || messages.length > 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves out projections first, then error messages, then splits', () => {
    const big = {
      projections: { result: 'x'.repeat(2_000) },
      error: { name: 'E', message: 'm'.repeat(200) },
    };
    const events = [1, 2, 3].map((offset) => sampleEvent(offset, big));
    const [one] = encodePiece(pieceOf(events), 3_000);
    expect(one && decoded(one.payload).events[0]).toMatchObject({ error: { message: 'm'.repeat(200) } });
    expect(one && decoded(one.payload).events[0]).not.toHaveProperty('projections');
    const [tighter] = encodePiece(pieceOf(events), 1_500);
    expect(tighter && decoded(tighter.payload).events[0]?.error).toEqual({ name: 'E' });
    expect(encodePiece(pieceOf(events), 900).length).toBeGreaterThan(1);
  });

  it('fails clearly for what cannot be made small enough', () => {
    expect(() => encodePiece(pieceOf([sampleEvent(1)], 'x'.repeat(5_000)), 4_000)).toThrow(
      expect.objectContaining({ code: 'PUBLISHER_MESSAGE_TOO_LARGE', retryable: false }),
    );
  });
});

function largeState(steps: number, executions: number): UploadState {
  const arn = (index: number) =>
    ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:M:${'e'.repeat(60)}${index}`);
  return {
    ...sampleState(stream, 9),
    steps: Array.from({ length: steps }, (_unused, index) => ({
      name: `Step ${index} ${'n'.repeat(60)}`,
      type: 'Task' as const,
      status: index % 3 === 0 ? ('running' as const) : ('succeeded' as const),
      attempt: 1,
      visits: 1,
      ended: index % 3 === 0 ? 0 : 1,
      startedAt: stream.epochStartedAt,
      endedAt: index % 3 === 0 ? null : stream.epochStartedAt,
    })),
    executions: Array.from({ length: executions }, (_unused, index) => ({
      executionArn: arn(index),
      status: 'succeeded' as const,
      startedAt: stream.epochStartedAt,
      endedAt: stream.epochStartedAt,
      redriveCount: 0,
    })),
  };
}

describe('state messages', () => {
  it('fit whatever the number of steps and executions, and keep the newest execution', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 400 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 4_000, max: 60_000 }),
        (steps, executions, limit) => {
          const state = largeState(steps, executions);
          const payload = encodeState(state, 'stepcast', limit);
          expect(payload.length).toBeLessThan(limit);
          const parsed = parseJson(StateMessage, Buffer.from(payload).toString());
          if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
          const { data } = parsed.value;
          expect(data.executions.at(-1)).toEqual(state.executions.at(-1));
          const cut = data.steps.length < steps || data.executions.length < executions;
          expect(data.truncated === true).toBe(cut);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('drop the oldest ended steps before running ones', () => {
    const parsed = parseJson(
      StateMessage,
      Buffer.from(encodeState(largeState(300, 1), 'stepcast', 40_000)).toString(),
    );
    const steps = parsed.ok ? parsed.value.data.steps : [];
    expect(steps.filter(({ status }) => status === 'running')).toHaveLength(100);
    expect(steps.at(-1)?.name).toContain('Step 299');
  });
});

describe('overview messages', () => {
  it('hold the newest uploads that fit 64 KB', () => {
    const entries = Array.from({ length: 2_000 }, (_unused, index) =>
      summaryOf(sampleState(sampleStream(1, `${index}.png`, 'e1', 1_700_000_000_000 + index * 1_000), 1)),
    );
    const overview = makeOverview({
      identityId: identity(1),
      entries,
      asOf: stream.epochStartedAt,
      maxBytes: MAX_OVERVIEW_BYTES - OVERVIEW_ENVELOPE_BYTES,
      incomplete: false,
    });
    const payload = encodeOverview(overview);
    expect(payload.length).toBeLessThan(MAX_OVERVIEW_BYTES);
    expect(parseJson(OverviewMessage, payload.toString()).ok).toBe(true);
    expect(overview.truncated).toBe(true);
    expect(overview.uploads[0]?.key).toContain('1999.png');
    expect(overview.uploads.length).toBeGreaterThan(100);
  });
});

describe('pages of a reply', () => {
  it('each fit a message, keep every item in order, and only the last says so', () => {
    const session = SessionId.parse('r1');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.nat({ max: 2_500 })), { maxLength: 8 }),
        fc.boolean(),
        (uploads, overviewWanted) => {
          const pages = new ReplyPages(session, 16_000);
          const replies = uploads.flatMap(([count, size], index) => {
            const own = sampleStream(1, `${index}`);
            const uploadId = uploadOf(own);
            const events = Array.from({ length: count }, (_unused, at) =>
              sampleEvent(at + 1, { projections: { text: 'y'.repeat(size) } }),
            );
            const items: CatchUpItem[] = [
              { kind: 'state', uploadId, state: sampleState(own, count) },
              { kind: 'events', uploadId, epoch: own.epoch, epochStartedAt: own.epochStartedAt, events },
            ];
            return items.flatMap((item) => pages.add(item));
          });
          const overview = makeOverview({
            identityId: identity(1),
            entries: [],
            asOf: stream.epochStartedAt,
            maxBytes: 1_000,
            incomplete: false,
          });
          replies.push(...pages.finish(overviewWanted ? { overview } : {}));
          for (const reply of replies) {
            const payload = encodeReply(reply, 'id', stream.epochStartedAt);
            expect(payload.length).toBeLessThan(16_000);
            expect(parseJson(CatchUpReplyMessage, Buffer.from(payload).toString()).ok).toBe(true);
          }
          expect(replies.map(({ page }) => page)).toEqual(replies.map((_unused, index) => index + 1));
          expect(replies.map(({ last }) => last).indexOf(true)).toBe(replies.length - 1);
          for (const [index, [count]] of uploads.entries()) {
            const uploadId = uploadOf(sampleStream(1, `${index}`));
            const offsets = replies
              .flatMap(({ items }) => items)
              .flatMap((item) => (item.kind === 'events' && item.uploadId === uploadId ? item.events : []))
              .map(({ offset }) => Number(offset));
            expect(offsets).toEqual(Array.from({ length: count }, (_unused, at) => at + 1));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are of a real size under the real limit', () => {
    const pages = new ReplyPages(SessionId.parse('r1'), MAX_MESSAGE_BYTES);
    const events = Array.from({ length: 5_000 }, (_unused, at) => sampleEvent(at + 1));
    const { epoch, epochStartedAt } = stream;
    const replies = pages.add({ kind: 'events', uploadId: uploadOf(stream), epoch, epochStartedAt, events });
    const sizes = replies.map((reply) => encodeReply(reply, 'id', epochStartedAt).length);
    expect(Math.min(...sizes)).toBeGreaterThan(MAX_MESSAGE_BYTES * 0.9);
    expect(Math.max(...sizes)).toBeLessThan(MAX_MESSAGE_BYTES);
  });
});
