import { describe, expect, it } from 'vitest';
import { error, prefix, withMachine } from '../testing/api-harness.ts';
import { ROLE, sandbox } from '../testing/harness.ts';

const activityArn = `${prefix}:activity:Approve`;
const definition = {
  StartAt: 'A',
  States: { A: { Type: 'Task', Resource: activityArn, HeartbeatSeconds: 60, End: true } },
};
const stateMachineArn = `${prefix}:stateMachine:M`;

const tokenIn = (polled: unknown): string =>
  typeof polled === 'object' && polled !== null && 'taskToken' in polled ? String(polled.taskToken) : '';

async function polling() {
  const one = await withMachine(definition);
  await one.call('CreateActivity', { name: 'Approve' });
  await one.call('StartExecution', { stateMachineArn, name: 'e', input: '{"n":1}' });
  await one.time.advance(0);
  const polled = await one.call('GetActivityTask', { activityArn, workerName: 'w' });
  return { one, polled, taskToken: tokenIn(polled) };
}
const executionArn = `${prefix}:execution:M:e`;

describe('activities', () => {
  it('are created once, described, listed and deleted', async () => {
    const one = await withMachine();
    const created = await one.call('CreateActivity', { name: 'Approve' });
    expect(created).toEqual({ activityArn, creationDate: 1793700930.123 });
    await one.time.advance(1_000);
    await expect(one.call('CreateActivity', { name: 'Approve' })).resolves.toEqual(created);
    await expect(one.call('ListActivities', {})).resolves.toMatchObject({
      activities: [{ name: 'Approve' }],
    });
    await one.call('DeleteActivity', { activityArn });
    await expect(one.call('DescribeActivity', { activityArn })).rejects.toEqual(
      error('ActivityDoesNotExist'),
    );
    await expect(one.call('CreateActivity', { name: 'a b' })).rejects.toEqual(error('InvalidName'));
  });

  it('hand a task to the worker that asks, which ends it', async () => {
    const { one, polled, taskToken } = await polling();
    expect(polled).toEqual({ taskToken, input: '{"n":1}' });
    await one.call('SendTaskHeartbeat', { taskToken });
    await one.call('SendTaskSuccess', { taskToken, output: '{"ok":true}' });
    await one.time.advance(0);
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      status: 'SUCCEEDED',
      output: '{"ok":true}',
    });
    await expect(one.call('SendTaskSuccess', { taskToken, output: '1' })).rejects.toEqual(
      error('TaskTimedOut'),
    );
  });

  it('fail with what the worker says', async () => {
    const { one, taskToken } = await polling();
    await one.call('SendTaskFailure', { taskToken, error: 'No', cause: 'because' });
    await one.time.advance(0);
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      status: 'FAILED',
      error: 'No',
      cause: 'because',
    });
  });

  it('answer a worker after a minute without a task, and at once when the sandbox stops', async () => {
    const one = await withMachine();
    await one.call('CreateActivity', { name: 'Approve' });
    const poll = one.call('GetActivityTask', { activityArn });
    await one.time.advance(60_000);
    await expect(poll).resolves.toEqual({});
    const other = one.call('GetActivityTask', { activityArn });
    await one.stepFunctions.close();
    await expect(other).resolves.toEqual({});
  });
});

describe('a task token', () => {
  it('that nobody gave out, or an output that is no JSON, is an error', async () => {
    const { one, taskToken } = await polling();
    await expect(one.call('SendTaskSuccess', { taskToken: 'x', output: '1' })).rejects.toEqual(
      error('InvalidToken'),
    );
    await expect(one.call('SendTaskSuccess', { taskToken, output: '{' })).rejects.toEqual(
      error('InvalidOutput'),
    );
    await expect(one.call('SendTaskHeartbeat', { taskToken: 'x' })).rejects.toEqual(error('InvalidToken'));
  });
});

describe('a machine that starts itself', () => {
  it('is ended by the number of executions that may run', async () => {
    const one = sandbox({}, { maxRunningExecutions: 30 });
    const definition = {
      StartAt: 'S',
      States: {
        S: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync',
          Parameters: { StateMachineArn: stateMachineArn, Input: {} },
          End: true,
        },
      },
    };
    await one.call('CreateStateMachine', {
      name: 'M',
      definition: JSON.stringify(definition),
      roleArn: ROLE,
    });
    await one.call('StartExecution', { stateMachineArn, name: 'e' });
    await one.time.run(() => one.result(executionArn).status !== 'RUNNING');
    expect(one.result(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    // Each cause quotes the one below it.
    expect(one.result(executionArn).cause).toHaveLength(32_768);
  });
});
