import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { machine, state } from '../testing/course.ts';
import { records } from '../testing/records.ts';
import { advanceOf, ARN, copyOf, eventsIn, META } from '../testing/stream-input.ts';
import type { PlannedEntry } from './entry-planner.ts';
import type { StatusFact } from './fold-status.ts';
import { advanceStream } from './stream.ts';
import { newHead, type StreamHead } from './stream-head.ts';

const kindsOf = (entries: readonly PlannedEntry[]) => eventsIn(entries).map(({ kind }) => kind);

/** A new stream after records. */
function headAfter(all: readonly ExecutionRecord[]): StreamHead {
  const head = newHead(META);
  advanceStream(head, advanceOf(all));
  return head;
}

const whole = records(
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
  [4, 'TaskSucceeded', 3],
  [5, 'TaskStateExited', 4, { name: 'T' }],
  [6, 'ExecutionSucceeded', 5],
);
const kinds = ['executionStarted', 'stepStarted', 'stepSucceeded', 'executionSucceeded'];
const fact = (status: StatusFact['status']): StatusFact => ({
  status,
  redriveCount: 0,
  startMs: 1_793_700_930_000,
  stopMs: status === 'running' ? null : 1_793_700_990_000,
  redriveMs: null,
});

describe('statuses', () => {
  it('emit the start before the records do, unless those are at hand', () => {
    const head = newHead(META);
    const running = advanceStream(head, advanceOf([], { statuses: [fact('running')] }));
    expect(kindsOf(running.entries)).toEqual(['uploaded', 'executionStarted']);
    expect(kindsOf(advanceStream(head, advanceOf(whole)).entries)).toEqual(kinds.slice(1));
    const both = advanceStream(newHead(META), advanceOf(whole, { statuses: [fact('running')] }));
    expect(eventsIn(both.entries)[1]?.time).toBe(new Date(whole[0]?.timestampMs ?? 0).toISOString());
    const later = advanceStream(newHead(META), advanceOf(whole.slice(1, 2), { statuses: [fact('running')] }));
    expect(kindsOf(later.entries)).toEqual(['uploaded', 'executionStarted']);
  });

  it('emit the start before the records of a sparse execution', () => {
    const failed = records([9, 'TaskFailed', 8, { error: 'Boom' }]);
    const { entries } = advanceStream(
      newHead(META),
      advanceOf(failed, { sparse: true, statuses: [fact('running'), fact('failed')] }),
    );
    expect(kindsOf(entries)).toEqual(['uploaded', 'executionStarted', 'stepFailed', 'executionFailed']);
  });

  it('of an end wait for the records, unless nothing else is to come', () => {
    const statuses = [fact('running'), fact('failed')];
    const head = newHead(META);
    const first = advanceStream(head, advanceOf(whole.slice(0, 2), { statuses }));
    expect(first.waitingStatuses).toEqual([fact('failed')]);
    expect(kindsOf(first.entries)).toEqual(['uploaded', 'executionStarted', 'stepStarted']);
    for (const more of [{ giveUp: 'no history' }, { sparse: true }]) {
      const ended = advanceStream(copyOf(head), advanceOf([], { statuses, ...more }));
      expect(ended.waitingStatuses).toEqual([]);
      expect(kindsOf(ended.entries)).toEqual(['executionFailed']);
    }
    const known = advanceStream(newHead(META), advanceOf(whole, { statuses: [fact('succeeded')] }));
    expect(known.waitingStatuses).toEqual([]);
    expect(kindsOf(known.entries)).toEqual(['uploaded', ...kinds]);
  });
});

describe('a distributed Map', () => {
  it('emits the counts of its Map Run, when they have changed', () => {
    const map = records(
      [1, 'ExecutionStarted', 0],
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn: 'run' }],
    );
    const head = headAfter(map);
    const ask = (counts: NonNullable<ProgressEvent['iterations']>, run = 'run', from = copyOf(head)) =>
      advanceStream(from, advanceOf([], { mapRunCounts: new Map([[run, counts]]) }));
    const counts = { total: 10, started: 6, succeeded: 4, failed: 1 };
    const asked = copyOf(head);
    expect(eventsIn(ask(counts, 'run', asked).entries)).toEqual([
      {
        offset: 5,
        kind: 'iterationsProgressed',
        time: new Date(map[3]?.timestampMs ?? 0).toISOString(),
        executionArn: ARN,
        step: { name: 'M', type: 'Map' },
        iterations: counts,
      },
    ]);
    expect(ask(counts, 'run', asked).entries).toEqual([]);
    for (const change of [{ total: 11 }, { started: 7 }, { succeeded: 5 }, { failed: 2 }])
      expect(kindsOf(ask({ ...counts, ...change }, 'run', copyOf(asked)).entries)).toEqual([
        'iterationsProgressed',
      ]);
    expect(ask(counts, 'another').entries).toEqual([]);
    expect(advanceStream(head, advanceOf([])).entries).toEqual([]);
  });
});

describe('progress', () => {
  it('goes into the events and the state, as the definition has it', () => {
    const profile = {
      machine: machine({ T: state('Task', ['U']), U: state('Task') }),
      durations: new Map([
        ['T', 1_000],
        ['U', 3_000],
      ]),
    };
    const head = newHead(META);
    const { entries } = advanceStream(head, advanceOf(whole.slice(0, 5), { profile }));
    expect(head.state).toMatchObject({ percent: 25, etaSeconds: 3 });
    expect(eventsIn(entries).map(({ percent, etaSeconds }) => [percent, etaSeconds])).toEqual([
      [undefined, undefined],
      [0, 4],
      [0, 4],
      [25, 3],
    ]);
    expect(head.folds.get(ARN)?.percent).toBe(25);
  });
});
