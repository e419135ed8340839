import { describe, expect, it } from '@jest/globals';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { tell } from '../testing/tell.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';

const task: Line[] = [
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
];
const begun = ['2 stepStarted T 1'];

/** Events of the last of some records, whole. */
function lastOf(...lines: Line[]) {
  const fold = newFold(false);
  return records(...lines)
    .map((record) => foldRecord(fold, ARN, record))
    .at(-1);
}

describe('a state', () => {
  it.each(['Task', 'Map', 'Parallel'])('of type %s is told with its attempt, any other without', (type) => {
    expect(tell([[2, `${type}StateEntered`, 0, { name: 'S' }]])).toEqual(['2 stepStarted S 1']);
    expect(tell([[2, 'WaitStateEntered', 0, { name: 'S' }]])).toEqual(['2 stepStarted S']);
  });

  it('that is left well tells how long it took, and one that was caught does not', () => {
    const well = lastOf(...task, [40, 'TaskStateExited', 3, { name: 'T' }]);
    expect(well).toMatchObject({ stay: { name: 'T', durationMs: 38 }, events: [{ kind: 'stepSucceeded' }] });
    const caught = lastOf(
      ...task,
      [4, 'TaskFailed', 3, { error: 'E' }],
      [5, 'TaskStateExited', 4, { name: 'T' }],
    );
    expect(caught?.stay).toBeUndefined();
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
    expect(tell(nested, fold).slice(2)).toEqual([
      '5 stepSucceeded P 1',
      '6 stepStarted N',
      '7 stepSucceeded N',
    ]);
    expect([...fold.lanes.keys()]).toEqual([0]);
    expect(fold.visits.size).toBe(0);
    expect(fold.lanes.get(0)).toMatchObject({ visit: null, after: 'N' });
  });

  it('whose entry fell into a gap is told as ended all the same', () => {
    expect(tell([[9, 'TaskStateExited', 8, { name: 'Lost' }]])).toEqual(['9 stepSucceeded Lost']);
    expect(lastOf([9, 'TaskStateExited', 8, { name: 'Lost' }])?.events[0]?.step).toEqual({
      name: 'Lost',
      type: 'Task',
    });
  });

  it('whose exit fell into a gap is over when its lane enters the next', () => {
    const fold = newFold(false);
    tell([...task, [9, 'PassStateEntered', 3, { name: 'N' }]], fold);
    expect([...fold.visits.keys()]).toEqual([9]);
    tell(
      [
        [10, 'MapRunStarted', 9, { mapRunArn: 'run' }],
        [11, 'PassStateEntered', 9, { name: 'O' }],
      ],
      fold,
    );
    expect(fold.mapRuns.size).toBe(0);
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
  ])('that ends by %s without a name has failed by %s, told when it is tried again', (type, name) => {
    expect(tell([...task, [4, type, 3], [5, 'TaskScheduled', 4]])).toEqual([
      ...begun,
      `5 stepRetried T 2 ${name}`,
    ]);
  });

  it('tells nothing as long as it goes well', () => {
    const quiet = ['TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'LambdaFunctionStarted', 'SomethingNew'];
    const lines = quiet.map((type, index): Line => [4 + index, type, 3 + index]);
    expect(tell([...task, ...lines])).toEqual(begun);
  });

  it('that fails in a state nobody knows is told with what is known', () => {
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
      tell([...lines, [5, 'EvaluationFailed', 4, state === undefined ? {} : { state }], exit]).at(-1);
    expect(caught('P', [6, 'ParallelStateExited', 5, { name: 'P' }])).toBe(
      '6 stepCaught P 1 States.QueryEvaluationError',
    );
    expect(caught(undefined, [6, 'TaskStateExited', 5, { name: 'T' }])).toBe(
      '6 stepCaught T 1 States.QueryEvaluationError',
    );
  });

  it('is stopped only by a record that points into a state of its type', () => {
    const waiting: Line = [2, 'WaitStateEntered', 0, { name: 'W' }];
    expect(tell([waiting, [3, 'WaitStateAborted', 2]])).toEqual([
      '2 stepStarted W',
      '3 stepFailed W Stepcast.Aborted',
    ]);
    expect(tell([waiting, [3, 'TaskStateAborted', 2]])).toEqual(['2 stepStarted W']);
    expect(tell([...task, [4, 'TaskStateAborted', 3], [5, 'TaskStateAborted', 3]])).toEqual([
      ...begun,
      '4 stepFailed T 1 Stepcast.Aborted',
    ]);
    expect(tell([...task, [4, 'WaitStateAborted', 3]])).toEqual(begun);
    expect(tell([[9, 'TaskStateAborted', 8]])).toEqual([]);
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

describe('a Map', () => {
  const map: Line[] = [
    [2, 'MapStateEntered', 0, { name: 'M' }],
    [3, 'MapStateStarted', 2],
    [4, 'MapIterationStarted', 3, { name: 'M', index: 0 }],
    [5, 'MapIterationStarted', 3, { name: 'M', index: 1 }],
  ];
  const steps = (told: readonly string[]) => told.filter((line) => !line.includes('iterationsProgressed'));

  it('is left at the last record inside, or where its last iteration succeeded', () => {
    const inside: Line[] = [
      [6, 'PassStateEntered', 4, { name: 'P' }],
      [7, 'PassStateExited', 6, { name: 'P' }],
      [8, 'MapIterationSucceeded', 7, { name: 'M', index: 0 }],
      [9, 'PassStateEntered', 5, { name: 'P' }],
      [10, 'PassStateExited', 9, { name: 'P' }],
      [11, 'MapIterationSucceeded', 10, { name: 'M', index: 1 }],
      [12, 'MapStateSucceeded', 11],
    ];
    for (const last of [10, 11, 12])
      expect(
        steps(
          tell([
            ...map,
            ...inside,
            [13, 'MapStateExited', last, { name: 'M' }],
            [14, 'WaitStateEntered', 13, { name: 'W' }],
          ]),
        ),
      ).toEqual([
        '2 stepStarted M 1',
        '6 stepStarted P 0',
        '7 stepSucceeded P 0',
        '9 stepStarted P 1',
        '10 stepSucceeded P 1',
        '13 stepSucceeded M 1',
        '14 stepStarted W',
      ]);
  });

  it('begins its next iteration where the one before it ended', () => {
    const fold = newFold(false);
    tell(
      [
        ...map.slice(0, 3),
        [5, 'MapIterationSucceeded', 4, { name: 'M', index: 0 }],
        [6, 'MapIterationStarted', 4, { name: 'M', index: 1 }],
      ],
      fold,
    );
    expect([...fold.lanes.values()].map(({ parent, index }) => [parent, index])).toEqual([
      [null, null],
      [2, 1],
    ]);
    expect(fold.visits.get(2)?.iterations).toEqual({ total: null, started: 2, succeeded: 1, failed: 0 });
  });

  it('tells of an iteration that fails what had failed in it, however deep, and nothing of the others', () => {
    const lines: Line[] = [
      ...map,
      [6, 'TaskStateEntered', 5, { name: 'Other' }],
      [7, 'TaskFailed', 6, { error: 'Retried' }],
      [8, 'ParallelStateEntered', 4, { name: 'P' }],
      [9, 'ParallelStateStarted', 8],
      [10, 'TaskStateEntered', 9, { name: 'T' }],
      [11, 'TaskFailed', 10, { error: 'Boom' }],
      [12, 'MapIterationFailed', 11, { name: 'M', index: 0 }],
    ];
    expect(steps(tell(lines)).slice(-1)).toEqual(['12 stepFailed T 1 0 Boom']);
  });

  it('tried again tells what had failed as its error, and begins with nothing inside', () => {
    const fold = newFold(false);
    const told = tell(
      [
        ...map,
        [6, 'TaskStateEntered', 4, { name: 'T' }],
        [7, 'TaskTimedOut', 6, { error: 'Late' }],
        [8, 'MapIterationFailed', 7, { name: 'M', index: 0 }],
        [9, 'MapIterationAborted', 7, { name: 'M', index: 1 }],
        [10, 'MapStateStarted', 7],
      ],
      fold,
    );
    expect(steps(told).slice(-2)).toEqual(['8 stepFailed T 1 0 Late', '10 stepRetried M 2 Late']);
    expect([...fold.lanes.keys()]).toEqual([0]);
    expect([...fold.visits.keys()]).toEqual([2]);
  });

  it.each([
    ['Map', 'States.TaskFailed'],
    ['Parallel', 'States.BranchFailed'],
  ])('or any %s that fails for no known reason fails by %s', (type, error) => {
    const lines: Line[] = [
      [2, `${type}StateEntered`, 0, { name: 'S' }],
      [3, `${type}StateStarted`, 2],
      [4, `${type}StateFailed`, 3],
      [5, `${type}StateExited`, 4, { name: 'S' }],
    ];
    expect(tell(lines).at(-1)).toBe(`5 stepCaught S 1 ${error}`);
  });

  it('that is stopped is told so, by the record that points to it', () => {
    expect(steps(tell([...map.slice(0, 2), [4, 'MapStateAborted', 3]])).at(-1)).toBe(
      '4 stepFailed M 1 Stepcast.Aborted',
    );
    expect(
      tell([...task, [4, 'MapStateStarted', 9], [5, 'MapIterationStarted', 9, { name: 'X', index: 0 }]]),
    ).toEqual(begun);
  });

  it('tells of at most a hundred steps at once that they have ended', () => {
    const fold = newFold(false);
    const open = Array.from({ length: 120 }, (_unused, index): Line[] => [
      [4 + 2 * index, 'MapIterationStarted', 3, { name: 'M', index }],
      [5 + 2 * index, 'TaskStateEntered', 4 + 2 * index, { name: 'T' }],
    ]).flat();
    tell([...map.slice(0, 2), ...open], fold);
    const ended = tell(
      [
        [900, 'TaskFailed', 5, { error: 'Boom' }],
        [901, 'MapStateFailed', 900],
      ],
      fold,
    );
    expect(ended).toHaveLength(100);
    expect(ended.slice(0, 2)).toEqual(['901 stepFailed T 1 0 Boom', '901 stepFailed T 1 1 Stepcast.Aborted']);
    expect([...fold.visits.values()].filter((visit) => !visit.closed).map(({ name }) => name)).toEqual(['M']);
  });

  it('that is distributed tells which Map Run to ask, and its failure', () => {
    const run: Line[] = [
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn: 'run' }],
    ];
    const fold = newFold(false);
    expect(tell(run, fold).at(-1)).toBe('4 iterationsProgressed M 1');
    expect([...fold.mapRuns]).toEqual([[2, 'run']]);
    expect(tell([[5, 'MapRunRedriven', 4, { mapRunArn: 'again' }]], fold)).toEqual([
      '5 iterationsProgressed M 1',
    ]);
    expect([...fold.mapRuns]).toEqual([[2, 'again']]);
    expect(
      tell(
        [
          [6, 'MapRunSucceeded', 5, { mapRunArn: 'none' }],
          [7, 'MapRunStarted', 6],
        ],
        fold,
      ),
    ).toEqual([]);
    expect([...fold.mapRuns]).toEqual([[2, 'again']]);
    expect(
      tell(
        [
          [8, 'MapRunFailed', 7],
          [9, 'MapStateExited', 8, { name: 'M' }],
        ],
        fold,
      ),
    ).toEqual(['9 stepCaught M 1 States.ExceedToleratedFailureThreshold']);
    expect(fold.mapRuns.size).toBe(0);
    expect(tell([[9, 'MapRunStarted', 8, { mapRunArn: 'run' }]])).toEqual([]);
  });
});

describe('a redrive inside of a Map or Parallel', () => {
  it('has those around work again, and ends of them told again', () => {
    const fold = newFold(false);
    const failed: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'T' }],
      [5, 'TaskFailed', 4, { error: 'Boom' }],
      [6, 'ParallelStateFailed', 5],
      [7, 'ExecutionFailed', 6],
    ];
    expect(tell(failed, fold).slice(2, 4)).toEqual(['6 stepFailed T 1 Boom', '7 stepFailed P 1 Boom']);
    const again: Line[] = [
      [8, 'ExecutionRedriven', 7],
      [9, 'TaskScheduled', 4],
      [10, 'TaskStateExited', 9, { name: 'T' }],
      [11, 'ParallelStateExited', 10, { name: 'P' }],
    ];
    expect(tell(again, fold)).toEqual([
      '8 executionRedriven',
      '9 stepRetried T 2 Boom',
      '10 stepSucceeded T 2',
      '11 stepSucceeded P 1',
    ]);
  });
});
