import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { advanceOf, ARN, copyOf, eventsIn, fromSnapshot, META } from '../testing/stream-input.ts';
import { SNAPSHOT_EVERY, type PlannedEntry } from './entry-planner.ts';
import { advanceStream, planUploaded, type Advance, type Advanced, type Became } from './stream.ts';
import { headOf, newHead, type StreamHead } from './stream-head.ts';

const kindsOf = (entries: readonly PlannedEntry[]) => eventsIn(entries).map(({ kind }) => kind);
const ids = ({ records: all }: Advanced, became: Became) =>
  all.filter((one) => one.became === became).map(({ record }) => record.id);

/** A new stream after records. */
function headAfter(all: readonly ExecutionRecord[], more: Partial<Advance> = {}): StreamHead {
  const head = newHead(META);
  advanceStream(head, advanceOf(all, more));
  return head;
}

function begun(): StreamHead {
  const head = newHead(META);
  planUploaded(head);
  return head;
}

const lines: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
  [4, 'TaskSucceeded', 3],
  [5, 'TaskStateExited', 4, { name: 'T' }],
  [6, 'ExecutionSucceeded', 5],
];
const whole = records(...lines);
const kinds = ['executionStarted', 'stepStarted', 'stepSucceeded', 'executionSucceeded'];
const passes = (count: number, projections?: Record<string, string>): ExecutionRecord[] =>
  records(
    ...Array.from({ length: count }, (_unused, index): Line => {
      const details = { name: 'P', ...(projections === undefined ? {} : { projections }) };
      return [index + 1, index % 2 === 0 ? 'PassStateEntered' : 'PassStateExited', index, details];
    }),
  );
describe('journal entries', () => {
  it('hold events that follow on without a hole, as many as the offsets say', () => {
    fc.assert(
      fc.property(histories, ({ seed, maxDepth }) => {
        const { records } = randomHistory(seed, { maxDepth });
        const head = newHead(META);
        const { entries } = advanceStream(head, advanceOf(records));
        const offsets = eventsIn(entries).map((event) => Number(event.offset));
        expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
        for (const entry of entries) {
          const own = eventsIn([entry]);
          expect([own[0]?.offset, own.at(-1)?.offset]).toEqual([entry.firstOffset, entry.lastOffset]);
          expect(own).toHaveLength(entry.eventCount);
          expect(entry.line.position.offset).toBe(entry.lastOffset);
          expect(entry.oldestEventAt).toBe(own.map(({ time }) => time).toSorted()[0]);
        }
        expect([head.lastOffset, head.state.position.offset]).toEqual([offsets.length, offsets.length]);
      }),
    );
  });

  it('begin with the upload, whatever comes first, and only once', () => {
    const head = newHead(META);
    const uploaded = planUploaded(head);
    expect(eventsIn(uploaded)).toEqual([{ offset: 1, kind: 'uploaded', time: META.epochStartedAt }]);
    expect(uploaded[0]).toMatchObject({
      source: 'stepcast',
      line: { status: 'queued' },
      lineChanged: true,
      terminal: false,
    });
    expect(planUploaded(head)).toEqual([]);
    const { entries } = advanceStream(head, advanceOf(whole));
    expect(entries[0]).toMatchObject({ firstOffset: 2, source: advanceOf([]).source });
    expect(kindsOf(entries)).toEqual(kinds);
    expect(kindsOf(advanceStream(newHead(META), advanceOf(whole)).entries)).toEqual(['uploaded', ...kinds]);
  });

  it('are cut at a hundred events, and by size', () => {
    const head = begun();
    const many = advanceStream(head, advanceOf(passes(250))).entries;
    expect(many.map(({ eventCount }) => eventCount)).toEqual([100, 100, 50]);
    expect(many.map(({ firstOffset }) => firstOffset)).toEqual([2, 102, 202]);
    expect(many.map(({ cursor }) => /"n":(\d+)/.exec(cursor ?? '')?.[1])).toEqual(['100', '200', '250']);
    const large = advanceStream(begun(), advanceOf(passes(20, { text: 'x'.repeat(10_000) }))).entries;
    expect(large.map(({ eventCount }) => eventCount)).toEqual([9, 9, 2]);
  });

  it('go on where the execution had stopped', () => {
    const head = newHead(META);
    const first = advanceStream(head, advanceOf(whole.slice(0, 3)));
    expect(head.folds.get(ARN)?.status).toBe('running');
    const second = advanceStream(head, advanceOf(whole.slice(3)));
    expect(kindsOf([...first.entries, ...second.entries])).toEqual(['uploaded', ...kinds]);
    expect(head.folds.get(ARN)?.status).toBe('succeeded');
  });

  it('follow a nested execution without taking its end for that of the upload', () => {
    const head = newHead(META);
    const { entries } = advanceStream(head, advanceOf(whole, { nested: true }));
    expect(head.state).toMatchObject({ status: 'queued', percent: null });
    expect(entries.at(-1)).toMatchObject({ terminal: false, line: { status: 'queued' } });
    expect(eventsIn(entries).map(({ nested }) => nested)).toEqual([undefined, true, true, true, true]);
    expect(head.folds.get(ARN)?.nested).toBe(true);
  });

  it('have a snapshot as the first, every tenth, and where the upload has ended; a cursor otherwise', () => {
    const head = begun();
    const all = passes(42);
    const entries = all.flatMap((record) => advanceStream(head, advanceOf([record])).entries);
    const withSnapshot = entries.filter(({ snapshot }) => snapshot !== undefined);
    expect(withSnapshot.map(({ firstOffset }) => firstOffset)).toEqual([11, 21, 31, 41]);
    expect(withSnapshot.map(({ firstOffset }) => firstOffset - 1)).toEqual(
      [1, 2, 3, 4].map((times) => times * SNAPSHOT_EVERY),
    );
    for (const { snapshot, cursor } of entries) expect(cursor === undefined).toBe(snapshot !== undefined);
    const end = records([43, 'ExecutionSucceeded', 42]);
    const [last] = advanceStream(head, advanceOf(end)).entries;
    expect(last).toMatchObject({ terminal: true, lineChanged: true, cursor: undefined });
    expect(last?.snapshot?.state).toContain('"status":"succeeded"');
    expect(head.entriesSinceSnapshot).toBe(0);
  });

  it('have the line written when the status of the upload changes', () => {
    const head = begun();
    const batches = [whole.slice(0, 1), whole.slice(1, 2), whole.slice(2, 5), whole.slice(5)];
    const changes = batches.flatMap((batch) => advanceStream(head, advanceOf(batch)).entries);
    expect(changes.map(({ lineChanged, line }) => [lineChanged, line.status])).toEqual([
      [true, 'running'],
      [false, 'running'],
      [false, 'running'],
      [true, 'succeeded'],
    ]);
    const again = advanceStream(
      headAfter(records([1, 'ExecutionStarted', 0], [2, 'ExecutionFailed', 0])),
      advanceOf(records([3, 'ExecutionRedriven', 2], [4, 'ExecutionFailed', 0])),
    );
    expect(again.entries.map(({ lineChanged, line }) => [lineChanged, line.status])).toEqual([
      [true, 'failed'],
    ]);
  });
});

describe('records', () => {
  it('that emit nothing leave the head as it was, and are parked until one emits', () => {
    const head = headAfter(whole.slice(0, 2));
    const before = copyOf(head);
    const fold = head.folds.get(ARN);
    const silent = advanceStream(head, advanceOf(whole.slice(2, 4)));
    expect(silent).toMatchObject({ entries: [], changedWithoutEntry: false });
    expect([ids(silent, 'released'), ids(silent, 'parked')]).toEqual([[], [3, 4]]);
    expect(head).toEqual(before);
    expect(head.folds.get(ARN)).toBe(fold);
    const emitting = advanceStream(head, advanceOf(whole.slice(2, 5)));
    expect([ids(emitting, 'released'), ids(emitting, 'parked')]).toEqual([[3, 4, 5], []]);
    expect(emitting.durations).toEqual([{ name: 'T', durationMs: 3 }]);
    expect(head.folds.get(ARN)).toBe(fold);
  });

  it('leave the head exactly as it was whenever nothing is emitted, in any history', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), (history, sizes) => {
        const { records: all } = randomHistory(history.seed, { maxDepth: history.maxDepth });
        let head = newHead(META);
        const entries: PlannedEntry[] = [];
        let parked: ExecutionRecord[] = [];
        for (let at = 0, turn = 0; at < all.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          const before = copyOf(head);
          const advanced = advanceStream(head, advanceOf([...parked, ...all.slice(at, at + size)]));
          // Of Node, and only then of Vitest, whose comparison takes many times as long.
          if (isDeepStrictEqual(head, before) !== (advanced.entries.length === 0))
            expect({ entries: advanced.entries, head }).toEqual({ entries: [], head: before });
          entries.push(...advanced.entries);
          if (advanced.changedWithoutEntry) head = headOf(META, fromSnapshot(entries));
          parked = advanced.records.filter(({ became }) => became === 'parked').map(({ record }) => record);
          at += size;
        }
        expect(parked).toEqual([]);
      }),
    );
  });

  it('that emit nothing go along with a full entry', () => {
    const all = [...passes(100), ...records([101, 'TaskStarted', 100])];
    const advanced = advanceStream(begun(), advanceOf(all));
    expect(advanced).toMatchObject({ entries: [{ eventCount: 100 }], changedWithoutEntry: false });
    expect(ids(advanced, 'released')).toHaveLength(101);
  });

  it('behind a full entry that emit nothing are parked, and the head says that it is beyond its entries', () => {
    const advanced = advanceStream(
      begun(),
      advanceOf([...passes(100), ...records([101, 'TaskScheduled', 100])]),
    );
    expect(advanced).toMatchObject({ entries: [{ eventCount: 100 }], changedWithoutEntry: true });
    expect([ids(advanced, 'released').length, ids(advanced, 'parked')]).toEqual([100, [101]]);
  });

  it('wait behind a gap, which is declared when it is given up; what comes then is late', () => {
    const head = headAfter(whole.slice(0, 2));
    const rest = whole.slice(4);
    const held = advanceStream(head, advanceOf(rest));
    expect(held).toMatchObject({ entries: [], gaps: [[3, 4]], gapsDeclared: 0 });
    expect(ids(held, 'parked')).toEqual([5, 6]);
    const given = advanceStream(head, advanceOf(rest, { giveUp: 'history is gone' }));
    expect(given).toMatchObject({ gaps: [], gapsDeclared: 1 });
    expect(ids(given, 'released')).toEqual([5, 6]);
    expect(kindsOf(given.entries)).toEqual(['gapDeclared', 'stepSucceeded', 'executionSucceeded']);
    expect(eventsIn(given.entries)[0]).toMatchObject({
      executionArn: ARN,
      time: new Date(whole[4]?.timestampMs ?? 0).toISOString(),
      gap: { firstEventId: 3, lastEventId: 4, reason: 'history is gone' },
    });
    const after = advanceStream(head, advanceOf(whole.slice(1, 4)));
    expect([after.entries, ids(after, 'late'), ids(after, 'duplicate')]).toEqual([[], [3, 4], [2]]);
  });

  it('of a sparse execution wait for nothing, in any order, each once', () => {
    const failed = records([9, 'TaskFailed', 8, { error: 'Boom' }], [10, 'ExecutionFailed', 9]);
    const head = newHead(META);
    const first = advanceStream(head, advanceOf(failed.slice(1), { sparse: true }));
    expect(kindsOf(first.entries)).toEqual(['uploaded', 'executionFailed']);
    const second = advanceStream(head, advanceOf(failed, { sparse: true, giveUp: 'no history' }));
    expect([ids(second, 'released'), ids(second, 'duplicate'), second.gapsDeclared]).toEqual([[9], [10], 0]);
    expect(head.folds.get(ARN)).toMatchObject({ sparse: true, lastId: 10 });
    expect([...(head.folds.get(ARN)?.seen ?? [])]).toEqual([10, 9]);
  });
});
