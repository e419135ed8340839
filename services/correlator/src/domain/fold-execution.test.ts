import { describe, expect, it } from 'vitest';
import { HISTORY_START_MS, records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { emitted } from '../testing/emitted.ts';
import { cloneFold, newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { foldStatus } from './fold-status.ts';

const begun: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
  [4, 'TaskFailed', 3, { error: 'Boom', cause: 'it broke' }],
];
const before = ['1 executionStarted', '2 stepStarted T 1'];

describe('an execution', () => {
  it('starts once, when its record says', () => {
    const fold = newFold(false);
    expect(emitted([[1, 'ExecutionStarted', 0]], fold)).toEqual(['1 executionStarted']);
    expect(fold).toMatchObject({ started: true, status: 'running', startedMs: HISTORY_START_MS + 1 });
    expect(emitted([[1, 'ExecutionStarted', 0]], fold)).toEqual([]);
  });

  it.each([
    ['ExecutionFailed', 'executionFailed', 'failed', 'States.TaskFailed'],
    ['ExecutionTimedOut', 'executionTimedOut', 'timedOut', 'States.Timeout'],
    ['ExecutionAborted', 'executionAborted', 'aborted', ''],
  ] as const)(
    'ends by %s, which may point to nothing; what had failed inside is emitted first, once',
    (type, kind, status, name) => {
      const fold = newFold(false);
      const lines: Line[] = [...begun, [5, type, 0], [6, type, 0]];
      expect(emitted(lines, fold)).toEqual([...before, '5 stepFailed T 1 Boom', `5 ${kind} ${name}`.trim()]);
      expect(fold).toMatchObject({ status, endedRedrive: 0, failurePoint: 2 });
    },
  );

  it('has the error that its end gives, by name and message', () => {
    const fold = newFold(false);
    const [, , , , end] = records(...begun, [
      5,
      'ExecutionAborted',
      4,
      { error: 'Stop', cause: 'enough' },
    ]).map((record) => foldRecord(fold, ARN, record).events.at(-1));
    expect(end?.error).toEqual({ name: 'Stop', message: 'enough' });
    const [, bare] = records([1, 'ExecutionStarted', 0], [2, 'ExecutionAborted', 1, { cause: 'enough' }]).map(
      (record) => foldRecord(newFold(false), ARN, record).events.at(-1),
    );
    expect(bare?.error).toEqual({ name: 'Unknown', message: 'enough' });
  });

  it('that fails with nothing known to have failed blames the state that it points to', () => {
    const silent: Line[] = [...begun.slice(0, 3), [4, 'ExecutionFailed', 3, { error: 'States.Runtime' }]];
    expect(emitted(silent)).toEqual([
      ...before,
      '4 stepFailed T 1 States.Runtime',
      '4 executionFailed States.Runtime',
    ]);
    const stopped: Line[] = [...begun.slice(0, 3), [4, 'ExecutionAborted', 0, { error: 'Stop' }]];
    expect(emitted(stopped)).toEqual([...before, '4 executionAborted Stop']);
  });

  it('forgets its states once it has succeeded', () => {
    const fold = newFold(false);
    emitted(
      [...begun.slice(0, 2), [3, 'TaskStateExited', 2, { name: 'T' }], [4, 'ExecutionSucceeded', 3]],
      fold,
    );
    expect([fold.visits.size, fold.lanes.size, fold.recent.size, fold.mapRuns.size]).toEqual([0, 0, 0, 0]);
    expect(fold.status).toBe('succeeded');
    const cut = newFold(false);
    emitted(
      [
        [2, 'MapStateEntered', 0, { name: 'M' }],
        [3, 'MapRunStarted', 2, { mapRunArn: 'run' }],
        [9, 'ExecutionSucceeded', 8],
      ],
      cut,
    );
    expect([cut.visits.size, cut.lanes.size, cut.recent.size, cut.mapRuns.size]).toEqual([0, 0, 0, 0]);
  });

  it('with an outcome that is not known emits nothing', () => {
    expect(emitted([...begun.slice(0, 1), [2, 'ExecutionPaused', 1]])).toEqual(['1 executionStarted']);
  });

  it('fails by its Fail state with the error that the end has', () => {
    const lines: Line[] = [
      [1, 'ExecutionStarted', 0],
      [2, 'FailStateEntered', 0, { name: 'No' }],
      [3, 'ExecutionFailed', 2, { error: 'Refused' }],
    ];
    expect(emitted(lines)).toEqual([
      '1 executionStarted',
      '2 stepStarted No',
      '3 stepFailed No Refused',
      '3 executionFailed Refused',
    ]);
  });
});

describe('a redrive', () => {
  const failed: Line[] = [...begun, [5, 'ExecutionFailed', 4, { error: 'Boom' }]];

  it('is emitted once, and the step that had failed goes on as its next try', () => {
    const fold = newFold(false);
    emitted(failed, fold);
    const redriven: Line = [6, 'ExecutionRedriven', 5, { redriveCount: 1 }];
    expect(emitted([redriven, redriven], fold)).toEqual(['6 executionRedriven']);
    expect(fold).toMatchObject({ status: 'running', redriveCount: 1 });
    expect(
      emitted(
        [
          [7, 'TaskScheduled', 6],
          [8, 'TaskSucceeded', 7],
          [9, 'TaskStateExited', 8, { name: 'T' }],
          [10, 'ExecutionFailed', 9],
        ],
        fold,
      ),
    ).toEqual(['7 stepRetried T 2 Boom', '9 stepSucceeded T 2', '10 executionFailed States.TaskFailed']);
  });

  it('goes on in the branch that had failed', () => {
    const fold = newFold(false);
    const lines: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'A' }],
      [5, 'TaskStateEntered', 3, { name: 'B' }],
      [6, 'TaskFailed', 4, { error: 'Boom' }],
      [7, 'ExecutionFailed', 6],
      [8, 'ExecutionRedriven', 7],
    ];
    emitted(lines, fold);
    expect(emitted([[9, 'TaskScheduled', 8]], fold)).toEqual(['9 stepRetried A 2 Boom']);
    expect(fold.recent.get(9)).toEqual({ lane: 4, visit: 4 });
  });

  it('whose own record is lost begins with the next of its records, and its end is not taken for the end before', () => {
    const fold = newFold(false);
    emitted(failed, fold);
    const other = cloneFold(fold);
    const redriven = records(
      [7, 'TaskScheduled', 6],
      [9, 'TaskStateExited', 8, { name: 'T' }],
      [10, 'ExecutionSucceeded', 9],
    ).map((record) => ({ ...record, redriveCount: 1 }));
    expect(
      redriven.flatMap((record) => foldRecord(fold, ARN, record).events.map(({ kind }) => kind)),
    ).toEqual(['executionRedriven', 'stepRetried', 'stepSucceeded', 'executionSucceeded']);
    expect(fold).toMatchObject({ status: 'succeeded', redriveCount: 1, endedRedrive: 1 });
    // What projections took out of a record goes along with the record's own event.
    const [exited] = records([9, 'TaskStateExited', 8, { name: 'U', projections: { pages: 3 } }]);
    if (exited === undefined) throw new Error('no record');
    const { events } = foldRecord(other, ARN, { ...exited, redriveCount: 1 });
    expect(events.map(({ kind, projections }) => [kind, projections])).toEqual([
      ['executionRedriven', undefined],
      ['stepSucceeded', { pages: 3 }],
    ]);
  });

  it('of a sparse execution is known by its status: an end from before it, which came later, was taken for its own', () => {
    const fold = newFold(false);
    fold.sparse = true;
    const late = records([5, 'TaskFailed', 4, { error: 'E' }], [6, 'ExecutionFailed', 5, { error: 'E' }]);
    const redriven = records([9, 'TaskFailed', 8, { error: 'F' }]).map((one) => ({
      ...one,
      redriveCount: 1,
    }));
    for (const record of [...redriven, ...late]) foldRecord(fold, ARN, record);
    foldStatus(fold, ARN, { status: 'succeeded', redriveCount: 1, startMs: 1, stopMs: 2, redriveMs: null });
    expect(fold).toMatchObject({ status: 'succeeded', redriveCount: 1, endedRedrive: 1 });
  });

  it('does not end by a status from before it that comes late', () => {
    const fold = newFold(false);
    const [scheduled, succeeded] = records([7, 'TaskScheduled', 6], [8, 'ExecutionSucceeded', 7]).map(
      (one) => ({
        ...one,
        redriveCount: 1,
      }),
    );
    if (scheduled === undefined || succeeded === undefined) throw new Error('no records');
    foldRecord(fold, ARN, scheduled);
    foldStatus(fold, ARN, { status: 'failed', redriveCount: 0, startMs: 1, stopMs: 2, redriveMs: null });
    foldRecord(fold, ARN, succeeded);
    expect(fold).toMatchObject({ status: 'succeeded', redriveCount: 1, endedRedrive: 1 });
  });

  it('that gives no count is the first', () => {
    const fold = newFold(false);
    emitted([...failed, [6, 'ExecutionRedriven', 5]], fold);
    expect(fold.redriveCount).toBe(1);
    emitted([[7, 'ExecutionRedriven', 6, { redriveCount: 3 }]], fold);
    expect(fold.redriveCount).toBe(3);
  });

  it('goes on where the execution was stopped, which need not say why', () => {
    const fold = newFold(false);
    emitted([...begun.slice(0, 3), [4, 'ExecutionAborted', 0], [5, 'ExecutionRedriven', 4]], fold);
    expect(
      emitted(
        [
          [6, 'TaskFailed', 5, { error: 'Late' }],
          [7, 'TaskScheduled', 6],
        ],
        fold,
      ),
    ).toEqual(['7 stepRetried T 2 Late']);
  });

  it('begins at the root when it is not known what failed', () => {
    const fold = newFold(false);
    emitted(
      [
        [5, 'ExecutionAborted', 0],
        [6, 'ExecutionRedriven', 5],
      ],
      fold,
    );
    expect(emitted([[7, 'TaskStateEntered', 6, { name: 'T' }]], fold)).toEqual(['7 stepStarted T 1']);
    expect(fold.visits.get(7)?.lane).toBe(0);
  });
});
