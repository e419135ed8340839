import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { HISTORY_EVENT_TYPES } from '@stepcast/wire';
import * as z from 'zod';
import { randomHistory } from '../testing/random-history.ts';
import { newFold } from './execution-fold.ts';
import type { emissionOf, foldRecord } from './fold-record.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-1');
const isFunction = (one: unknown) => typeof one === 'function';
const Module = z.object({
  foldRecord: z.custom<typeof foldRecord>(isFunction),
  emissionOf: z.custom<typeof emissionOf>(isFunction),
});

/** Loads the module again. It makes its rules while it loads, and only this load happens inside of a test, where mutation tests see it. */
async function loadedAnew(): Promise<z.infer<typeof Module>> {
  const path = './fold-record.ts?anew';
  return Module.parse(await import(path));
}

const ALWAYS = ['Choice', 'Map', 'Parallel', 'Pass', 'Succeed', 'Task', 'Wait'].flatMap((type) => [
  `${type}StateEntered`,
  `${type}StateExited`,
]);
const NEVER = [
  ...['ActivityStarted', 'ActivitySucceeded', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded'],
  ...['TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'MapStateSucceeded', 'ParallelStateSucceeded'],
  ...['MapIterationStarted', 'MapRunAborted', 'MapRunFailed', 'MapRunSucceeded'],
];

describe('the rules of all types, as they are made', () => {
  it('say which emit always, never and sometimes', async () => {
    const { emissionOf } = await loadedAnew();
    for (const type of HISTORY_EVENT_TYPES) {
      const emits = [...ALWAYS, 'FailStateEntered'].includes(type)
        ? 'always'
        : NEVER.includes(type)
          ? 'never'
          : 'sometimes';
      expect([type, emissionOf(type)]).toEqual([type, emits]);
    }
    for (const type of [
      '',
      'Task',
      'ExecutionPaused',
      'MapRunDreamt',
      'MapStateDreamt',
      'ParallelStateDreamt',
    ])
      expect([type, emissionOf(type)]).toEqual([type, 'never']);
  });

  it('fold right histories to the steps, attempts and iterations that they are about', async () => {
    const { foldRecord } = await loadedAnew();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { records, expected } = randomHistory(seed, { maxDepth: seed % 4 });
      const fold = newFold(false);
      const events = records
        .flatMap((record) => foldRecord(fold, arn, record).events)
        .filter(({ kind }) => kind !== 'iterationsProgressed');
      expect(events.map(({ kind, step }) => [kind, step?.name, step?.attempt, step?.iteration])).toEqual(
        expected.map(({ kind, name, attempt, iteration }) => [kind, name, attempt, iteration]),
      );
    }
  });

  it.each([
    ['TaskFailed', 'TaskScheduled', 'Boom', 'Boom'],
    ['TaskFailed', 'TaskScheduled', undefined, 'States.TaskFailed'],
    ['TaskStartFailed', 'TaskScheduled', undefined, 'States.TaskFailed'],
    ['TaskSubmitFailed', 'TaskScheduled', undefined, 'States.TaskFailed'],
    ['TaskTimedOut', 'TaskScheduled', undefined, 'States.Timeout'],
    ['LambdaFunctionFailed', 'LambdaFunctionScheduled', undefined, 'States.TaskFailed'],
    ['LambdaFunctionStartFailed', 'LambdaFunctionScheduled', undefined, 'States.TaskFailed'],
    ['LambdaFunctionTimedOut', 'LambdaFunctionScheduled', undefined, 'States.Timeout'],
    ['LambdaFunctionScheduleFailed', undefined, undefined, 'States.TaskFailed'],
    ['ActivityFailed', 'ActivityScheduled', undefined, 'States.TaskFailed'],
    ['ActivityScheduleFailed', undefined, undefined, 'States.TaskFailed'],
    ['ActivityTimedOut', 'ActivityScheduled', undefined, 'States.Timeout'],
    ['EvaluationFailed', undefined, undefined, 'States.QueryEvaluationError'],
  ] as const)(
    '%s after %s with the error %s fails the step with %s',
    async (type, scheduled, error, name) => {
      const { foldRecord } = await loadedAnew();
      const fold = newFold(false);
      const fed = (id: number, one: string, previousEventId: number, details: object) =>
        foldRecord(fold, arn, {
          ...{ id, type: one, previousEventId, timestampMs: id, redriveCount: 0 },
          details: { ...details },
        }).events.map((event) => [event.kind, event.step?.name, event.error?.name]);
      fed(1, 'ExecutionStarted', 0, {});
      expect(fed(2, 'TaskStateEntered', 1, { name: 'Work' })).toEqual([['stepStarted', 'Work', undefined]]);
      if (scheduled !== undefined) expect(fed(3, scheduled, 2, {})).toEqual([]);
      fed(4, type, scheduled === undefined ? 2 : 3, error === undefined ? {} : { error });
      // Nothing caught it: the execution fails, and the step with it.
      expect(fed(5, 'ExecutionFailed', 4, { error: 'Another' })).toEqual(
        expect.arrayContaining([['stepFailed', 'Work', name]]),
      );
    },
  );
});
