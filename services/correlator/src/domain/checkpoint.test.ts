import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import fc from 'fast-check';
import { randomHistory } from '../testing/random-history.ts';
import { CheckpointError, readCheckpoint, readCursor, writeCheckpoint, writeCursor } from './checkpoint.ts';
import { newFold, type ExecutionFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');

describe('a checkpoint', () => {
  it('brings a fold back as it was, at any place in any history, and it goes on as if nothing had been', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), (seed, place) => {
        const { records } = randomHistory(seed, { maxDepth: place % 3 });
        const fold = newFold(false);
        const take = (into: ExecutionFold, some: typeof records) =>
          some.flatMap((record) => {
            into.lastId = record.id;
            return foldRecord(into, arn, record).events;
          });
        const cut = place % (records.length + 1);
        take(fold, records.slice(0, cut));
        const back = readCheckpoint(writeCheckpoint([[arn, fold]])).get(arn);
        expect(readCursor(writeCursor(fold))).toEqual(back);
        expect(back).toEqual(fold);
        expect(take(back ?? newFold(false), records.slice(cut))).toEqual(take(fold, records.slice(cut)));
      }),
    );
  });

  it('of nothing out of the ordinary says nothing of it', () => {
    const text = writeCheckpoint([[arn, { ...newFold(false), lanes: new Map() }]]);
    expect(text).toBe(`{"v":1,"executions":{"${arn}":{"n":0,"s":[false,"queued",0,-1,null,0,null]}}}`);
  });

  it('holds what only some executions have', () => {
    const fold: ExecutionFold = {
      ...newFold(true),
      sparse: true,
      seen: new Set([3, 9]),
      gaps: [[4, 5]],
      lost: [
        [6, 6],
        [8, 8],
      ],
      failurePoint: 7,
      mapRuns: new Map([[2, 'run']]),
    };
    const back = readCheckpoint(writeCheckpoint([[arn, fold]])).get(arn);
    expect(back).toEqual(fold);
    const none = { ...newFold(false), sparse: true };
    expect(readCheckpoint(writeCheckpoint([[arn, none]])).get(arn)?.sparse).toBe(true);
  });

  it('that does not read is an error that says where', () => {
    expect(() => readCheckpoint('{"v":2}')).toThrow(CheckpointError);
    expect(() => readCursor('{}')).toThrow(/^cursor does not read: .*\$\.n/);
    expect(() => readCheckpoint('{"v":2}')).toThrow(/^checkpoint does not read: .*\$\.v/);
    expect(new CheckpointError('x')).toMatchObject({
      code: 'CORRELATOR_CHECKPOINT_INVALID',
      retryable: false,
    });
  });
});
