import { describe, expect, it } from 'vitest';
import {
  error,
  loggingConfiguration,
  pass,
  prefix,
  stateMachineArn,
  wait,
  withMachine,
} from '../testing/api-harness.ts';
import { functionArn } from '../testing/harness.ts';

const express = { type: 'EXPRESS', loggingConfiguration };
const arnOf = (started: unknown): unknown =>
  typeof started === 'object' && started !== null && 'executionArn' in started
    ? started.executionArn
    : undefined;
const isArn = expect.stringMatching(/^arn:aws:states:us-east-1:111122223333:express:M:e:[0-9a-f-]{36}$/);
describe('Express', () => {
  it('executions may share a name, and have ARNs of their own', async () => {
    const one = await withMachine(wait, express);
    const start = () => one.call('StartExecution', { stateMachineArn, name: 'e', input: '{}' });
    const [first, second] = [await start(), await start()];
    expect(first).toMatchObject({ executionArn: isArn });
    expect(second).toMatchObject({ executionArn: isArn });
    expect(first).not.toEqual(second);
  });

  it('machines say their type', async () => {
    const one = await withMachine(wait, express);
    await expect(one.call('DescribeStateMachine', { stateMachineArn })).resolves.toMatchObject({
      type: 'EXPRESS',
    });
    await expect(one.call('ListStateMachines', {})).resolves.toMatchObject({
      stateMachines: [{ type: 'EXPRESS' }],
    });
  });

  it('executions are known to their log only', async () => {
    const one = await withMachine(wait, express);
    const started = await one.call('StartExecution', { stateMachineArn, name: 'e' });
    const invalid = error('InvalidArn', "Invalid Arn: 'Resource type not valid in this context: express'");
    for (const operation of ['DescribeExecution', 'GetExecutionHistory', 'StopExecution'])
      await expect(one.call(operation, { executionArn: arnOf(started) })).rejects.toEqual(invalid);
    await expect(one.call('ListExecutions', { stateMachineArn })).rejects.toEqual(
      error('StateMachineTypeNotSupported'),
    );
    await one.time.advance(60_000);
    expect([...one.events.values()].flat().map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'WaitStateEntered',
      'WaitStateExited',
      'ExecutionSucceeded',
    ]);
    // EventBridge tells of Standard executions.
    expect(one.statuses).toEqual([]);
  });

  it('executions take five minutes at most', async () => {
    const long = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 3_600, End: true } } };
    const one = await withMachine(long, express);
    await one.call('StartExecution', { stateMachineArn, name: 'e' });
    await one.time.advance(300_000);
    expect([...one.events.values()].flat().at(-1)?.type).toBe('ExecutionTimedOut');
  });

  it('executions can be waited for', async () => {
    const one = await withMachine(pass, express);
    await expect(
      one.call('StartSyncExecution', { stateMachineArn, name: 'e', input: '{"a":1}' }),
    ).resolves.toEqual({
      executionArn: isArn,
      stateMachineArn,
      name: 'e',
      status: 'SUCCEEDED',
      startDate: 1793700930.123,
      stopDate: 1793700930.123,
      input: '{"a":1}',
      inputDetails: { included: true },
      output: '{"a":1}',
      outputDetails: { included: true },
      billingDetails: { billedMemoryUsedInMB: 64, billedDurationInMilliseconds: 100 },
    });
  });

  it('executions that are waited for tell of failures', async () => {
    const one = await withMachine(
      { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E', Cause: 'c' } } },
      express,
    );
    await expect(one.call('StartSyncExecution', { stateMachineArn })).resolves.toMatchObject({
      status: 'FAILED',
      error: 'E',
      cause: 'c',
    });
  });

  it('has no redrive count in the context of what is waited for, as recorded from AWS', async () => {
    const definition = {
      StartAt: 'P',
      States: { P: { Type: 'Pass', Parameters: { 'e.$': '$$.Execution' }, End: true } },
    };
    const one = await withMachine(definition, express);
    const { output } = Object(await one.call('StartSyncExecution', { stateMachineArn })) as {
      output: string;
    };
    expect(output).not.toContain('RedriveCount');
  });

  it('is what StartSyncExecution is for', async () => {
    const one = await withMachine(pass);
    await expect(one.call('StartSyncExecution', { stateMachineArn })).rejects.toEqual(
      error('StateMachineTypeNotSupported'),
    );
  });

  it.each([
    [
      'tokens',
      { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' },
      "'.waitForTaskToken'",
    ],
    ['jobs', { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync' }, "'.sync'"],
    ['activities', { Type: 'Task', Resource: `${prefix}:activity:a` }, 'activities'],
    [
      'distributed Maps',
      {
        Type: 'Map',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, ...pass },
      },
      'a distributed Map',
    ],
    [
      'tokens in branches',
      {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'T',
            States: {
              T: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', End: true },
            },
          },
        ],
      },
      "'.waitForTaskToken'",
    ],
  ])('refuses %s', async (_what, state, problem) => {
    const definition = { StartAt: 'S', States: { S: { End: true, ...state } } };
    await expect(withMachine(definition, { type: 'EXPRESS' })).rejects.toEqual(
      error('InvalidDefinition', new RegExp(`Express state machine does not support ${problem}`)),
    );
  });
});

describe('RedriveExecution', () => {
  const executionArn = `${prefix}:execution:M:e`;
  const failing = { StartAt: 'S', States: { S: { Type: 'Task', Resource: functionArn('none'), End: true } } };

  it('lets a failed execution go on, and says so', async () => {
    const one = await withMachine(failing);
    await one.call('StartExecution', { stateMachineArn, name: 'e' });
    await one.time.advance(1_000);
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      status: 'FAILED',
      redriveStatus: 'REDRIVABLE',
      redriveCount: 0,
    });
    await expect(one.call('RedriveExecution', { executionArn })).resolves.toEqual({
      redriveDate: 1793700931.123,
    });
    await one.time.advance(1_000);
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      status: 'FAILED',
      redriveCount: 1,
      redriveDate: 1793700931.123,
    });
    await expect(
      one.call('ListExecutions', { stateMachineArn, redriveFilter: 'REDRIVEN' }),
    ).resolves.toMatchObject({ executions: [{ executionArn, redriveCount: 1 }] });
    await expect(
      one.call('GetExecutionHistory', { executionArn, reverseOrder: true }),
    ).resolves.toMatchObject({
      events: expect.arrayContaining([
        expect.objectContaining({
          type: 'ExecutionRedriven',
          executionRedrivenEventDetails: { redriveCount: 1 },
        }),
      ]),
    });
  });

  it.each([
    [pass, 'Execution is SUCCEEDED and cannot be redriven'],
    [wait, 'Execution is RUNNING and cannot be redriven'],
  ])('refuses what cannot be redriven', async (definition, reason) => {
    const one = await withMachine(definition);
    await one.call('StartExecution', { stateMachineArn, name: 'e' });
    await one.time.advance(1);
    await expect(one.call('RedriveExecution', { executionArn })).rejects.toEqual(
      error('ExecutionNotRedrivable', reason),
    );
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: reason,
    });
  });
});
