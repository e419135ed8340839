import { describe, expect, it } from 'vitest';
import { recordOf } from '../testing/records.ts';
import { visitOf } from '../testing/visits.ts';
import {
  closeLane,
  closeLanesIn,
  contextOf,
  isInside,
  MAX_LANES,
  noteContext,
  openLane,
  visitFor,
  visitsAround,
} from './chain.ts';
import { newFold, newLane, type ExecutionFold, type Lane, type Visit } from './execution-fold.ts';

const laneOf = (id: number, parent: number | null, more: Partial<Lane> = {}): Lane => ({
  ...newLane(id, parent, null),
  ...more,
});

/** Map 2, begun by record 3, in the root; in its iteration 4 Parallel 5, begun by 6; in its branch 7 the Task 7. */
function nested(): ExecutionFold {
  const fold = newFold(false);
  const add = (lane: Lane | undefined, visit: Visit) => {
    if (lane !== undefined) fold.lanes.set(lane.id, lane);
    fold.visits.set(visit.id, visit);
    const own = fold.lanes.get(visit.lane);
    if (own !== undefined) own.visit = visit.id;
  };
  add(undefined, visitOf(2, 0, { type: 'Map', fanOut: 3 }));
  add(laneOf(4, 2, { index: 0 }), visitOf(5, 4, { type: 'Parallel', fanOut: 6 }));
  add(laneOf(7, 5, { tip: 9 }), visitOf(7, 7));
  return fold;
}

const pointing = (previousEventId: number) => ({ ...recordOf(100), previousEventId });
const any = () => true;

describe('the context of a record', () => {
  it('is the place that the execution is at, for records that point to none: stop, time out, first state', () => {
    expect(contextOf(nested(), 0)).toEqual({ lane: 0, visit: 2 });
    expect(contextOf(newFold(false), 0)).toEqual({ lane: 0, visit: null });
  });

  it('is found by the entry of a visit, the start of a Map or Parallel, and start and newest record of a lane', () => {
    const fold = nested();
    expect(contextOf(fold, 5)).toEqual({ lane: 4, visit: 5 });
    expect(contextOf(fold, 3)).toEqual({ lane: 0, visit: 2 });
    expect(contextOf(fold, 6)).toEqual({ lane: 4, visit: 5 });
    expect(contextOf(fold, 4)).toEqual({ lane: 4, visit: 5 });
    expect(contextOf(fold, 9)).toEqual({ lane: 7, visit: 7 });
    expect(contextOf(fold, 8)).toBeUndefined();
  });

  it('is remembered as it was noted', () => {
    const fold = nested();
    noteContext(fold, 8, { lane: 7, visit: null });
    expect(contextOf(fold, 8)).toEqual({ lane: 7, visit: null });
  });

  it('makes its record the newest of the lane, unless a newer one is known', () => {
    const fold = nested();
    noteContext(fold, 8, { lane: 7, visit: 7 });
    expect(fold.lanes.get(7)?.tip).toBe(9);
    noteContext(fold, 12, { lane: 7, visit: 7 });
    expect(fold.lanes.get(7)?.tip).toBe(12);
  });

  it('is forgotten when the record is old, the oldest first; more are remembered where more lanes are open', () => {
    const fold = newFold(false);
    for (let id = 1; id <= 40; id += 1) noteContext(fold, id, { lane: 0, visit: null });
    expect([...fold.recent.keys()]).toEqual(Array.from({ length: 24 }, (_unused, index) => index + 17));
    noteContext(fold, 17, { lane: 0, visit: null });
    noteContext(fold, 41, { lane: 0, visit: null });
    expect(fold.recent.has(17)).toBe(true);
    expect(fold.recent.has(18)).toBe(false);
    for (let lane = 1; lane <= 100; lane += 1) fold.lanes.set(lane, laneOf(lane, 2));
    for (let id = 100; id <= 1_000; id += 1) noteContext(fold, id, { lane: 0, visit: null });
    expect(fold.recent.size).toBe(512);
  });
});

describe('the visit that a record is about', () => {
  it('is the innermost that fits, walking outward', () => {
    const fold = nested();
    const around = (lane: number, visit: number | null) =>
      [...visitsAround(fold, { lane, visit })].map(({ id }) => id);
    expect(around(7, 7)).toEqual([7, 5, 2]);
    expect(around(7, null)).toEqual([5, 2]);
    expect(around(0, 2)).toEqual([2]);
    expect(around(0, null)).toEqual([]);
    expect(around(7, 99)).toEqual([5, 2]);
    expect(visitFor(fold, pointing(9), any)?.id).toBe(7);
    expect(visitFor(fold, pointing(9), ({ type }) => type === 'Map')?.id).toBe(2);
  });

  it('is found by elimination when what the record points to was forgotten, if only one fits', () => {
    const fold = nested();
    expect(visitFor(fold, pointing(50), ({ type }) => type === 'Parallel')?.id).toBe(5);
    expect(visitFor(fold, pointing(50), any)).toBeUndefined();
    expect(visitFor(fold, pointing(50), ({ type }) => type === 'Wait')).toBeUndefined();
  });

  it('lies inside of what is around it, not of itself nor of its neighbours', () => {
    const fold = nested();
    const [map, parallel, task] = [...fold.visits.values()];
    if (map === undefined || parallel === undefined || task === undefined) throw new Error('three visits');
    expect([
      isInside(fold, task, map),
      isInside(fold, task, parallel),
      isInside(fold, parallel, map),
    ]).toEqual([true, true, true]);
    expect([isInside(fold, map, task), isInside(fold, task, task), isInside(fold, parallel, task)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('a lane', () => {
  it('that ends takes all inside it along; what pointed into it points to what is around', () => {
    const fold = nested();
    fold.mapRuns.set(5, 'run of the inside');
    fold.mapRuns.set(2, 'run of the outside');
    noteContext(fold, 8, { lane: 7, visit: 7 });
    noteContext(fold, 6, { lane: 4, visit: 5 });
    noteContext(fold, 3, { lane: 0, visit: 2 });
    closeLane(fold, 4);
    expect([...fold.lanes.keys()]).toEqual([0]);
    expect([...fold.visits.keys()]).toEqual([2]);
    expect([...fold.mapRuns.keys()]).toEqual([2]);
    for (const id of [8, 6, 3]) expect(contextOf(fold, id)).toEqual({ lane: 0, visit: 2 });
  });

  it('of which what is around is not known is forgotten', () => {
    const fold = newFold(false);
    openLane(fold, laneOf(4, 2));
    noteContext(fold, 8, { lane: 4, visit: null });
    closeLane(fold, 4);
    expect(contextOf(fold, 8)).toBeUndefined();
    closeLane(fold, 4);
    expect([...fold.lanes.keys()]).toEqual([0]);
  });

  it('ends with its neighbours when all inside a Map or Parallel do, and with no other', () => {
    const fold = nested();
    openLane(fold, laneOf(10, 5));
    openLane(fold, laneOf(11, 2));
    closeLanesIn(fold, 5);
    expect([...fold.lanes.keys()]).toEqual([0, 4, 11]);
  });

  it(`beyond ${MAX_LANES} has the oldest forgotten, never the root`, () => {
    const fold = newFold(false);
    fold.visits.set(2, visitOf(2, 0, { type: 'Map', fanOut: 3 }));
    for (let id = 1; id <= MAX_LANES - 1; id += 1) openLane(fold, laneOf(id + 2, 2));
    expect(fold.lanes.size).toBe(MAX_LANES);
    expect(fold.lanes.has(3)).toBe(true);
    openLane(fold, laneOf(5_000, 2));
    expect(fold.lanes.size).toBe(MAX_LANES);
    expect([fold.lanes.has(0), fold.lanes.has(3), fold.lanes.has(4), fold.lanes.has(5_000)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
