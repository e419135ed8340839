import { describe, expect, it } from 'vitest';
import { emitted } from '../testing/emitted.ts';
import type { Line } from '../testing/records.ts';
import { newFold } from './execution-fold.ts';

describe('a redrive inside of a Map or Parallel', () => {
  it('has those around work again, and their ends emitted again', () => {
    const fold = newFold(false);
    const failed: Line[] = [
      [2, 'ParallelStateEntered', 0, { name: 'P' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'T' }],
      [5, 'TaskFailed', 4, { error: 'Boom' }],
      [6, 'ParallelStateFailed', 5],
      [7, 'ExecutionFailed', 6],
    ];
    expect(emitted(failed, fold).slice(2, 4)).toEqual(['6 stepFailed T 1 Boom', '7 stepFailed P 1 Boom']);
    const again: Line[] = [
      [8, 'ExecutionRedriven', 7],
      [9, 'TaskScheduled', 4],
      [10, 'TaskStateExited', 9, { name: 'T' }],
      [11, 'ParallelStateExited', 10, { name: 'P' }],
    ];
    expect(emitted(again, fold)).toEqual([
      '8 executionRedriven',
      '9 stepRetried T 2 Boom',
      '10 stepSucceeded T 2',
      '11 stepSucceeded P 1',
    ]);
  });
});
