import { describe, expect, it } from 'vitest';
import { contextOf } from './chain.ts';
import { lossyStream } from '../testing/lossy-stream.ts';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';

/** The stream after all records but those lost; then those named come late. */
function losing(lost: readonly number[], ...lines: Line[]) {
  const all = records(...lines);
  const { head, comes } = lossyStream(all.filter(({ id }) => !lost.includes(id)));
  const fold = () => {
    const one = head.folds.get(ARN);
    if (one === undefined) throw new Error('the stream has no such execution');
    return one;
  };
  return {
    comes: (...ids: number[]) => comes(all.filter(({ id }) => ids.includes(id))),
    fold,
    counts: (name: string) =>
      [...fold().visits.values()].find((one) => one.name === name)?.iterations ?? undefined,
  };
}

const begun: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'MapStateEntered', 0, { name: 'M' }],
  [3, 'MapStateStarted', 2, { length: 2 }],
  [4, 'MapIterationStarted', 3, { name: 'M', index: 0 }],
  [5, 'MapIterationStarted', 3, { name: 'M', index: 1 }],
];
const ended: Line = [6, 'MapIterationSucceeded', 5, { name: 'M', index: 1 }];

describe('an iteration that comes late', () => {
  it('is counted as started, and opens no lane: whether it still runs is not known', () => {
    const one = losing([4, 6], ...begun, ended, [7, 'PassStateEntered', 5, { name: 'P' }]);
    expect(one.comes(4, 6).events).toEqual(['iterationsProgressed M']);
    expect(one.counts('M')).toMatchObject({ started: 2, succeeded: 1 });
    expect([...one.fold().lanes.values()].filter(({ index }) => index === 0)).toEqual([]);
  });

  it('has what points to it be about its Map', () => {
    const one = losing([4, 6], ...begun, ended, [7, 'PassStateEntered', 5, { name: 'P' }]);
    one.comes(4, 6);
    expect(contextOf(one.fold(), 4)).toEqual({ lane: 0, visit: 2 });
  });

  it('counts in the Map of its name, when another is open inside and what it points to is lost', () => {
    const one = losing(
      [10, 11],
      ...begun,
      [6, 'MapStateEntered', 4, { name: 'inner' }],
      [7, 'MapStateStarted', 6, { length: 1 }],
      [8, 'MapIterationStarted', 7, { name: 'inner', index: 0 }],
      [9, 'MapIterationSucceeded', 8, { name: 'inner', index: 0 }],
      [10, 'MapStateExited', 9, { name: 'inner' }],
      [11, 'MapIterationSucceeded', 10, { name: 'M', index: 0 }],
      [12, 'PassStateEntered', 5, { name: 'P' }],
    );
    expect(one.comes(11).events).toEqual(['iterationsProgressed M']);
    expect(one.counts('M')).toMatchObject({ started: 2, succeeded: 1, failed: 0 });
  });

  it('counts nowhere when its Map is not known', () => {
    const one = losing([2, 3, 4, 5], ...begun, ended, [7, 'PassStateEntered', 6, { name: 'P' }]);
    expect(one.comes(4).events).toEqual([]);
  });

  it('counts nothing in a Map entered since', () => {
    const one = losing(
      [4, 5, 6, 7],
      ...begun,
      ended,
      [7, 'MapStateExited', 6, { name: 'M' }],
      [8, 'MapStateEntered', 7, { name: 'M' }],
    );
    expect(one.comes(6).events).toEqual([]);
    expect(one.counts('M')).toBeUndefined();
  });

  it('counts nothing in a try begun since', () => {
    const one = losing(
      [5, 6],
      ...begun,
      ended,
      [7, 'MapStateFailed', 4, { error: 'Boom' }],
      [8, 'MapStateStarted', 7, { length: 2 }],
    );
    expect(one.comes(6).events).toEqual([]);
    expect(one.counts('M')).toMatchObject({ started: 0, succeeded: 0 });
  });
});

describe('a late record of a type that is not known', () => {
  it('counts nothing in the Map that it names', () => {
    const one = losing(
      [5],
      ...begun.slice(0, 4),
      [5, 'NewerThanThis', 3, { name: 'M' }],
      [6, 'PassStateEntered', 4, { name: 'P' }],
    );
    expect(one.comes(5).events).toEqual([]);
    expect(one.counts('M')).toMatchObject({ started: 1, succeeded: 0, failed: 0 });
  });
});
