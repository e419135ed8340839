import { describe, expect, it } from 'vitest';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { newFold, type Visit } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { emitStep, errorOf, locate, type Step } from './fold-step.ts';

/** A record on its way into a fold that took those before it. */
function stepAfter(before: readonly Line[], line: Line) {
  const fold = newFold(false);
  for (const record of records(...before)) foldRecord(fold, ARN, record);
  const [record] = records(line);
  if (record === undefined) throw new Error('no record');
  const step: Step = { fold, arn: ARN, record, folded: { events: [] } };
  return step;
}
function visitIn({ fold }: Step, id: number): Visit {
  const visit = fold.visits.get(id);
  if (visit === undefined) throw new Error('no such visit');
  return visit;
}
const entered: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'A' }],
];

describe('an error of a record', () => {
  it('has a message only when the record has a cause', () => {
    const { record } = stepAfter([], [3, 'TaskFailed', 2, { error: 'Boom' }]);
    expect(errorOf(record, 'Other')).toStrictEqual({ name: 'Boom' });
    const { record: caused } = stepAfter([], [3, 'TaskFailed', 2, { cause: 'it broke' }]);
    expect(errorOf(caused, 'Other')).toStrictEqual({ name: 'Other', message: 'it broke' });
  });
});

describe('an event about a state', () => {
  it.each([undefined, null])('has no error when that is %s', (error) => {
    const step = stepAfter(entered, [3, 'TaskScheduled', 2]);
    emitStep(step, 'stepRetried', visitIn(step, 2), error);
    expect(step.folded.events).toHaveLength(1);
    expect(step.folded.events[0]).not.toHaveProperty('error');
  });

  it('has the error that it is given', () => {
    const step = stepAfter(entered, [3, 'TaskScheduled', 2]);
    emitStep(step, 'stepRetried', visitIn(step, 2), { name: 'Boom' });
    expect(step.folded.events).toMatchObject([{ step: { name: 'A' }, error: { name: 'Boom' } }]);
  });
});

describe('where a record stands', () => {
  it('is in the visit that it is about, though what it points to is not known', () => {
    const step = stepAfter(entered, [9, 'TaskScheduled', 8]);
    locate(step, visitIn(step, 2));
    expect(step.fold.recent.get(9)).toEqual({ lane: 0, visit: 2 });
  });

  it('is where its predecessor stands when it is about no visit', () => {
    const step = stepAfter(entered, [3, 'TaskScheduled', 2]);
    locate(step, undefined);
    expect(step.fold.recent.get(3)).toEqual({ lane: 0, visit: 2 });
  });

  it('is between two states of the execution when nothing is known of it', () => {
    const step = stepAfter(entered, [9, 'TaskScheduled', 8]);
    locate(step, undefined);
    expect(step.fold.recent.get(9)).toEqual({ lane: 0, visit: null });
  });
});

describe('what one record fails', () => {
  it('ends in the order in which it was entered, however the fold came to know it', () => {
    const step = stepAfter(
      [
        [1, 'ExecutionStarted', 0],
        [2, 'ParallelStateEntered', 0, { name: 'both' }],
        [3, 'ParallelStateStarted', 2],
        [5, 'TaskStateEntered', 3, { name: 'second' }],
        [4, 'TaskStateEntered', 3, { name: 'first' }],
      ],
      [6, 'ParallelStateFailed', 5, { error: 'Boom' }],
    );
    const { events } = foldRecord(step.fold, ARN, step.record);
    expect(events.map(({ kind, step: at }) => [kind, at?.name])).toEqual([
      ['stepFailed', 'first'],
      ['stepFailed', 'second'],
    ]);
  });
});
