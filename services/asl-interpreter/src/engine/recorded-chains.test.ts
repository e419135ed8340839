import { describe, expect, it } from 'vitest';
import { chain, functionArn, sandbox } from '../testing/harness.ts';

/** Chains recorded from the service, in the snapshots of LocalStack's tests (Apache-2.0) that were run against AWS. */
const pass = { Type: 'Pass', End: true };

describe('event chains of Parallel and Task, as recorded from AWS', () => {
  it('links a Parallel that is caught through its failure, and aborts the task that failed in it', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    const { events, output } = await sandbox({ boom }).run({
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Work', States: { Work: { Type: 'Task', Resource: functionArn('boom'), End: true } } },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', ResultPath: '$.error' }],
          End: true,
        },
        Caught: pass,
      },
    });
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 ParallelStateEntered<-0',
      '3 ParallelStateStarted<-2',
      '4 TaskStateEntered<-3',
      '5 LambdaFunctionScheduled<-4',
      '6 LambdaFunctionStarted<-5',
      '7 LambdaFunctionFailed<-6',
      '8 TaskStateAborted<-7',
      '9 ParallelStateFailed<-7',
      '10 ParallelStateExited<-9',
      '11 PassStateEntered<-10',
      '12 PassStateExited<-11',
      '13 ExecutionSucceeded<-12',
    ]);
    expect(output).toMatchObject({ error: { Error: 'Error' } });
  });

  it('starts a retried Parallel again from the event that failed', async () => {
    const { events } = await sandbox().run({
      StartAt: 'ParallelState',
      States: {
        ParallelState: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Branch1',
              States: { Branch1: { Type: 'Fail', Error: 'FailureType', Cause: 'Cause description' } },
            },
          ],
          Retry: [{ ErrorEquals: ['FailureType'], MaxAttempts: 2 }],
          End: true,
        },
      },
    });
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 ParallelStateEntered<-0',
      '3 ParallelStateStarted<-2',
      '4 FailStateEntered<-3',
      '5 ParallelStateStarted<-4',
      '6 FailStateEntered<-5',
      '7 ParallelStateStarted<-6',
      '8 FailStateEntered<-7',
      '9 ParallelStateFailed<-8',
      '10 ExecutionFailed<-9',
    ]);
    expect(events.at(-1)?.details).toEqual({ error: 'FailureType', cause: 'Cause description' });
  });

  it('nests Parallel in Parallel', async () => {
    const inner = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
    const { events } = await sandbox().run({
      StartAt: 'L1',
      States: {
        L1: {
          Type: 'Parallel',
          Branches: [inner('L2', { Type: 'Parallel', Branches: [inner('Leaf', pass)], End: true })],
          End: true,
        },
      },
    });
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 ParallelStateEntered<-0',
      '3 ParallelStateStarted<-2',
      '4 ParallelStateEntered<-3',
      '5 ParallelStateStarted<-4',
      '6 PassStateEntered<-5',
      '7 PassStateExited<-6',
      '8 ParallelStateSucceeded<-7',
      '9 ParallelStateExited<-7',
      '10 ParallelStateSucceeded<-9',
      '11 ParallelStateExited<-9',
      '12 ExecutionSucceeded<-11',
    ]);
  });

  it('schedules a retried task again from its failure and exits a caught one from its last', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    const { events } = await sandbox({ boom }).run({
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: functionArn('boom'), 'Payload.$': '$' },
          Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['Error'], Next: 'P' }],
          End: true,
        },
        P: pass,
      },
    });
    expect(chain(events).slice(1, 10)).toEqual([
      '2 TaskStateEntered<-0',
      '3 TaskScheduled<-2',
      '4 TaskStarted<-3',
      '5 TaskFailed<-4',
      '6 TaskScheduled<-5',
      '7 TaskStarted<-6',
      '8 TaskFailed<-7',
      '9 TaskStateExited<-8',
      '10 PassStateEntered<-9',
    ]);
  });

  it('links ExecutionAborted to nothing', async () => {
    const one = sandbox();
    const executionArn = one.start({
      StartAt: 'W',
      States: { W: { Type: 'Wait', Seconds: 60, End: true } },
    });
    await one.stop(executionArn);
    expect(chain(one.result(executionArn).events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 WaitStateEntered<-0',
      '3 ExecutionAborted<-0',
    ]);
    expect(one.result(executionArn).events[2]?.details).toEqual({});
  });
});
