import { describe, expect, it } from 'vitest';
import type { StepState } from '@stepcast/contracts';
import { ARN, META } from '../testing/stream-input.ts';
import { visitOf } from '../testing/visits.ts';
import { newFold, newLane, type ExecutionFold } from './execution-fold.ts';
import { headBytes, newHead, type StreamHead } from './stream-head.ts';

const TIME = '2026-11-03T10:15:30.000Z';
const TEXT = 'x'.repeat(1_000);
const error = { name: 'E', message: TEXT };

const stepWith = (more: Partial<StepState>): StepState => ({
  name: 'T',
  type: 'Task',
  status: 'running',
  attempt: 1,
  visits: 1,
  ended: 0,
  startedAt: TIME,
  endedAt: null,
  ...more,
});
const execution = {
  executionArn: ARN,
  status: 'running',
  startedAt: TIME,
  endedAt: null,
  redriveCount: 0,
} as const;
const counts = { total: 100_000, started: 100_000, succeeded: 100_000, failed: 0 };

/** The bytes that a change adds to a new head that follows one execution. */
function addedBy(change: (head: StreamHead, fold: ExecutionFold) => void): number {
  const head = newHead(META);
  const fold = newFold(false);
  head.folds.set(ARN, fold);
  const before = headBytes(head);
  change(head, fold);
  return headBytes(head) - before;
}

describe('the bytes of a head', () => {
  it.each<[what: string, change: (head: StreamHead, fold: ExecutionFold) => void]>([
    ['the key of its object', ({ state }) => (state.key += TEXT)],
    ['its error', ({ state }) => (state.error = error)],
    ['the name of a step', ({ state }) => state.steps.push(stepWith({ name: TEXT }))],
    ['the error of a step', ({ state }) => state.steps.push(stepWith({ error }))],
    ['what a step reported', ({ state }) => state.steps.push(stepWith({ report: { text: TEXT, at: TIME } }))],
    ['the error of an execution', ({ state }) => state.executions.push({ ...execution, error })],
    [
      'the name of a state in which it is',
      (_head, { visits }) => visits.set(2, visitOf(2, 0, { name: TEXT })),
    ],
    ['the failure of such a state', (_head, { visits }) => visits.set(2, visitOf(2, 0, { failure: error }))],
    ['the state left last', (_head, { lanes }) => lanes.set(1, { ...newLane(1, 2, 0), after: TEXT })],
    ['a Map Run', (_head, { mapRuns }) => mapRuns.set(2, TEXT)],
  ])('count the text of %s, once or twice', (_what, change) => {
    const added = addedBy(change);
    expect(added).toBeGreaterThanOrEqual(TEXT.length);
    expect(added).toBeLessThan(2 * TEXT.length + 300);
  });

  it('count what the workflow made of the upload, up to 16 KB, which they did not', () => {
    const added = addedBy(({ state }) => (state.result = { summary: TEXT, pages: [TEXT] }));
    expect(added).toBeGreaterThan(2 * TEXT.length);
  });

  it.each<[what: string, atLeast: number, change: (head: StreamHead, fold: ExecutionFold) => void]>([
    ['a step', 100, ({ state }) => state.steps.push(stepWith({}))],
    ['an execution', 130, ({ state }) => state.executions.push(execution)],
    ['an ID that was released', 1, (_head, { seen }) => seen.add(1)],
    ['a gap', 8, (_head, { gaps }) => gaps.push([1, 2])],
    ['a gap without a history', 8, (_head, { lost }) => lost.push([1, 2])],
    ['a lane', 30, (_head, { lanes }) => lanes.set(1, newLane(1, 2, 0))],
    ['the place of a record', 12, (_head, { recent }) => recent.set(1, { lane: 0, visit: null })],
    ['the mark of a report', 40, (_head, { reports }) => reports.set('T', { atMs: 0, id: '1' })],
  ])('grow with %s', (_what, atLeast, change) => {
    expect(addedBy(change)).toBeGreaterThanOrEqual(atLeast);
  });

  it('grow with the items of a Map', () => {
    const without = addedBy(({ state }) => state.steps.push(stepWith({})));
    const withItems = addedBy(({ state }) => state.steps.push(stepWith({ iterations: counts })));
    expect(withItems - without).toBeGreaterThan(30);
  });
});
