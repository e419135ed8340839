import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import { lossyStream, stepsOf } from '../testing/lossy-stream.ts';
import { records, type Line } from '../testing/records.ts';

/** The stream after all records but those lost, and the lost ones by id. */
function losing(lost: readonly number[], ...lines: Line[]) {
  const all = records(...lines);
  const one = lossyStream(all.filter(({ id }) => !lost.includes(id)));
  const late = (...ids: number[]): ExecutionRecord[] => all.filter(({ id }) => ids.includes(id));
  return { ...one, late };
}

const beginning: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'A' }],
  [3, 'TaskStateExited', 2, { name: 'A' }],
];

describe('a state entered late', () => {
  it('starts again when the state of the upload saw it end before', () => {
    const again: Line = [4, 'TaskStateEntered', 3, { name: 'A' }];
    const { comes, late, head } = losing([4], ...beginning, again, [5, 'TaskScheduled', 4]);
    expect(comes(late(4)).events).toEqual(['stepStarted A']);
    expect(head.state.steps).toMatchObject([{ name: 'A', status: 'running', visits: 2, ended: 1 }]);
  });

  it('starts again when its visit before was entered, and left unseen', () => {
    const again: Line = [4, 'TaskStateEntered', 3, { name: 'A' }];
    const { comes, late, head } = losing([3, 4], ...beginning, again, [5, 'TaskScheduled', 4]);
    expect(comes(late(4)).events).toEqual(['stepStarted A']);
    expect(head.state.steps).toMatchObject([{ name: 'A', status: 'running', visits: 2, ended: 0 }]);
  });

  it.each([
    ['after it', 1],
    ['in the same millisecond', 0],
  ])('does not start when the step failed %s', (_when, later) => {
    const entered = records([4, 'TaskStateEntered', 3, { name: 'B' }])[0]!;
    const failed = records([5, 'EvaluationFailed', 4, { state: 'B' }])[0]!;
    const one = lossyStream([
      ...records(...beginning),
      { ...failed, timestampMs: entered.timestampMs + later },
    ]);
    expect(stepsOf(one)).toEqual({ A: 'succeeded', B: 'failed' });
    expect(one.comes([entered]).events).toEqual([]);
  });

  it('starts when only another step ended since', () => {
    const { comes, late } = losing(
      [4],
      ...beginning,
      [4, 'TaskStateEntered', 3, { name: 'B' }],
      [5, 'EvaluationFailed', 4, { state: 'elsewhere' }],
    );
    expect(comes(late(4)).events).toEqual(['stepStarted B']);
  });

  it('does not start when the execution has failed since', () => {
    const { comes, late, head } = losing(
      [4],
      ...beginning,
      [4, 'TaskStateEntered', 3, { name: 'B' }],
      [5, 'ExecutionFailed', 4, { error: 'Boom' }],
    );
    expect(comes(late(4)).events).toEqual([]);
    expect(head.state.status).toBe('failed');
  });

  it('does not start in a Parallel whose branches are not known', () => {
    const { comes, late } = losing(
      [3, 4],
      [1, 'ExecutionStarted', 0],
      [2, 'ParallelStateEntered', 0, { name: 'both' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'A' }],
      [5, 'TaskScheduled', 4],
    );
    expect(comes(late(4)).events).toEqual([]);
  });
});

describe('a state left late', () => {
  const branches: Line[] = [
    [1, 'ExecutionStarted', 0],
    [2, 'ParallelStateEntered', 0, { name: 'both' }],
    [3, 'ParallelStateStarted', 2],
    [4, 'TaskStateEntered', 3, { name: 'A' }],
    [5, 'TaskStateEntered', 3, { name: 'B' }],
    [6, 'TaskScheduled', 4],
    [7, 'TaskStateExited', 6, { name: 'A', projections: { pages: 3 } }],
    [8, 'TaskScheduled', 5],
  ];

  it('ends the visit that a branch is in, and says how long it took', () => {
    const one = losing([7], ...branches);
    expect(one.comes(one.late(7))).toMatchObject({
      events: ['stepSucceeded A'],
      durations: [{ name: 'A', durationMs: 3 }],
    });
    expect(stepsOf(one)).toEqual({ both: 'running', A: 'succeeded', B: 'running' });
  });

  it('carries what was projected out of its output', () => {
    const { comes, late } = losing([7], ...branches);
    expect(comes(late(7)).projections).toEqual([{ pages: 3 }]);
  });

  it('ends no step that runs again, though an earlier visit of it ended', () => {
    const { comes, late, head } = losing(
      [4, 5],
      ...beginning,
      [4, 'TaskStateEntered', 3, { name: 'A' }],
      [5, 'TaskStateExited', 4, { name: 'A' }],
      [6, 'TaskStateEntered', 5, { name: 'A' }],
    );
    expect(comes(late(5)).events).toEqual([]);
    expect(head.state.steps).toMatchObject([{ name: 'A', status: 'running', visits: 2, ended: 1 }]);
  });
});

describe('a start that comes late, after the end', () => {
  it('goes with the next entry, and no status starts the execution any more', () => {
    const { comes, late, head } = losing(
      [1, 3],
      ...beginning,
      [4, 'TaskStateEntered', 3, { name: 'B' }],
      [5, 'ExecutionSucceeded', 4],
    );
    // The fold is empty after a success; what shows a step that was never seen is the exit.
    const unseen = records([3, 'TaskStateExited', 2, { name: 'unseen' }]);
    expect(comes([...late(1), ...unseen]).events).toEqual(['stepSucceeded unseen']);
    const running = {
      status: 'running',
      redriveCount: 0,
      startMs: 0,
      stopMs: null,
      redriveMs: null,
    } as const;
    expect(comes([], { statuses: [running] }).events).toEqual([]);
    expect(head.state.status).toBe('succeeded');
  });
});
