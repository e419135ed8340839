import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '@stepcast/contracts';
import type { ExecutionRecord, Report } from '@stepcast/wire';
import fc from 'fast-check';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { advanceOf, ARN, copyOf, eventsIn, fromSnapshot, META } from '../testing/stream-input.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { PlannedEntry } from './entry-planner.ts';
import type { ExecutionFold } from './execution-fold.ts';
import { CLOCK_SKEW_MS, MAX_REPORTING_STEPS } from './reports.ts';
import { headOf, newHead, type StreamHead } from './stream-head.ts';
import { advanceStream, planUploaded, type Advanced } from './stream.ts';

const lines: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
  [4, 'TaskSucceeded', 3],
  [5, 'TaskStateExited', 4, { name: 'T' }],
  [6, 'ExecutionSucceeded', 5],
];
const whole = records(...lines);
const startMs = whole[2]?.timestampMs ?? 0;
const report = (more: Partial<Report> = {}): Report => ({ id: '1', atMs: startMs, percent: 40, ...more });

/** A stream whose execution has come as far as these records. */
function streamAfter(all: readonly ExecutionRecord[]): StreamHead {
  const head = newHead(META);
  advanceStream(head, advanceOf(all));
  return head;
}

function take(head: StreamHead, ...reports: readonly Report[]): Advanced {
  return advanceStream(head, advanceOf([], { reports }));
}
const becameOf = ({ reports }: Advanced) => reports.map(({ became }) => became);
const stepIn = ({ state }: StreamHead, name = 'T') => state.steps.find((one) => one.name === name);

describe('what a task reports', () => {
  it('is an event of the step that runs, with the next offset, and tells how far the step is', () => {
    const head = streamAfter(whole.slice(0, 3));
    const { entries, ...taken } = take(head, report({ text: 'page 4', done: 4, total: 10 }));
    expect(becameOf({ entries, ...taken })).toEqual(['applied']);
    expect(eventsIn(entries)).toEqual([
      {
        offset: 4,
        kind: 'stepReported',
        time: new Date(startMs).toISOString(),
        executionArn: ARN,
        step: { name: 'T', type: 'Task', attempt: 1 },
        report: { percent: 40, done: 4, total: 10, text: 'page 4' },
      },
    ]);
    expect(stepIn(head)?.report).toMatchObject({ percent: 40, text: 'page 4' });
  });

  it('comes after the records that came in with it, and with those that emit nothing', () => {
    const head = streamAfter(whole.slice(0, 1));
    const { entries, records: outcomes } = advanceStream(
      head,
      advanceOf(whole.slice(1, 3), { reports: [report()] }),
    );
    expect(eventsIn(entries).map(({ kind }) => kind)).toEqual(['stepStarted', 'stepReported']);
    expect(outcomes.map(({ became }) => became)).toEqual(['released', 'released']);
  });

  it('that is repeated or older changes nothing, whichever way it comes', () => {
    const head = streamAfter(whole.slice(0, 3));
    const [first, second, third] = [
      report({ id: '5' }),
      report({ id: '6', percent: 50 }),
      report({ id: '1', atMs: startMs + 1, percent: 60 }),
    ];
    expect(becameOf(take(head, second, first, second))).toEqual(['applied', 'stale', 'stale']);
    expect(becameOf(take(head, third, second, third))).toEqual(['applied', 'stale', 'stale']);
    const before = JSON.stringify(head.state);
    expect(take(head, first, second, third).entries).toEqual([]);
    expect(JSON.stringify(head.state)).toBe(before);
  });

  it('is recognised when it is repeated after the head was read from the journal', () => {
    const head = newHead(META);
    const { entries } = advanceStream(head, advanceOf(whole.slice(0, 3), { reports: [report()] }));
    const again = headOf(META, entries);
    expect(becameOf(take(again, report()))).toEqual(['stale']);
    expect(becameOf(take(again, report({ id: '2' })))).toEqual(['applied']);
    const forward = headOf(META, [
      ...entries,
      ...take(copyOf(head), report({ id: '3', percent: 70 })).entries,
    ]);
    expect(stepIn(forward)?.report?.percent).toBe(70);
    expect(becameOf(take(forward, report({ id: '3' })))).toEqual(['stale']);
  });

  it('is early before its step runs and after that has ended, and changes nothing then', () => {
    for (const upTo of [1, 5]) {
      const head = streamAfter(whole.slice(0, upTo));
      const before = JSON.stringify([head.state, writeCheckpoint(head.folds)]);
      const taken = take(head, report({ atMs: startMs + 60_000 }));
      expect(becameOf(taken)).toEqual(['early']);
      expect(taken.entries).toEqual([]);
      expect(JSON.stringify([head.state, writeCheckpoint(head.folds)])).toBe(before);
    }
  });

  it('of an execution that has ended is over', () => {
    const head = streamAfter(whole);
    expect(becameOf(take(head, report({ atMs: startMs + 60_000 })))).toEqual(['ended']);
  });

  it('begins no stream and no execution', () => {
    const head = newHead(META);
    expect(take(head, report())).toMatchObject({ entries: [], reports: [{ became: 'early' }] });
    expect([head.lastOffset, head.folds.size]).toEqual([0, 0]);
    planUploaded(head);
    expect(take(head, report())).toMatchObject({ entries: [], reports: [{ became: 'early' }] });
    expect(head.folds.size).toBe(0);
  });

  it('waits behind a gap as its step does, and neither fills nor declares it', () => {
    const head = streamAfter(whole.slice(0, 1));
    const taken = advanceStream(head, advanceOf(whole.slice(2, 3), { reports: [report()] }));
    expect(taken).toMatchObject({ entries: [], gaps: [[2, 2]], reports: [{ became: 'early' }] });
    expect(head.folds.get(ARN)?.lastId).toBe(1);
  });

  it('of the attempt before is stale, and what that said is gone', () => {
    const [first, late] = [report(), report({ id: '9', atMs: startMs + 2_000 })];
    const failed = records(
      ...lines.slice(0, 3),
      [4, 'TaskFailed', 3, { error: 'Boom' }],
      [5, 'TaskScheduled', 4],
    ).map((one) => (one.id < 5 ? one : { ...one, timestampMs: startMs + 10_000 }));
    const head = streamAfter(failed.slice(0, 3));
    take(head, first);
    expect(becameOf(advanceStream(head, advanceOf(failed.slice(3, 4), { reports: [late] })))).toEqual([
      'early',
    ]);
    advanceStream(head, advanceOf(failed.slice(3)));
    expect(stepIn(head)).not.toHaveProperty('report');
    expect(becameOf(take(head, late))).toEqual(['stale']);
    const skewed = report({ atMs: startMs + 10_000 - CLOCK_SKEW_MS + 1 });
    expect(becameOf(take(head, skewed))).toEqual(['applied']);
  });

  it('from long before its step began is stale, and an event is never before the start of its step', () => {
    const head = streamAfter(whole.slice(0, 3));
    expect(becameOf(take(head, report({ atMs: startMs - 60_000 })))).toEqual(['stale']);
    const { entries } = take(head, report({ atMs: (whole[1]?.timestampMs ?? 0) - 500 }));
    expect(eventsIn(entries)[0]?.time).toBe(new Date(whole[1]?.timestampMs ?? 0).toISOString());
  });
});

describe('the step of a report', () => {
  const fork = records(
    [1, 'ExecutionStarted', 0],
    [2, 'ParallelStateEntered', 0, { name: 'Both' }],
    [3, 'ParallelStateStarted', 2],
    [4, 'TaskStateEntered', 3, { name: 'A' }],
    [5, 'TaskStateEntered', 3, { name: 'B' }],
  );
  const map = records(
    [1, 'ExecutionStarted', 0],
    [2, 'MapStateEntered', 0, { name: 'Each' }],
    [3, 'MapStateStarted', 2, { length: 2 }],
    [4, 'MapIterationStarted', 3, { name: 'Each', index: 0 }],
    [5, 'TaskStateEntered', 4, { name: 'Item' }],
    [6, 'MapIterationStarted', 3, { name: 'Each', index: 1 }],
    [7, 'TaskStateEntered', 6, { name: 'Item' }],
  );
  const late = { atMs: startMs + 30_000 };

  it('has to be named where several Tasks run', () => {
    const head = streamAfter(fork);
    expect(becameOf(take(head, report(late)))).toEqual(['ambiguous']);
    expect(becameOf(take(head, report({ ...late, step: 'B' })))).toEqual(['applied']);
    expect(stepIn(head, 'B')?.report?.percent).toBe(40);
    expect(stepIn(head, 'A')).not.toHaveProperty('report');
    expect(becameOf(take(head, report({ ...late, step: 'Nobody' })))).toEqual(['early']);
  });

  it('of one iteration alone it is that one', () => {
    const head = streamAfter(map.slice(0, 5));
    expect(eventsIn(take(head, report(late)).entries)[0]).toMatchObject({
      step: { name: 'Item', iteration: [0] },
      report: { percent: 40 },
    });
  });

  it('of several iterations nobody knows which, so that it says its text and no number', () => {
    const head = streamAfter(map);
    const [event] = eventsIn(take(head, report({ ...late, text: 'x' })).entries);
    expect(event).toMatchObject({ step: { name: 'Item', type: 'Task' }, report: { text: 'x' } });
    expect(event?.report).toEqual({ text: 'x' });
    expect(event?.step).not.toHaveProperty('iteration');
    expect(becameOf(take(head, report({ ...late, id: '2' })))).toEqual(['ambiguous']);
  });

  it('is remembered of so many steps, and no more', () => {
    const head = streamAfter(whole.slice(0, 3));
    const fold = head.folds.get(ARN);
    for (let step = 0; step < MAX_REPORTING_STEPS; step += 1)
      fold?.reports.set(`${step}`, { atMs: 1, id: '' });
    take(head, report());
    const remembered = head.folds.get(ARN)?.reports;
    expect(remembered?.size).toBe(MAX_REPORTING_STEPS);
    expect(remembered?.has('0')).toBe(false);
    expect(remembered?.has('T')).toBe(true);
  });
});

describe('records among which reports come in', () => {
  const without = (events: readonly ProgressEvent[]) =>
    events
      .filter(({ kind }) => kind !== 'stepReported')
      .map(({ offset: _offset, ...event }) => JSON.stringify(event));

  /** Feeds records in batches of any order, with reports before each, and gives what waits again with the next. */
  function feed(
    all: readonly ExecutionRecord[],
    seed: number,
    reportsOf: (turn: number) => readonly Report[],
  ) {
    const random = seededRandom(seed);
    const rest = [...all];
    let head = newHead(META);
    const entries: PlannedEntry[] = [];
    let waiting: readonly ExecutionRecord[] = [];
    let readAgain = 0;
    for (let turn = 0; rest.length > 0; turn += 1) {
      const size = 1 + Math.floor(random() * 5);
      const from = random() < 0.3 ? Math.min(rest.length - 1, Math.floor(random() * 4)) : 0;
      const batch = rest.splice(from, size);
      const given = [...waiting, ...batch, ...(random() < 0.3 ? batch : [])];
      const taken = advanceStream(head, advanceOf(given, { reports: reportsOf(turn) }));
      entries.push(...taken.entries);
      // As the writer does: a record for which an entry was ended, and which then emitted nothing, is given again.
      if (taken.changedWithoutEntry) {
        head = headOf(META, fromSnapshot(entries));
        readAgain += 1;
      }
      waiting = taken.records.filter(({ became }) => became === 'parked').map((one) => one.record);
    }
    return { head, events: eventsIn(entries), waiting, readAgain };
  }

  const reportsByTurn = fc.array(
    fc.array(fc.record({ at: fc.nat(), name: fc.nat(), atMs: fc.nat(100_000) }), { maxLength: 4 }),
  );

  function leadToTheSame(
    { seed, maxDepth }: { readonly seed: number; readonly maxDepth: number },
    order: number,
    drawn: readonly (readonly { readonly at: number; readonly name: number; readonly atMs: number }[])[],
  ) {
    const { records: all } = randomHistory(seed, { maxDepth });
    const names = all.map(({ details }) => details.name);
    const start = all[0]?.timestampMs ?? 0;
    const reportsOf = (turn: number) =>
      (drawn[turn % Math.max(1, drawn.length)] ?? []).map(({ at, name, atMs }): Report => {
        const step = names[name % names.length];
        const said = {
          id: String(at % 5),
          atMs: start + atMs,
          percent: at % 101,
          text: 'canary-report',
        };
        return step === undefined ? said : { ...said, step };
      });
    const silent = feed(all, order, () => []);
    const loud = feed(all, order, reportsOf);
    expect(without(loud.events)).toEqual(without(silent.events));
    expect(loud.events.map(({ offset }) => Number(offset))).toEqual(
      loud.events.map((_event, index) => index + 1),
    );
    const bare = ({ head, waiting }: typeof loud) => ({
      folds: JSON.stringify([...head.folds].map(([arn, fold]) => [arn, { ...fold, reports: 0, percent: 0 }])),
      checkpoint: writeCheckpoint(
        [...head.folds].map(([arn, fold]) => [
          arn,
          { ...fold, reports: new Map(), visits: silentVisits(fold) },
        ]),
      ),
      waiting: hasEndedIn(head) ? [] : waiting.map(({ id }) => id),
      status: head.state.status,
      steps: head.state.steps.map(({ report: _report, ...step }) => step),
      executions: head.state.executions,
    });
    // What emits nothing goes along with the next entry, so with reports it waits for less.
    expect({ ...bare(loud), waiting: [], checkpoint: '', folds: '' }).toEqual({
      ...bare(silent),
      waiting: [],
      checkpoint: '',
      folds: '',
    });
    if (hasEndedIn(silent.head)) expect(bare(loud).checkpoint).toBe(bare(silent).checkpoint);
    for (const { status, report: said } of loud.head.state.steps)
      if (said !== undefined) expect(['running', 'retrying']).toContain(status);
    expect(readCheckpoint(writeCheckpoint(loud.head.folds))).toEqual(loud.head.folds);
    return loud;
  }

  it('lead to the same events, end and gaps with reports as without, wherever, however often and in whatever order', () => {
    fc.assert(
      fc.property(histories, fc.nat(), reportsByTurn, (history, order, drawn) => {
        leadToTheSame(history, order, drawn);
      }),
    );
  });

  it('lead to the same also where an entry is ended for a record that emits nothing', () => {
    // More than a hundred steps are open when a ParallelStateStarted comes, which might end all of them.
    const loud = leadToTheSame({ seed: 1183117048, maxDepth: 3 }, 270157512, [
      [{ at: 1, name: 0, atMs: 90_000 }],
    ]);
    expect(loud.readAgain).toBe(1);
  });

  const silentVisits = ({ visits }: ExecutionFold) =>
    new Map([...visits].map(([id, visit]) => [id, { ...visit, reported: null }]));

  function hasEndedIn({ state }: StreamHead): boolean {
    return state.status !== 'running' && state.status !== 'queued';
  }
});
