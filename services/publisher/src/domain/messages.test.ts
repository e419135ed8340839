import { describe, expect, it } from 'vitest';
import {
  CatchUpReplyMessage,
  MAX_MESSAGE_BYTES,
  MAX_OVERVIEW_BYTES,
  MESSAGE_TYPES,
  OverviewMessage,
  parseJson,
  ProgressMessage,
  SessionId,
  StateMessage,
  subjectOf,
  summaryOf,
  type Overview,
  type ProgressEvent,
} from '@stepcast/contracts';
import { MAX_ENTRY_BYTES, MAX_STATE_BYTES, renderJson, type StoredEntry } from '@stepcast/wire';
import fc from 'fast-check';
import {
  identity,
  sampleEvent,
  sampleHandover,
  SAMPLE_BUCKET,
  sampleState,
  sampleStream,
  uploadOf,
} from '../testing/samples.ts';
import { discontinuityItem, eventsItem, replyMessage, ReplyPages, stateItem } from './catch-up-pages.ts';
import { overviewMessage, progressMessage, stateMessage, type EntryHandover } from './messages.ts';
import { makeOverview, OVERVIEW_ENVELOPE_BYTES } from './overview.ts';

const stream = sampleStream();

/** Events with anything in them that a correlator could put there. */
const anyEvent = fc.record({
  projection: fc.option(fc.jsonValue(), { nil: undefined }),
  message: fc.option(fc.string({ maxLength: 256, unit: 'binary' }), { nil: undefined }),
  step: fc.string({ maxLength: 80, unit: 'binary' }),
  percent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
});
type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never;

function eventOf(offset: number, { projection, message, step, percent }: AnyEvent): ProgressEvent {
  return sampleEvent(offset, {
    step: { name: step, type: 'Task' },
    ...(message === undefined ? {} : { error: { name: 'Failed', message } }),
    ...(percent === undefined ? {} : { percent }),
    ...(projection === undefined || typeof projection === 'object' ? {} : { projections: { projection } }),
  });
}

function splitInto(events: readonly ProgressEvent[], lengths: readonly number[]): EntryHandover[] {
  const handovers: EntryHandover[] = [];
  let at = 0;
  for (const length of lengths) {
    const own = events.slice(at, at + length);
    const [first] = own;
    const last = own.at(-1);
    if (first === undefined || last === undefined) break;
    at += length;
    handovers.push({ ...sampleHandover(stream, first.offset, last.offset), events: renderJson(own) });
  }
  return handovers;
}

describe('the progress message', () => {
  it('has the bytes that JSON.stringify would write of it, whatever handovers travel together', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (shapes, lengths, truncated) => {
          const events = shapes.map((shape, index) => eventOf(index + 1, shape));
          const [first, ...rest] = splitInto(events, lengths).map((one) => ({ ...one, truncated }));
          if (first === undefined) throw new Error('no handover');
          const last = rest.at(-1) ?? first;
          const payload = progressMessage([first, ...rest]).toString();
          // As messages were written when the publisher still had the events as objects.
          const message: ProgressMessage = {
            specversion: '1.0',
            id: `${first.uploadId}:${first.epoch}:1-${last.lastOffset}`,
            type: MESSAGE_TYPES.progress,
            time: events[last.lastOffset - 1]?.time ?? '',
            source: first.source,
            subject: subjectOf(SAMPLE_BUCKET, stream.key),
            datacontenttype: 'application/json',
            data: {
              identityId: first.identityId,
              uploadId: first.uploadId,
              epoch: first.epoch,
              epochStartedAt: first.epochStartedAt,
              firstOffset: first.firstOffset,
              lastOffset: last.lastOffset,
              replay: false,
              events: events.slice(0, last.lastOffset),
              ...(truncated ? { truncated: true } : {}),
            },
          };
          const written = JSON.stringify(message)
            .replaceAll('\uFFFE', '\\ufffe')
            .replaceAll('\uFFFF', '\\uffff');
          expect(payload).toBe(written);
          expect(parseJson(ProgressMessage, payload).ok).toBe(true);
        },
      ),
    );
  });

  it('of the largest entry fits the largest message', () => {
    const handover = sampleHandover(stream, 1, 1);
    const key = '\u0001'.repeat(1_024);
    const events = `[{"text":"${'x'.repeat(MAX_ENTRY_BYTES - 13)}"}]`;
    expect(Buffer.byteLength(events)).toBe(MAX_ENTRY_BYTES);
    const payload = progressMessage([{ ...handover, events, line: { ...handover.line, key } }]);
    expect(payload.length).toBeLessThan(MAX_MESSAGE_BYTES);
  });
});

describe('the state message', () => {
  it('has the bytes that JSON.stringify would write of it', () => {
    const state = sampleState(stream, 7, 'failed');
    const payload = stateMessage(sampleHandover(stream, 6, 7, { status: 'failed' })).toString();
    const message: StateMessage = {
      specversion: '1.0',
      id: `${state.uploadId}:${state.position.epoch}:7:state`,
      type: MESSAGE_TYPES.state,
      time: state.updatedAt,
      source: sampleHandover(stream, 1, 1).source,
      subject: subjectOf(state.bucket, state.key),
      datacontenttype: 'application/json',
      data: state,
    };
    expect(payload).toBe(JSON.stringify(message));
    expect(parseJson(StateMessage, payload)).toEqual({ ok: true, value: message });
  });

  it('of the largest state fits the largest message', () => {
    const handover = sampleHandover(stream, 1, 1);
    const state = `{"text":"${'x'.repeat(MAX_STATE_BYTES - 11)}"}`;
    const line = { ...handover.line, key: '\u0001'.repeat(1_024) };
    expect(stateMessage({ ...handover, state, line }).length).toBeLessThan(MAX_MESSAGE_BYTES);
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
    const payload = overviewMessage(overview);
    expect(payload.length).toBeLessThan(MAX_OVERVIEW_BYTES);
    expect(parseJson(OverviewMessage, payload.toString()).ok).toBe(true);
    expect(overview.truncated).toBe(true);
    expect(overview.uploads[0]?.key).toContain('1999.png');
    expect(overview.uploads.length).toBeGreaterThan(100);
  });
});

function entryOf(first: number, last: number, size: number): StoredEntry {
  const { events, source } = sampleHandover(stream, first, last, {
    event: { projections: { text: 'y'.repeat(size) } },
  });
  return {
    firstOffset: first,
    lastOffset: last,
    source,
    events,
    truncated: false,
    snapshot: undefined,
    cursor: undefined,
  };
}

function readPage(page: string) {
  const payload = replyMessage(page, 'id', stream.epochStartedAt);
  expect(payload.length).toBeLessThan(16_000);
  const parsed = parseJson(CatchUpReplyMessage, payload.toString());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value.data;
}

describe('pages of a reply', () => {
  const emptyOverview: Overview = {
    identityId: identity(1),
    uploads: [],
    asOf: stream.epochStartedAt,
    truncated: false,
  };

  it(
    'each fit a message, keep every item whole and in order, and only the last says so',
    { tags: ['few-cases'] },
    () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.tuple(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }), fc.nat({ max: 3_000 })),
            {
              maxLength: 6,
            },
          ),
          fc.boolean(),
          (uploads, overviewWanted) => {
            const pages = new ReplyPages(SessionId.parse('r1'), 16_000);
            const texts: string[] = [];
            const expected: unknown[] = [];
            for (const [index, [lengths, size]] of uploads.entries()) {
              const own = sampleStream(1, `${index}`);
              const uploadId = uploadOf(own);
              const state = sampleState(own, 1);
              let next = 1;
              const items = [
                stateItem(uploadId, JSON.stringify(state)),
                ...lengths.map((length) => {
                  next += length;
                  return eventsItem(uploadId, own, entryOf(next - length, next - 1, size));
                }),
                discontinuityItem(uploadId, 'expired'),
              ];
              for (const item of items) {
                const full = pages.add(item);
                if (full !== undefined) texts.push(full);
                expected.push(JSON.parse(item));
              }
            }
            texts.push(...pages.finish(overviewWanted ? { overview: emptyOverview } : {}));
            const replies = texts.map(readPage);
            expect(replies.flatMap(({ items }) => items)).toEqual(expected);
            expect(replies.map(({ page }) => page)).toEqual(replies.map((_unused, index) => index + 1));
            expect(replies.map(({ last }) => last).indexOf(true)).toBe(replies.length - 1);
            expect(replies.at(-1)?.overview).toEqual(overviewWanted ? emptyOverview : undefined);
          },
        ),
      );
    },
  );

  it('have the bytes that JSON.stringify would write of them', () => {
    const pages = new ReplyPages(SessionId.parse('r1'), 16_000);
    const state = sampleState(stream, 2);
    pages.add(stateItem(uploadOf(stream), JSON.stringify(state)));
    const [page = ''] = pages.finish({ overview: emptyOverview });
    const text = replyMessage(page, 'id', stream.epochStartedAt).toString();
    expect(text).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('of the largest entry and the largest state are within the limit', () => {
    const pages = new ReplyPages(SessionId.parse('r1'), MAX_MESSAGE_BYTES);
    const events = `[{"text":"${'x'.repeat(MAX_ENTRY_BYTES - 13)}"}]`;
    const state = `{"text":"${'x'.repeat(MAX_STATE_BYTES - 11)}"}`;
    const texts = [
      pages.add(stateItem(uploadOf(stream), state)) ?? '',
      pages.add(eventsItem(uploadOf(stream), stream, { ...entryOf(1, 1, 1), events })) ?? '',
      ...pages.finish(),
    ].filter((text) => text !== '');
    expect(texts).toHaveLength(2);
    for (const text of texts)
      expect(replyMessage(text, 'i'.repeat(36), stream.epochStartedAt).length).toBeLessThan(
        MAX_MESSAGE_BYTES,
      );
  });
});
