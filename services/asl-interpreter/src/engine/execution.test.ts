import { describe, expect, it } from 'vitest';
import { failing, machine, never, task } from '../testing/definitions.ts';
import { sandbox } from '../testing/harness.ts';

describe('execution', () => {
  it('times out with the TimeoutSeconds of its machine', async () => {
    const one = sandbox(never);
    const { status, events } = await one.run({ ...machine(task()), TimeoutSeconds: 60 });
    expect(status).toBe('TIMED_OUT');
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionTimedOut', previousEventId: 0, details: {} });
    expect(one.time.pendingDelays()).toEqual([]);
  });

  it('ends after 25,000 events', async () => {
    const { status, error, cause, events } = await sandbox().run(
      machine(
        { Type: 'Pass', Next: 'T' },
        {
          T: { Type: 'Pass', Next: 'E' },
          E: { Type: 'Choice', Choices: [{ Variable: '$', IsPresent: false, Next: 'Z' }], Default: 'S' },
          Z: { Type: 'Succeed' },
        },
      ),
    );
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });

  it('tells of its status when it starts and when it ends', async () => {
    const one = sandbox(failing('E', 'x'));
    await one.run(machine(task()), { n: 1 });
    expect(one.statuses).toEqual([
      {
        executionArn: 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:run',
        stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline',
        name: 'run',
        status: 'RUNNING',
        startDate: 1793700930123,
        stopDate: null,
        input: '{"n":1}',
        output: null,
        stateMachineVersionArn: null,
        stateMachineAliasArn: null,
        redriveCount: 0,
        redriveDate: null,
        redriveStatus: 'NOT_REDRIVABLE',
        redriveStatusReason: null,
        inputDetails: { included: true },
        outputDetails: null,
        error: null,
        cause: null,
      },
      expect.objectContaining({
        status: 'FAILED',
        stopDate: 1793700930123,
        output: null,
        redriveStatus: 'REDRIVABLE',
        error: 'E',
      }),
    ]);
  });
});
