import { describe, expect, it } from 'vitest';
import { chain, sandbox } from '../testing/harness.ts';

/** Chains recorded from the service, in the snapshots of LocalStack's tests (Apache-2.0) that were run against AWS. */
const pass = { Type: 'Pass', End: true };

describe('event chains of Map, as recorded from AWS', () => {
  it('chains the iterations of a Map without concurrency one behind the other', async () => {
    const { events } = await sandbox().run({
      StartAt: 'Start',
      States: {
        Start: { Type: 'Pass', Result: { arr: ['a', 'b', 'c'] }, Next: 'MapState' },
        MapState: {
          Type: 'Map',
          ItemsPath: '$.arr',
          MaxConcurrency: 1,
          ItemProcessor: { StartAt: 'Item', States: { Item: pass } },
          End: true,
        },
      },
    });
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 PassStateEntered<-0',
      '3 PassStateExited<-2',
      '4 MapStateEntered<-3',
      '5 MapStateStarted<-4',
      '6 MapIterationStarted[0]<-5',
      '7 PassStateEntered<-6',
      '8 PassStateExited<-7',
      '9 MapIterationSucceeded[0]<-8',
      '10 MapIterationStarted[1]<-8',
      '11 PassStateEntered<-10',
      '12 PassStateExited<-11',
      '13 MapIterationSucceeded[1]<-12',
      '14 MapIterationStarted[2]<-12',
      '15 PassStateEntered<-14',
      '16 PassStateExited<-15',
      '17 MapIterationSucceeded[2]<-16',
      '18 MapStateSucceeded<-17',
      '19 MapStateExited<-17',
      '20 ExecutionSucceeded<-19',
    ]);
    expect(events[4]?.details).toEqual({ length: 3 });
    expect(events[5]?.details).toEqual({ name: 'MapState', index: 0 });
  });

  it('starts a Map within a Map again for each outer iteration', async () => {
    const { events, output } = await sandbox().run(
      {
        StartAt: 'MapL1',
        States: {
          MapL1: {
            Type: 'Map',
            MaxConcurrency: 1,
            ItemProcessor: {
              StartAt: 'MapL2',
              States: {
                MapL2: {
                  Type: 'Map',
                  MaxConcurrency: 1,
                  ItemProcessor: { StartAt: 'MapL2Pass', States: { MapL2Pass: pass } },
                  End: true,
                },
              },
            },
            End: true,
          },
        },
      },
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
    expect(output).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(chain(events).filter((one) => !one.includes('PassState'))).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 MapStateStarted<-2',
      '4 MapIterationStarted[0]<-3',
      '5 MapStateEntered<-4',
      '6 MapStateStarted<-5',
      '7 MapIterationStarted[0]<-6',
      '10 MapIterationSucceeded[0]<-9',
      '11 MapIterationStarted[1]<-9',
      '14 MapIterationSucceeded[1]<-13',
      '15 MapIterationStarted[2]<-13',
      '18 MapIterationSucceeded[2]<-17',
      '19 MapStateSucceeded<-18',
      '20 MapStateExited<-18',
      '21 MapIterationSucceeded[0]<-20',
      '22 MapIterationStarted[1]<-20',
      '23 MapStateEntered<-22',
      '24 MapStateStarted<-23',
      '25 MapIterationStarted[0]<-24',
      '28 MapIterationSucceeded[0]<-27',
      '29 MapIterationStarted[1]<-27',
      '32 MapIterationSucceeded[1]<-31',
      '33 MapIterationStarted[2]<-31',
      '36 MapIterationSucceeded[2]<-35',
      '37 MapStateSucceeded<-36',
      '38 MapStateExited<-36',
      '39 MapIterationSucceeded[1]<-38',
      '40 MapStateSucceeded<-39',
      '41 MapStateExited<-39',
      '42 ExecutionSucceeded<-41',
    ]);
  });

  it('starts concurrent iterations from MapStateStarted and aborts the others from the event that failed', async () => {
    const never = () => new Promise(() => undefined);
    const { events, error } = await sandbox({ fn: never }).run(
      {
        StartAt: 'MapWait',
        States: {
          MapWait: {
            Type: 'Map',
            ItemProcessor: {
              StartAt: 'LambdaInvoke',
              States: {
                LambdaInvoke: {
                  Type: 'Task',
                  Resource: 'arn:aws:states:::lambda:invoke',
                  Parameters: { FunctionName: 'fn' },
                  TimeoutSeconds: 5,
                  End: true,
                },
              },
            },
            End: true,
          },
        },
      },
      [1, 2, 3, 4],
    );
    expect(error).toBe('States.Timeout');
    // In the recording the other three tasks had timed out too before the Map noticed; here the first one ends them.
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 MapStateStarted<-2',
      '4 MapIterationStarted[0]<-3',
      '5 MapIterationStarted[1]<-3',
      '6 MapIterationStarted[2]<-3',
      '7 MapIterationStarted[3]<-3',
      '8 TaskStateEntered<-4',
      '9 TaskScheduled<-8',
      '10 TaskStateEntered<-5',
      '11 TaskScheduled<-10',
      '12 TaskStateEntered<-6',
      '13 TaskScheduled<-12',
      '14 TaskStateEntered<-7',
      '15 TaskScheduled<-14',
      '16 TaskStarted<-9',
      '17 TaskStarted<-11',
      '18 TaskStarted<-13',
      '19 TaskStarted<-15',
      '20 TaskTimedOut<-16',
      '21 MapIterationFailed[0]<-20',
      '22 TaskStateAborted<-20',
      '23 MapIterationAborted[1]<-20',
      '24 TaskStateAborted<-20',
      '25 MapIterationAborted[2]<-20',
      '26 TaskStateAborted<-20',
      '27 MapIterationAborted[3]<-20',
      '28 TaskStateAborted<-20',
      '29 MapStateFailed<-20',
      '30 ExecutionFailed<-29',
    ]);
  });

  it('starts a retried Map again from the event that failed', async () => {
    const { events } = await sandbox().run(
      {
        StartAt: 'MapState',
        States: {
          MapState: {
            Type: 'Map',
            MaxConcurrency: 1,
            Iterator: { StartAt: 'ItemFail', States: { ItemFail: { Type: 'Fail', Error: 'E' } } },
            Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
            End: true,
          },
        },
      },
      [1],
    );
    expect(chain(events).slice(2)).toEqual([
      '3 MapStateStarted<-2',
      '4 MapIterationStarted[0]<-3',
      '5 FailStateEntered<-4',
      '6 MapIterationFailed[0]<-5',
      '7 MapStateStarted<-5',
      '8 MapIterationStarted[0]<-7',
      '9 FailStateEntered<-8',
      '10 MapIterationFailed[0]<-9',
      '11 MapStateFailed<-9',
      '12 ExecutionFailed<-11',
    ]);
  });

  it('ends an empty Map at once', async () => {
    const { events, output } = await sandbox().run(
      {
        StartAt: 'M',
        States: { M: { Type: 'Map', ItemProcessor: { StartAt: 'P', States: { P: pass } }, End: true } },
      },
      [],
    );
    expect(output).toEqual([]);
    expect(chain(events).slice(1)).toEqual([
      '2 MapStateEntered<-0',
      '3 MapStateStarted<-2',
      '4 MapStateSucceeded<-3',
      '5 MapStateExited<-3',
      '6 ExecutionSucceeded<-5',
    ]);
  });
});
