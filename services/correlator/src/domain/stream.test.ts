import { describe, expect, it } from '@jest/globals';
import type { ProgressEvent } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { machine, state } from '../testing/course.ts';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { advanceOf, ARN, META } from '../testing/stream-input.ts';
import type { StatusFact } from './fold-status.ts';
import type { PlannedEntry } from './entry-planner.ts';
import { advanceStream, newHead, planUploaded, type Advanced } from './stream.ts';

const eventsOf = (entries: readonly PlannedEntry[]): ProgressEvent[] =>
  entries.flatMap((entry) => entry.body.events);
const kindsOf = (entries: readonly PlannedEntry[]) => eventsOf(entries).map(({ kind }) => kind);
const ids = (list: readonly ExecutionRecord[]) => list.map(({ id }) => id);
const headAfter = ({ entries }: Advanced, before = newHead(META)) => entries.at(-1)?.head ?? before;

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
const fact = (status: StatusFact['status']): StatusFact => ({
  status,
  redriveCount: 0,
  startMs: 1_793_700_930_000,
  stopMs: status === 'running' ? null : 1_793_700_990_000,
  redriveMs: null,
});

describe('journal entries', () => {
  it('hold events that follow on without a hole, as many as the offsets say', () => {
    fc.assert(
      fc.property(histories, ({ seed, maxDepth }) => {
        const { records } = randomHistory(seed, { maxDepth });
        const { entries } = advanceStream(newHead(META), advanceOf(records));
        const offsets = eventsOf(entries).map((event) => Number(event.offset));
        expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
        for (const { firstOffset, body, head } of entries) {
          expect(body.events[0]?.offset).toBe(firstOffset);
          expect(body.state.position.offset).toBe(body.events.at(-1)?.offset);
          expect(head.lastOffset).toBe(body.events.at(-1)?.offset);
          expect(head.state).toBe(body.state);
        }
      }),
    );
  });

  it('begin with the upload, whatever comes first, and only once', () => {
    const uploaded = planUploaded(newHead(META));
    expect(eventsOf(uploaded)).toEqual([{ offset: 1, kind: 'uploaded', time: META.epochStartedAt }]);
    expect(uploaded[0]?.body).toMatchObject({ source: 'stepcast', epochStartedAt: META.epochStartedAt });
    const head = uploaded[0]?.head ?? newHead(META);
    expect(planUploaded(head)).toEqual([]);
    const { entries } = advanceStream(head, advanceOf(whole));
    expect(entries[0]).toMatchObject({ firstOffset: 2, body: { source: advanceOf([]).source } });
    expect(kindsOf(entries)).toEqual(kinds);
    expect(kindsOf(advanceStream(newHead(META), advanceOf(whole)).entries)).toEqual(['uploaded', ...kinds]);
  });

  it('are cut at a hundred events, and by size', () => {
    const passes = (count: number, projections?: Record<string, string>): ExecutionRecord[] =>
      records(
        ...Array.from({ length: count }, (_unused, index): Line => {
          const details = { name: 'P', ...(projections === undefined ? {} : { projections }) };
          return [index + 1, index % 2 === 0 ? 'PassStateEntered' : 'PassStateExited', index, details];
        }),
      );
    const head = planUploaded(newHead(META))[0]?.head ?? newHead(META);
    const many = advanceStream(head, advanceOf(passes(250))).entries;
    expect(many.map(({ body }) => body.events.length)).toEqual([100, 100, 50]);
    expect(many.map(({ firstOffset }) => firstOffset)).toEqual([2, 102, 202]);
    expect(many.map((entry) => entry.head.folds.get(ARN)?.lastId)).toEqual([100, 200, 250]);
    const large = advanceStream(head, advanceOf(passes(20, { text: 'x'.repeat(10_000) }))).entries;
    expect(large.map(({ body }) => body.events.length)).toEqual([10, 10]);
  });

  it('hold what they told when the execution goes on in the next', () => {
    const first = advanceStream(newHead(META), advanceOf(whole.slice(0, 3)));
    const firstHead = headAfter(first);
    const before = structuredClone(first.entries[0]?.body);
    const second = advanceStream(firstHead, advanceOf(whole.slice(3)));
    expect(kindsOf([...first.entries, ...second.entries])).toEqual(['uploaded', ...kinds]);
    expect(first.entries[0]?.body).toEqual(before);
    expect(firstHead.folds.get(ARN)?.status).toBe('running');
    expect(headAfter(second).folds.get(ARN)?.status).toBe('succeeded');
  });

  it('follow a nested execution without taking its end for that of the upload', () => {
    const { entries } = advanceStream(newHead(META), advanceOf(whole, { nested: true }));
    expect(entries.at(-1)?.body.state).toMatchObject({ status: 'queued', percent: null });
    expect(
      headAfter({ ...advanceStream(newHead(META), advanceOf([])), entries }).folds.get(ARN)?.nested,
    ).toBe(true);
  });
});

describe('records', () => {
  it('that tell nothing are kept until one that does', () => {
    const head = headAfter(advanceStream(newHead(META), advanceOf(whole.slice(0, 2))));
    const silent = advanceStream(head, advanceOf(whole.slice(2, 4)));
    expect([silent.entries, ids(silent.released), ids(silent.untold)]).toEqual([[], [], [3, 4]]);
    const told = advanceStream(head, advanceOf(whole.slice(2, 5)));
    expect([ids(told.released), ids(told.untold)]).toEqual([[3, 4, 5], []]);
    expect(told.stays).toEqual([{ name: 'T', durationMs: 3 }]);
  });

  it('are told as far as a full entry goes, when those after it tell nothing', () => {
    const head = planUploaded(newHead(META))[0]?.head ?? newHead(META);
    const passes = Array.from({ length: 100 }, (_unused, index): Line => {
      return [index + 1, index % 2 === 0 ? 'PassStateEntered' : 'PassStateExited', index, { name: 'P' }];
    });
    const { entries, released, untold } = advanceStream(
      head,
      advanceOf(records(...passes, [101, 'TaskStarted', 100])),
    );
    expect([entries.length, released.length, ids(untold)]).toEqual([1, 100, [101]]);
  });

  it('wait behind a gap, which is told when it is given up; what comes then is late', () => {
    const head = headAfter(advanceStream(newHead(META), advanceOf(whole.slice(0, 2))));
    const rest = whole.slice(4);
    const held = advanceStream(head, advanceOf(rest));
    expect(held).toMatchObject({ entries: [], gaps: [[3, 4]], gapsDeclared: 0 });
    expect(ids(held.waiting)).toEqual([5, 6]);
    const given = advanceStream(head, advanceOf(rest, { giveUp: 'history is gone' }));
    expect(given).toMatchObject({ gaps: [], gapsDeclared: 1, waiting: [] });
    expect(kindsOf(given.entries)).toEqual(['gapDeclared', 'stepSucceeded', 'executionSucceeded']);
    expect(eventsOf(given.entries)[0]).toMatchObject({
      executionArn: ARN,
      time: new Date(whole[4]?.timestampMs ?? 0).toISOString(),
      gap: { firstEventId: 3, lastEventId: 4, reason: 'history is gone' },
    });
    const after = advanceStream(headAfter(given), advanceOf(whole.slice(1, 4)));
    expect([ids(after.late), ids(after.duplicates)]).toEqual([[3, 4], [2]]);
  });

  it('of a sparse execution wait for nothing, in any order, each once', () => {
    const failed = records([9, 'TaskFailed', 8, { error: 'Boom' }], [10, 'ExecutionFailed', 9]);
    const first = advanceStream(newHead(META), advanceOf(failed.slice(1), { sparse: true }));
    expect(kindsOf(first.entries)).toEqual(['uploaded', 'executionFailed']);
    const second = advanceStream(headAfter(first), advanceOf(failed, { sparse: true, giveUp: 'no history' }));
    expect([ids(second.released), ids(second.duplicates), second.gapsDeclared]).toEqual([[9], [10], 0]);
    expect(headAfter(second).folds.get(ARN)).toMatchObject({ sparse: true, seen: [10, 9], lastId: 10 });
  });
});

describe('statuses', () => {
  it('tell the start before the records do, unless those are at hand', () => {
    const running = advanceStream(newHead(META), advanceOf([], { statuses: [fact('running')] }));
    expect(kindsOf(running.entries)).toEqual(['uploaded', 'executionStarted']);
    expect(kindsOf(advanceStream(headAfter(running), advanceOf(whole)).entries)).toEqual(kinds.slice(1));
    const both = advanceStream(newHead(META), advanceOf(whole, { statuses: [fact('running')] }));
    expect(eventsOf(both.entries)[1]?.time).toBe(new Date(whole[0]?.timestampMs ?? 0).toISOString());
    const later = advanceStream(newHead(META), advanceOf(whole.slice(1, 2), { statuses: [fact('running')] }));
    expect(kindsOf(later.entries)).toEqual(['uploaded', 'executionStarted']);
  });

  it('tell the start before what a sparse execution tells', () => {
    const failed = records([9, 'TaskFailed', 8, { error: 'Boom' }]);
    const { entries } = advanceStream(
      newHead(META),
      advanceOf(failed, { sparse: true, statuses: [fact('running'), fact('failed')] }),
    );
    expect(kindsOf(entries)).toEqual(['uploaded', 'executionStarted', 'stepFailed', 'executionFailed']);
  });

  it('of an end wait for the records, unless nothing else is to come', () => {
    const statuses = [fact('running'), fact('failed')];
    const begun = advanceStream(newHead(META), advanceOf(whole.slice(0, 2), { statuses }));
    expect(begun.waitingStatuses).toEqual([fact('failed')]);
    expect(kindsOf(begun.entries)).toEqual(['uploaded', 'executionStarted', 'stepStarted']);
    for (const more of [{ giveUp: 'no history' }, { sparse: true }]) {
      const ended = advanceStream(headAfter(begun), advanceOf([], { statuses, ...more }));
      expect(ended.waitingStatuses).toEqual([]);
      expect(kindsOf(ended.entries)).toEqual(['executionFailed']);
    }
    const told = advanceStream(newHead(META), advanceOf(whole, { statuses: [fact('succeeded')] }));
    expect(told.waitingStatuses).toEqual([]);
    expect(kindsOf(told.entries)).toEqual(['uploaded', ...kinds]);
  });
});

describe('a distributed Map', () => {
  it('is told by the counts of its Map Run, when they have changed', () => {
    const map = records(
      [1, 'ExecutionStarted', 0],
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn: 'run' }],
    );
    const head = headAfter(advanceStream(newHead(META), advanceOf(map)));
    const ask = (counts: NonNullable<ProgressEvent['iterations']>, run = 'run', from = head) =>
      advanceStream(from, advanceOf([], { mapRunCounts: new Map([[run, counts]]) }));
    const counts = { total: 10, started: 6, succeeded: 4, failed: 1 };
    const told = ask(counts);
    expect(eventsOf(told.entries)).toEqual([
      {
        offset: 5,
        kind: 'iterationsProgressed',
        time: new Date(map[3]?.timestampMs ?? 0).toISOString(),
        executionArn: ARN,
        step: { name: 'M', type: 'Map' },
        iterations: counts,
      },
    ]);
    expect(ask(counts, 'run', headAfter(told)).entries).toEqual([]);
    for (const change of [{ total: 11 }, { started: 7 }, { succeeded: 5 }, { failed: 2 }])
      expect(kindsOf(ask({ ...counts, ...change }, 'run', headAfter(told)).entries)).toEqual([
        'iterationsProgressed',
      ]);
    expect(ask(counts, 'another').entries).toEqual([]);
    expect(advanceStream(head, advanceOf([])).entries).toEqual([]);
  });
});

describe('progress', () => {
  it('goes into the state with each event, as the definition has it', () => {
    const profile = {
      machine: machine({ T: state('Task', ['U']), U: state('Task') }),
      durations: new Map([
        ['T', 1_000],
        ['U', 3_000],
      ]),
    };
    const { entries } = advanceStream(newHead(META), advanceOf(whole.slice(0, 5), { profile }));
    expect(entries.at(-1)?.body.state).toMatchObject({ percent: 25, etaSeconds: 3 });
    expect(entries.at(-1)?.head.folds.get(ARN)?.percent).toBe(25);
  });
});
