import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { HISTORY_EVENT_TYPES } from '@stepcast/wire';
import fc from 'fast-check';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { beginsRedrive, newFold, type EventDraft } from './execution-fold.ts';
import { emissionOf, foldRecord, surelyEmits } from './fold-record.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-1');

function comparable({ kind, step }: EventDraft) {
  return {
    kind,
    ...(step === undefined ? {} : { name: step.name }),
    ...(step?.attempt === undefined ? {} : { attempt: step.attempt }),
    ...(step?.iteration === undefined ? {} : { iteration: step.iteration }),
  };
}

/** What records emit that are written as `5 MapIterationStarted<-3 M 0`: id, type, previous id, name or error, index. */
function emittedBy(...lines: readonly string[]): string[] {
  const fold = newFold(false);
  return lines.flatMap((line) => {
    const [, id, type = '', previous, name, index] =
      /^(\d+) (\w+)<-(\d+)(?: (\w+))?(?: (\d+))?$/.exec(line) ?? [];
    const word = name === undefined ? {} : /(Failed|TimedOut)$/.test(type) ? { error: name } : { name };
    const { events } = foldRecord(fold, arn, {
      id: Number(id),
      type,
      previousEventId: Number(previous),
      timestampMs: Number(id),
      redriveCount: 0,
      details: { ...word, ...(index === undefined ? {} : { index: Number(index) }) },
    });
    return events
      .filter(({ kind }) => kind !== 'iterationsProgressed')
      .map(({ kind, step, error }) =>
        [id, kind, step?.name, step?.attempt, step?.iteration, error?.name]
          .filter((part) => part !== undefined)
          .join(' '),
      );
  });
}

// In recorded histories (snapshots of LocalStack's tests that ran against AWS) every record that a failure writes points
// to the event that failed, and a retry of a Map or Parallel begins there without a `…StateFailed`.
describe('a failure inside of a Map or Parallel', () => {
  const parallel = [
    '2 ParallelStateEntered<-0 Both',
    '3 ParallelStateStarted<-2',
    '4 TaskStateEntered<-3 Work',
    '5 WaitStateEntered<-3 Pause',
    '6 LambdaFunctionFailed<-4 Boom',
    '7 TaskStateAborted<-6',
    '8 WaitStateAborted<-6',
  ];
  const begun = ['2 stepStarted Both 1', '4 stepStarted Work 1', '5 stepStarted Pause'];
  const stopped = (id: number) => [`${id} stepFailed Work 1 Boom`, `${id} stepFailed Pause Stepcast.Aborted`];

  it('ends the state that failed with its error, and its neighbours as stopped', () => {
    expect(emittedBy(...parallel, '9 ParallelStateFailed<-6', '10 ParallelStateExited<-9 Both')).toEqual([
      ...begun,
      ...stopped(9),
      '10 stepCaught Both 1 Boom',
    ]);
  });

  it('is the failure of a try when the Map or Parallel begins again', () => {
    const again = ['9 ParallelStateStarted<-6', '10 TaskStateEntered<-9 Work'];
    expect(emittedBy(...parallel, ...again)).toEqual([
      ...begun,
      ...stopped(9),
      '9 stepRetried Both 2 Boom',
      '10 stepStarted Work 1',
    ]);
  });

  it('never ends what is around it: the Map that is stopped is the neighbour', () => {
    const events = emittedBy(
      '2 MapStateEntered<-0 Outer',
      '3 MapStateStarted<-2',
      '4 MapIterationStarted<-3 Outer 0',
      '5 ParallelStateEntered<-4 Both',
      '6 ParallelStateStarted<-5',
      '7 TaskStateEntered<-6 Work',
      '8 MapStateEntered<-6 Inner',
      '9 MapStateStarted<-8',
      '10 MapIterationStarted<-9 Inner 0',
      '11 TaskStateEntered<-10 Item',
      '12 TaskTimedOut<-7 Late',
      '13 TaskStateAborted<-12',
      '14 MapStateAborted<-12',
      '15 MapIterationAborted<-12 Inner 0',
      '16 TaskStateAborted<-12',
      '17 ParallelStateFailed<-12',
      '18 MapIterationFailed<-17 Outer 0',
      '19 MapStateFailed<-17',
      '20 MapStateExited<-19 Outer',
    );
    expect(events.filter((line) => !line.includes('Started'))).toEqual([
      '17 stepFailed Work 1 0 Late',
      '17 stepFailed Inner 1 0 Stepcast.Aborted',
      '17 stepFailed Item 1 0,0 Stepcast.Aborted',
      '18 stepFailed Both 1 0 Late',
      '20 stepCaught Outer 1 Late',
    ]);
  });
});

describe('foldRecord', () => {
  it('says of any history which step, iteration and attempt each record is about', () => {
    fc.assert(
      fc.property(histories, ({ seed, maxDepth }) => {
        const { records, expected } = randomHistory(seed, { maxDepth });
        const fold = newFold(false);
        const events = records.flatMap((record) => foldRecord(fold, arn, record).events);
        expect(events.filter(({ kind }) => kind !== 'iterationsProgressed').map(comparable)).toEqual(
          expected,
        );
      }),
    );
  });

  it('emits an event for every record of a type that always does, and none for one of a type that never does', () => {
    const counted = { always: 0, never: 0, sometimes: 0 };
    const type = fc.oneof(
      fc.constantFrom(...HISTORY_EVENT_TYPES),
      fc.constantFrom('FailStateExited', 'TaskRescheduled', 'MapStateDreamt', 'ExecutionPaused', 'Task', ''),
    );
    // Types where they do not belong, pointing anywhere, in histories that are otherwise right.
    const spoilt = fc.array(fc.record({ at: fc.nat(), type, previousEventId: fc.nat({ max: 40 }) }));
    fc.assert(
      fc.property(histories, spoilt, ({ seed, maxDepth }, changes) => {
        const records = [...randomHistory(seed, { maxDepth }).records];
        for (const { at, ...change } of changes) {
          const index = at % records.length;
          const record = records[index];
          if (record !== undefined) records[index] = { ...record, ...change };
        }
        const fold = newFold(false);
        for (const record of records) {
          const surely = surelyEmits(fold, record);
          const begins = record.type !== 'ExecutionRedriven' && beginsRedrive(fold, record);
          const { events } = foldRecord(fold, arn, record);
          if (begins) expect(events[0]?.kind).toBe('executionRedriven');
          const emits = emissionOf(record.type);
          counted[emits] += 1;
          if (emits === 'always') expect(events.length).toBeGreaterThan(0);
          if (emits === 'never') expect(events).toHaveLength(begins ? 1 : 0);
          if (surely) expect(events.length).toBeGreaterThan(0);
        }
      }),
    );
    expect(Math.min(counted.always, counted.never, counted.sometimes)).toBeGreaterThan(0);
  });
});
