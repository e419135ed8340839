import { describe, expect, it } from 'vitest';
import type { Line } from '../testing/records.ts';
import { emitted, lastOf } from '../testing/emitted.ts';
import { newFold } from './execution-fold.ts';

const task: Line[] = [
  [2, 'TaskStateEntered', 0, { name: 'T' }],
  [3, 'TaskScheduled', 2],
];
const begun = ['2 stepStarted T 1'];

describe('a Map', () => {
  const map: Line[] = [
    [2, 'MapStateEntered', 0, { name: 'M' }],
    [3, 'MapStateStarted', 2],
    [4, 'MapIterationStarted', 3, { name: 'M', index: 0 }],
    [5, 'MapIterationStarted', 3, { name: 'M', index: 1 }],
  ];
  const steps = (events: readonly string[]) =>
    events.filter((line) => !line.includes('iterationsProgressed'));

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
          emitted([
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
    emitted(
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

  it('emits of an iteration that fails what had failed in it, however deep, and nothing of the others', () => {
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
    expect(steps(emitted(lines)).slice(-1)).toEqual(['12 stepFailed T 1 0 Boom']);
  });

  it('tried again has what had failed as its error, and begins with nothing inside', () => {
    const fold = newFold(false);
    const events = emitted(
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
    expect(steps(events).slice(-2)).toEqual(['8 stepFailed T 1 0 Late', '10 stepRetried M 2 Late']);
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
    expect(emitted(lines).at(-1)).toBe(`5 stepCaught S 1 ${error}`);
  });

  it('that is stopped fails as such, by the record that points to it', () => {
    expect(steps(emitted([...map.slice(0, 2), [4, 'MapStateAborted', 3]])).at(-1)).toBe(
      '4 stepFailed M 1 Stepcast.Aborted',
    );
    expect(
      emitted([...task, [4, 'MapStateStarted', 9], [5, 'MapIterationStarted', 9, { name: 'X', index: 0 }]]),
    ).toEqual(begun);
  });

  it('ends at most ninety steps at once with an event each', () => {
    const fold = newFold(false);
    const open = Array.from({ length: 120 }, (_unused, index): Line[] => [
      [4 + 2 * index, 'MapIterationStarted', 3, { name: 'M', index }],
      [5 + 2 * index, 'TaskStateEntered', 4 + 2 * index, { name: 'T' }],
    ]).flat();
    emitted([...map.slice(0, 2), ...open], fold);
    const ended = emitted(
      [
        [900, 'TaskFailed', 5, { error: 'Boom' }],
        [901, 'MapStateFailed', 900],
      ],
      fold,
    );
    expect(ended).toHaveLength(90);
    expect(ended.slice(0, 2)).toEqual(['901 stepFailed T 1 0 Boom', '901 stepFailed T 1 1 Stepcast.Aborted']);
    expect([...fold.visits.values()].filter((visit) => !visit.closed).map(({ name }) => name)).toEqual(['M']);
  });

  it('that is distributed says which Map Run to ask, and its failure', () => {
    const run: Line[] = [
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn: 'run' }],
    ];
    const fold = newFold(false);
    expect(emitted(run, fold).at(-1)).toBe('4 iterationsProgressed M 1');
    expect([...fold.mapRuns]).toEqual([[2, 'run']]);
    expect(emitted([[5, 'MapRunRedriven', 4, { mapRunArn: 'again' }]], fold)).toEqual([
      '5 iterationsProgressed M 1',
    ]);
    expect([...fold.mapRuns]).toEqual([[2, 'again']]);
    expect(
      emitted(
        [
          [6, 'MapRunSucceeded', 5, { mapRunArn: 'none' }],
          [7, 'MapRunStarted', 6],
        ],
        fold,
      ),
    ).toEqual([]);
    expect([...fold.mapRuns]).toEqual([[2, 'again']]);
    expect(
      emitted(
        [
          [8, 'MapRunFailed', 7],
          [9, 'MapStateExited', 8, { name: 'M' }],
        ],
        fold,
      ),
    ).toEqual(['9 stepCaught M 1 States.ExceedToleratedFailureThreshold']);
    expect(fold.mapRuns.size).toBe(0);
    expect(emitted([[9, 'MapRunStarted', 8, { mapRunArn: 'run' }]])).toEqual([]);
    expect(emitted([...run, [5, 'MapRunSucceeded', 4], [6, 'MapStateExited', 5, { name: 'M' }]]).at(-1)).toBe(
      '6 stepSucceeded M 1',
    );
    const early = lastOf(
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapRunStarted', 2, { mapRunArn: 'run' }],
    );
    expect(early?.events).toMatchObject([
      { iterations: { total: null, started: 0, succeeded: 0, failed: 0 } },
    ]);
  });
});

describe('one Map or Parallel in another', () => {
  it('fails after the inner one, by records that point to the same failure', () => {
    const lines: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'Outer' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'ParallelStateEntered', 3, { name: 'Inner' }],
      [5, 'ParallelStateStarted', 4],
      [6, 'TaskStateEntered', 5, { name: 'T' }],
      [7, 'TaskFailed', 6, { error: 'Boom' }],
      [8, 'ParallelStateFailed', 7],
      [9, 'ParallelStateFailed', 7],
      [10, 'ParallelStateExited', 9, { name: 'Outer' }],
    ];
    expect(emitted(lines).slice(3)).toEqual([
      '8 stepFailed T 1 Boom',
      '9 stepFailed Inner 1 Boom',
      '10 stepCaught Outer 1 Boom',
    ]);
    const again: Line[] = [
      [9, 'ParallelStateStarted', 7],
      [10, 'ParallelStateExited', 9, { name: 'Outer' }],
    ];
    expect(emitted([...lines.slice(0, 7), ...again]).slice(-3)).toEqual([
      '9 stepFailed Inner 1 Boom',
      '9 stepRetried Outer 2 Boom',
      '10 stepSucceeded Outer 2',
    ]);
  });

  const twoByTwo: Line[] = [
    [2, 'MapStateEntered', 0, { name: 'Outer' }],
    [3, 'MapStateStarted', 2],
    [4, 'MapIterationStarted', 3, { name: 'Outer', index: 0 }],
    [5, 'MapIterationStarted', 3, { name: 'Outer', index: 1 }],
    [6, 'MapStateEntered', 4, { name: 'Inner' }],
    [7, 'MapStateStarted', 6],
    [8, 'MapStateEntered', 5, { name: 'Inner' }],
    [9, 'MapStateStarted', 8],
    [10, 'MapIterationStarted', 7, { name: 'Inner', index: 0 }],
    [11, 'MapIterationStarted', 9, { name: 'Inner', index: 0 }],
  ];
  const counts = (fold: ReturnType<typeof newFold>) =>
    [...fold.visits.values()].map(({ id, iterations }) => [id, iterations?.succeeded, iterations?.failed]);

  it('is distinguished from its twin in the next iteration by what its records point to', () => {
    const fold = newFold(false);
    emitted(twoByTwo, fold);
    const events = emitted(
      [
        [12, 'MapIterationSucceeded', 11, { name: 'Inner', index: 0 }],
        [13, 'MapStateSucceeded', 12],
        [14, 'MapStateExited', 12, { name: 'Inner' }],
        [15, 'PassStateEntered', 14, { name: 'P' }],
      ],
      fold,
    );
    expect(events.slice(1)).toEqual(['14 stepSucceeded Inner 1 1', '15 stepStarted P 1']);
    expect(counts(fold)).toEqual([
      [2, 0, 0],
      [6, 0, 0],
      [15, undefined, undefined],
    ]);
  });

  it('counts its own iterations, by its name, though records point into the other', () => {
    const fold = newFold(false);
    const failed: Line[] = [
      [12, 'TaskStateEntered', 11, { name: 'Waits' }],
      [13, 'TaskFailed', 12, { error: 'Once' }],
      [14, 'TaskStateEntered', 10, { name: 'T' }],
      [15, 'TaskFailed', 14, { error: 'Boom' }],
      [16, 'MapIterationFailed', 15, { name: 'Inner', index: 0 }],
      [17, 'MapIterationAborted', 15, { name: 'Outer', index: 1 }],
    ];
    const events = emitted([...twoByTwo, ...failed], fold);
    expect(events.filter((line) => line.includes('stepFailed'))).toEqual(['16 stepFailed T 1 0,0 Boom']);
    expect(counts(fold).slice(0, 3)).toEqual([
      [2, 0, 1],
      [6, 0, 1],
      [8, 0, 0],
    ]);
  });

  it('ends an iteration that nobody saw begin', () => {
    const fold = newFold(false);
    emitted([...twoByTwo.slice(0, 4), [12, 'MapIterationSucceeded', 4, { name: 'Outer', index: 9 }]], fold);
    expect(counts(fold)).toEqual([[2, 1, 0]]);
    expect(emitted([[13, 'MapIterationStarted', 12, { name: 'Outer', index: 2 }]], fold)).toEqual([]);
    expect(fold.lanes.get(13)).toMatchObject({ parent: 2, index: 2 });
  });
});
