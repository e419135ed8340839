import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { course, machine, percents, state } from '../testing/course.ts';
import { records, type Line } from '../testing/records.ts';
import { newFold } from './execution-fold.ts';
import { measure } from './percent.ts';

describe('percent within a Map', () => {
  const withMap = machine({
    Before: state('Task', ['Each']),
    Each: state('Map', ['After'], [machine({ Pause: state('Wait', ['Work']), Work: state('Task') })]),
    After: state('Task'),
  });

  /** `length` iterations, some at a time, each of two states, of which any may go on next. */
  function mapHistory(length: number, concurrency: number, picks: readonly number[]) {
    const lines: Line[] = [
      [1, 'ExecutionStarted', 0],
      [2, 'TaskStateEntered', 0, { name: 'Before' }],
      [3, 'TaskStateExited', 2, { name: 'Before' }],
      [4, 'MapStateEntered', 3, { name: 'Each' }],
      [5, 'MapStateStarted', 4, { length }],
    ];
    const add = (type: string, previous: number, details?: ExecutionRecord['details']) => {
      lines.push([lines.length + 1, type, previous, details]);
      return lines.length;
    };
    const open: { index: number; last: number; stage: number }[] = [];
    let next = 0;
    const begin = (from: number) => {
      if (next === length) return;
      open.push({
        index: next,
        last: add('MapIterationStarted', from, { name: 'Each', index: next }),
        stage: 0,
      });
      next += 1;
    };
    for (let slot = 0; slot < concurrency; slot += 1) begin(5);
    let last = 5;
    for (let turn = 0; open.length > 0; turn += 1) {
      const at = (picks[turn % picks.length] ?? 0) % open.length;
      const one = open[at];
      if (one === undefined) break;
      const stages = [
        ['WaitStateEntered', 'Pause'],
        ['WaitStateExited', 'Pause'],
        ['TaskStateEntered', 'Work'],
        ['TaskStateExited', 'Work'],
      ] as const;
      const stage = stages[one.stage];
      if (stage !== undefined) {
        one.last = add(stage[0], one.last, { name: stage[1] });
        one.stage += 1;
        continue;
      }
      open.splice(at, 1);
      last = add('MapIterationSucceeded', one.last, { name: 'Each', index: one.index });
      begin(one.last);
    }
    add('MapStateSucceeded', last);
    add('MapStateExited', last, { name: 'Each' });
    return records(...lines);
  }

  it('moves with every iteration and never by more than one iteration is worth, of whatever length the Map is', () => {
    const mapTakes = { Before: 1_000, Each: 8_000, After: 1_000 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom({}, mapTakes),
        (length, concurrency, picks, durations) => {
          const [from, to] = 'Each' in durations ? [10, 90] : [20, 80];
          const history = mapHistory(length, concurrency, picks);
          const seen = percents(withMap, history, durations);
          const share = (to - from) / length;
          let [before, ended] = [from, 0];
          const wrong: unknown[] = [];
          for (const [index, record] of history.entries()) {
            if (index < 5) continue;
            const now = seen[index] ?? -1;
            if (record.type === 'MapIterationSucceeded') ended += 1;
            if (now < Math.floor(from + ended * share - 1e-6) || now - before > Math.ceil(share))
              wrong.push({ record, before, now });
            before = now;
          }
          expect(wrong).toEqual([]);
          expect(seen[4]).toBe(from);
          expect(before).toBe(to);
        },
      ),
    );
  });

  it('counts an iteration in part while it runs', () => {
    const [, , , , ...inside] = percents(withMap, mapHistory(2, 1, [0]));
    // 60 of 100 for two iterations, half of each for the pause.
    expect(inside).toEqual([20, 20, 20, 35, 35, 50, 50, 50, 50, 65, 65, 80, 80, 80, 80]);
  });

  it('says how long it still takes, as far as earlier runs show', () => {
    const durations = { Before: 1_000, Each: 8_000, Pause: 1_000, Work: 3_000, After: 1_000 };
    const eta = course(withMap, mapHistory(2, 1, [0]), durations).map(({ etaSeconds }) => etaSeconds);
    expect(eta).toEqual([10, 10, 9, 9, 9, 9, 9, 8, 8, 5, 5, 5, 5, 4, 4, 1, 1, 1, 1]);
  });

  it('does not move for a Map whose length is not known', () => {
    const history = mapHistory(2, 1, [0]).map((record) =>
      record.type === 'MapStateStarted' ? { ...record, details: {} } : record,
    );
    expect(new Set(percents(withMap, history).slice(4, -1))).toEqual(new Set([20]));
  });

  it('stays while a Map that is tried again catches up', () => {
    const half = mapHistory(2, 1, [0]).slice(0, 11);
    const fold = newFold(false);
    expect(percents(withMap, half, {}, fold).at(-1)).toBe(50);
    const again = records(
      [12, 'MapIterationStarted', 10, { name: 'Each', index: 1 }],
      [13, 'WaitStateEntered', 12, { name: 'Pause' }],
      [14, 'WaitStateAborted', 13],
      [15, 'MapIterationFailed', 13, { name: 'Each', index: 1 }],
      [16, 'MapStateStarted', 13, { length: 2 }],
      [17, 'MapIterationStarted', 16, { name: 'Each', index: 0 }],
      [18, 'WaitStateEntered', 17, { name: 'Pause' }],
      [19, 'WaitStateExited', 18, { name: 'Pause' }],
    );
    expect(new Set(percents(withMap, again, {}, fold))).toEqual(new Set([50]));
  });

  it('counts failures of a distributed Map, which goes on after them', () => {
    const fold = newFold(false);
    const lines = mapHistory(4, 1, [0]).slice(0, 5);
    const distributed = records([6, 'MapRunStarted', 5, { mapRunArn: 'arn' }]);
    percents(withMap, [...lines, ...distributed], {}, fold);
    const map = [...fold.visits.values()][0];
    if (map !== undefined) map.iterations = { total: 4, started: 4, succeeded: 2, failed: 1 };
    expect(percents(withMap, records([7, 'MapRunStarted', 5]), {}, fold)).toEqual([65]);
    fold.mapRuns.clear();
    expect(measure({ ...fold, percent: null }, { machine: withMap, durations: new Map() }).percent).toBe(50);
  });
});

describe('percent within a Map in a Map', () => {
  it('counts for each inner Map its own iterations', () => {
    const inner = machine({ Inner: state('Map', [], [machine({ Work: state('Task') })]) });
    const history = records(
      [1, 'ExecutionStarted', 0],
      [2, 'MapStateEntered', 0, { name: 'Outer' }],
      [3, 'MapStateStarted', 2, { length: 2 }],
      [4, 'MapIterationStarted', 3, { name: 'Outer', index: 0 }],
      [5, 'MapIterationStarted', 3, { name: 'Outer', index: 1 }],
      [6, 'MapStateEntered', 4, { name: 'Inner' }],
      [7, 'MapStateStarted', 6, { length: 2 }],
      [8, 'MapStateEntered', 5, { name: 'Inner' }],
      [9, 'MapStateStarted', 8, { length: 2 }],
      [10, 'MapIterationStarted', 7, { name: 'Inner', index: 0 }],
      [11, 'TaskStateEntered', 10, { name: 'Work' }],
      [12, 'TaskStateExited', 11, { name: 'Work' }],
      [13, 'MapIterationSucceeded', 12, { name: 'Inner', index: 0 }],
    );
    const definition = machine({ Outer: state('Map', [], [inner]) });
    expect(percents(definition, history).slice(-4)).toEqual([0, 0, 25, 25]);
  });
});

describe('percent within a Parallel', () => {
  it('counts the branches, those that run in part', () => {
    const definition = machine({
      Both: state(
        'Parallel',
        ['End'],
        [machine({ L1: state('Task', ['L2']), L2: state('Task') }), machine({ R: state('Task') })],
      ),
      End: state('Pass'),
    });
    const history = records(
      [1, 'ExecutionStarted', 0],
      [2, 'ParallelStateEntered', 0, { name: 'Both' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'L1' }],
      [5, 'TaskStateEntered', 3, { name: 'R' }],
      [6, 'TaskStateExited', 5, { name: 'R' }],
      [7, 'TaskStateExited', 4, { name: 'L1' }],
      [8, 'TaskStateEntered', 7, { name: 'L2' }],
      [9, 'TaskStateExited', 8, { name: 'L2' }],
      [10, 'ParallelStateSucceeded', 9],
      [11, 'ParallelStateExited', 9, { name: 'Both' }],
    );
    // Both weighs 3 of 4: itself and its longest branch.
    expect(percents(definition, history)).toEqual([0, 0, 0, 0, 0, 37, 56, 56, 75, 75, 75]);
  });
});
