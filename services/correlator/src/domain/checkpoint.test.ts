import { describe, expect, it } from '@jest/globals';
import { ExecutionArn } from '@stepcast/contracts';
import fc from 'fast-check';
import { assertProperty } from '../testing/property-runs.ts';
import { randomHistory } from '../testing/random-history.ts';
import { CheckpointError, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');

describe('a checkpoint', () => {
  it('brings a fold back as it was, at every place in any history', async () => {
    await assertProperty(
      'checkpoint',
      30,
      fc.property(fc.integer(), (seed) => {
        const fold = newFold(false);
        for (const record of randomHistory(seed).records) {
          foldRecord(fold, arn, record);
          fold.lastId = record.id;
          expect(readCheckpoint(writeCheckpoint(new Map([[arn, fold]]))).get(arn)).toEqual(fold);
        }
      }),
    );
  });

  it('that does not read is an error that says where; none at all is an empty one', () => {
    expect(readCheckpoint(undefined).size).toBe(0);
    expect(() => readCheckpoint('{"v":2}')).toThrow(CheckpointError);
    expect(() => readCheckpoint('{"v":2}')).toThrow(/\$\.v/);
  });
});
