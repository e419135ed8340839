import { describe, expect, it } from 'vitest';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { emitted, lastOf } from '../testing/emitted.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';

const task: Line[] = [
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
];
const begun = ['2 stepStarted T 1'];

describe('a state', () => {
  it.each(['Task', 'Map', 'Parallel'])(
    'of type %s is emitted with its attempt, any other without',
    (type) => {
      expect(emitted([[2, `${type}StateEntered`, 0, { name: 'S' }]])).toEqual(['2 stepStarted S 1']);
      expect(emitted([[2, 'WaitStateEntered', 0, { name: 'S' }]])).toEqual(['2 stepStarted S']);
    },
  );

  it('that is left well says how long it took, and one that was caught does not', () => {
    const well = lastOf(...task, [40, 'TaskStateExited', 3, { name: 'T' }]);
    expect(well).toMatchObject({
      duration: { name: 'T', durationMs: 38 },
      events: [{ kind: 'stepSucceeded' }],
    });
    const caught = lastOf(
      ...task,
      [4, 'TaskFailed', 3, { error: 'E' }],
      [5, 'TaskStateExited', 4, { name: 'T' }],
    );
    expect(caught?.duration).toBeUndefined();
    expect(caught?.events).toMatchObject([{ kind: 'stepCaught', error: { name: 'E' } }]);
  });

  it('is left by its name, whatever the record before was about', () => {
    const nested: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'T' }],
      [5, 'ParallelStateExited', 4, { name: 'P' }],
      [6, 'PassStateEntered', 5, { name: 'N' }],
      [7, 'PassStateExited', 6, { name: 'N' }],
    ];
    const fold = newFold(false);
    expect(emitted(nested, fold).slice(2)).toEqual([
      '5 stepSucceeded P 1',
      '6 stepStarted N',
      '7 stepSucceeded N',
    ]);
    expect([...fold.lanes.keys()]).toEqual([0]);
    expect(fold.visits.size).toBe(0);
    expect(fold.lanes.get(0)).toMatchObject({ visit: null, after: 'N' });
  });

  it('whose entry fell into a gap ends all the same', () => {
    expect(emitted([[9, 'TaskStateExited', 8, { name: 'Lost' }]])).toEqual(['9 stepSucceeded Lost']);
    expect(lastOf([9, 'TaskStateExited', 8, { name: 'Lost' }])?.events[0]?.step).toEqual({
      name: 'Lost',
      type: 'Task',
    });
  });

  it('whose exit fell into a gap is over when its lane enters the next', () => {
    const fold = newFold(false);
    emitted([...task, [9, 'PassStateEntered', 3, { name: 'N' }]], fold);
    expect([...fold.visits.keys()]).toEqual([9]);
    emitted(
      [
        [10, 'MapRunStarted', 9, { mapRunArn: 'run' }],
        [11, 'PassStateEntered', 9, { name: 'O' }],
      ],
      fold,
    );
    expect(fold.mapRuns.size).toBe(0);
  });

  it('goes on in its branch after a gap in it, and in the root when nothing says where', () => {
    const fold = newFold(false);
    const lines: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'PassStateEntered', 3, { name: 'A' }],
      [5, 'PassStateEntered', 3, { name: 'B' }],
      [6, 'PassStateExited', 4, { name: 'A' }],
      [9, 'PassStateExited', 6, { name: 'Lost' }],
      [10, 'PassStateEntered', 9, { name: 'N' }],
    ];
    expect(emitted(lines, fold).slice(-2)).toEqual(['9 stepSucceeded Lost', '10 stepStarted N']);
    expect(fold.visits.get(10)?.lane).toBe(4);
    expect(emitted([[15, 'PassStateEntered', 14, { name: 'Somewhere' }]], fold)).toEqual([
      '15 stepStarted Somewhere',
    ]);
    expect([...fold.visits.keys()]).toEqual([15]);
    expect(fold.visits.get(15)?.lane).toBe(0);
  });

  it('of type Fail has failed, which is emitted when what is around it fails', () => {
    const lines: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'FailStateEntered', 3, { name: 'No' }],
      [5, 'ParallelStateFailed', 4],
      [6, 'ParallelStateExited', 5, { name: 'P' }],
    ];
    expect(emitted(lines).slice(2)).toEqual(['5 stepFailed No States.Fail', '6 stepCaught P 1 States.Fail']);
  });

  it('named nowhere has an empty name', () => {
    expect(lastOf([2, 'PassStateEntered', 0])?.events[0]?.step).toEqual({ name: '', type: 'Pass' });
    expect(lastOf([2, 'PassStateEntered', 0], [3, 'PassStateExited', 2])?.events[0]?.step?.name).toBe('');
  });
});

describe('work', () => {
  it.each([
    ['TaskFailed', 'States.TaskFailed'],
    ['TaskTimedOut', 'States.Timeout'],
    ['TaskStartFailed', 'States.TaskFailed'],
    ['TaskSubmitFailed', 'States.TaskFailed'],
    ['LambdaFunctionTimedOut', 'States.Timeout'],
    ['ActivityFailed', 'States.TaskFailed'],
  ])('that ends by %s without a name has failed by %s, emitted when it is tried again', (type, name) => {
    expect(emitted([...task, [4, type, 3], [5, 'TaskScheduled', 4]])).toEqual([
      ...begun,
      `5 stepRetried T 2 ${name}`,
    ]);
  });

  it('emits nothing as long as it goes well', () => {
    const quiet = ['TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'LambdaFunctionStarted', 'SomethingNew'];
    const lines = quiet.map((type, index): Line => [4 + index, type, 3 + index]);
    expect(emitted([...task, ...lines])).toEqual(begun);
  });

  it.each([
    'SubTaskFailed',
    'TaskFailedTwice',
    'AWaitStateAborted',
    'TaskStateAbortedLate',
    'AMapStateFailed',
  ])('of a kind that is not known, such as %s, emits nothing now or later', (type) => {
    const end: Line[] = [
      [4, type, 3],
      [5, 'TaskStateExited', 4, { name: 'T' }],
    ];
    expect(emitted([...task, ...end])).toEqual([...begun, '5 stepSucceeded T 1']);
  });

  it('that fails in a state that is not known is emitted with what is known', () => {
    const events = lastOf([9, 'TaskFailed', 8, { error: 'E', cause: 'why' }])?.events;
    expect(events).toMatchObject([
      {
        kind: 'stepFailed',
        step: { name: 'unknown', type: 'Unknown' },
        error: { name: 'E', message: 'why' },
      },
    ]);
    expect(lastOf([9, 'EvaluationFailed', 8, { state: 'Choose' }])?.events).toMatchObject([
      { step: { name: 'Choose' }, error: { name: 'States.QueryEvaluationError' } },
    ]);
  });

  it('whose expression fails is that of the state that the record names, or else the innermost', () => {
    const lines: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'T' }],
    ];
    const caught = (state: string | undefined, exit: Line) =>
      emitted([...lines, [5, 'EvaluationFailed', 4, state === undefined ? {} : { state }], exit]).at(-1);
    expect(caught('P', [6, 'ParallelStateExited', 5, { name: 'P' }])).toBe(
      '6 stepCaught P 1 States.QueryEvaluationError',
    );
    expect(caught(undefined, [6, 'TaskStateExited', 5, { name: 'T' }])).toBe(
      '6 stepCaught T 1 States.QueryEvaluationError',
    );
  });

  it('is stopped only by a record that points into a state of its type', () => {
    const waiting: Line = [2, 'WaitStateEntered', 0, { name: 'W' }];
    expect(emitted([waiting, [3, 'WaitStateAborted', 2]])).toEqual([
      '2 stepStarted W',
      '3 stepFailed W Stepcast.Aborted',
    ]);
    expect(emitted([waiting, [3, 'TaskStateAborted', 2]])).toEqual(['2 stepStarted W']);
    expect(emitted([...task, [4, 'TaskStateAborted', 3], [5, 'TaskStateAborted', 3]])).toEqual([
      ...begun,
      '4 stepFailed T 1 Stepcast.Aborted',
    ]);
    expect(emitted([...task, [4, 'WaitStateAborted', 3]])).toEqual(begun);
    expect(emitted([[9, 'TaskStateAborted', 8]])).toEqual([]);
  });

  it('gives what was projected with the first of its events', () => {
    const projections = { pages: 3 };
    const exit = lastOf(...task, [4, 'TaskStateExited', 3, { name: 'T', projections }]);
    expect(exit?.events).toMatchObject([{ kind: 'stepSucceeded', projections }]);
    expect(lastOf(...task, [4, 'TaskSucceeded', 3, { projections }])?.events).toEqual([]);
    expect(lastOf(...task)?.events).toEqual([]);
    const end = lastOf(...task, [4, 'TaskFailed', 3], [5, 'ExecutionFailed', 4, { projections }]);
    expect(end?.events.map((event) => event.projections)).toEqual([projections, undefined]);
  });

  it('has the time of its record, and the newest time is remembered', () => {
    const fold = newFold(false);
    const [first, second] = records(...task);
    if (first === undefined || second === undefined) throw new Error('two records');
    foldRecord(fold, ARN, second);
    expect(foldRecord(fold, ARN, first).events[0]?.time).toBe(new Date(first.timestampMs).toISOString());
    expect(fold.lastMs).toBe(second.timestampMs);
  });
});
