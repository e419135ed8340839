import { describe, expect, it } from '@jest/globals';
import { ExecutionArn, type ExecutionRecord } from '@stepcast/contracts';
import fc from 'fast-check';
import { assertProperty } from '../testing/property-runs.ts';
import { randomHistory } from '../testing/random-history.ts';
import { recordOf } from '../testing/records.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { learn, measure, type ProfileMachine } from './percent.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');

describe('percent', () => {
  const chain: ProfileMachine = {
    startAt: 'A',
    states: new Map([
      ['A', { type: 'Task', next: ['B'], inner: [] }],
      ['B', { type: 'Choice', next: ['C', 'A', 'D'], inner: [] }],
      ['C', { type: 'Task', next: ['D'], inner: [] }],
      ['D', { type: 'Task', next: [], inner: [] }],
    ]),
  };
  const entered = (id: number, name: string, previousEventId: number, type = 'Task'): ExecutionRecord => ({
    ...recordOf(id),
    type: `${type}StateEntered`,
    previousEventId,
    details: { name },
  });

  function percentAfter(...records: ExecutionRecord[]) {
    const fold = newFold(false);
    fold.started = true;
    for (const record of records) {
      foldRecord(fold, arn, record);
      fold.percent = measure(fold, { machine: chain, durations: new Map() }).percent;
    }
    return fold.percent;
  }

  it('counts what lies behind, on the heaviest way to the end', () => {
    expect(percentAfter(entered(2, 'A', 0))).toBe(0);
    const exitA = { ...recordOf(3), type: 'TaskStateExited', previousEventId: 2, details: { name: 'A' } };
    expect(percentAfter(entered(2, 'A', 0), exitA)).toBe(25);
    expect(percentAfter(entered(2, 'A', 0), exitA, entered(4, 'D', 3))).toBe(75);
  });

  it('does not fall when the workflow goes back', () => {
    const exit = (id: number, name: string) => ({
      ...recordOf(id),
      type: 'TaskStateExited',
      details: { name },
    });
    expect(
      percentAfter(
        entered(2, 'A', 0),
        exit(3, 'A'),
        entered(4, 'B', 3, 'Choice'),
        exit(5, 'B'),
        entered(6, 'A', 5),
      ),
    ).toBe(50);
  });

  it('is null when there is no definition, and 100 for success alone', () => {
    const fold = newFold(false);
    expect(measure(fold, undefined)).toEqual({ percent: null, etaSeconds: null });
    expect(measure({ ...fold, status: 'succeeded' }, undefined).percent).toBe(100);
  });

  it('never leaves 0 to 99 before the end, and never falls, whatever the history', async () => {
    await assertProperty(
      'percent',
      100,
      fc.property(fc.integer(), (seed) => {
        const fold = newFold(false);
        let before = 0;
        for (const record of randomHistory(seed).records) {
          foldRecord(fold, arn, record);
          const { percent } = measure(fold, { machine: chain, durations: new Map([['A', 10]]) });
          fold.percent = percent;
          expect(percent).toBeGreaterThanOrEqual(before);
          expect(percent).toBeLessThanOrEqual(fold.status === 'succeeded' ? 100 : 99);
          before = percent ?? 0;
        }
      }),
    );
  });

  it('learns slowly from what came before', () => {
    expect(learn(undefined, 500)).toBe(500);
    expect(learn(1_000, 2_000)).toBe(1_200);
  });
});
