import { describe, expect, it } from '@jest/globals';
import { ExecutionArn } from '@stepcast/contracts';
import fc from 'fast-check';
import { randomHistory } from '../testing/random-history.ts';
import { newFold, type EventDraft } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-1');

function comparable({ kind, step }: EventDraft) {
  return {
    kind,
    ...(step === undefined ? {} : { name: step.name }),
    ...(step?.attempt === undefined ? {} : { attempt: step.attempt }),
    ...(step?.iteration === undefined ? {} : { iteration: step.iteration }),
  };
}

describe('foldRecord', () => {
  it('tells of any history which step, iteration and attempt each record is about', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { records, expected } = randomHistory(seed);
        const fold = newFold(false);
        const told = records.flatMap((record) => foldRecord(fold, arn, record).events);
        expect(told.filter(({ kind }) => kind !== 'iterationsProgressed').map(comparable)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
