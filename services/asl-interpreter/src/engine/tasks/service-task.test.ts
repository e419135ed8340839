import { describe, expect, it } from 'vitest';
import { ServiceError, type ServiceCall } from '../../ports.ts';
import { functionArn, chain, machineArn, sandbox } from '../../testing/harness.ts';
import { handler, machine } from '../../testing/definitions.ts';

const service = (resource: string, fields: object = {}) =>
  machine({ Type: 'Task', Resource: `arn:aws:states:::${resource}`, End: true, ...fields });

describe('a task of a service', () => {
  it('hands its parameters to the service and its answer on', async () => {
    const calls: ServiceCall[] = [];
    const one = sandbox({}, { callService: (call) => (calls.push(call), { Items: [] }) });
    const { output, events } = await one.run(
      service('aws-sdk:dynamodb:scan', {
        Parameters: { 'TableName.$': '$.t' },
        Credentials: { RoleArn: 'arn:aws:iam::111122223333:role/other' },
      }),
      { t: 'table' },
    );
    expect(output).toEqual({ Items: [] });
    expect(calls[0]).toMatchObject({
      parameters: { TableName: 'table' },
      resource: { resourceType: 'aws-sdk:dynamodb', resource: 'scan', action: 'scan', pattern: 'response' },
      stateName: 'S',
      attempt: 0,
    });
    expect(events[2]?.details).toEqual({
      parameters: '{"TableName":"table"}',
      region: 'us-east-1',
      resourceType: 'aws-sdk:dynamodb',
      resource: 'scan',
      taskCredentials: { roleArn: 'arn:aws:iam::111122223333:role/other' },
    });
  });

  it('fails with the error of the service, which Retry and Catch know by name', async () => {
    let calls = 0;
    const one = sandbox(
      {},
      {
        callService: () => {
          calls += 1;
          throw new ServiceError(
            'DynamoDb.ConditionalCheckFailedException',
            'The conditional request failed',
          );
        },
      },
    );
    const { output, events } = await one.run(
      machine(
        {
          Type: 'Task',
          Resource: 'arn:aws:states:::dynamodb:putItem',
          Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['DynamoDb.ConditionalCheckFailedException'], Next: 'E' }],
          End: true,
        },
        { E: { Type: 'Succeed' } },
      ),
    );
    expect(calls).toBe(2);
    expect(output).toEqual({
      Error: 'DynamoDb.ConditionalCheckFailedException',
      Cause: 'The conditional request failed',
    });
    expect(events.filter(({ type }) => type === 'TaskFailed')).toHaveLength(2);
  });

  it('is submitted and then ended when it waits for a job', async () => {
    const one = sandbox({}, { callService: () => ({ JobRunState: 'SUCCEEDED' }) });
    const { events } = await one.run(service('glue:startJobRun.sync'));
    expect(chain(events).slice(2, 6)).toEqual([
      '3 TaskScheduled<-2',
      '4 TaskStarted<-3',
      '5 TaskSubmitted<-4',
      '6 TaskSucceeded<-5',
    ]);
    expect(events[5]?.details.resource).toBe('startJobRun.sync');
  });

  it('is given up when its time is over', async () => {
    const one = sandbox({}, { callService: () => new Promise(() => undefined) });
    const { events, error } = await one.run(service('sns:publish', { TimeoutSeconds: 5 }));
    expect(error).toBe('States.Timeout');
    expect(events.at(-2)).toMatchObject({ type: 'TaskTimedOut', details: { error: 'States.Timeout' } });
    expect(one.time.pendingDelays()).toEqual([]);
  });

  it('answers by its mock, retry after retry', async () => {
    const one = sandbox(
      {},
      {
        mocks: ({ stateName, attempt }) =>
          stateName !== 'S'
            ? undefined
            : attempt === 0
              ? { error: 'Busy', cause: 'try again' }
              : { result: { ok: attempt } },
      },
    );
    const { output, events } = await one.run(
      service('sqs:sendMessage.waitForTaskToken', { Retry: [{ ErrorEquals: ['Busy'] }] }),
    );
    expect(output).toEqual({ ok: 1 });
    expect(events.map(({ type }) => type).slice(2, 9)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
    ]);
  });

  it('does not wait for a function that is invoked as an event', async () => {
    const one = sandbox(handler(() => new Promise(() => undefined)));
    const { output, status } = await one.run(
      service('lambda:invoke', { Parameters: { FunctionName: 'fn', InvocationType: 'Event' } }),
    );
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ StatusCode: 202, Payload: {} });
  });
});

describe('a task token', () => {
  const waiting = (fields: object = {}) =>
    service('sqs:sendMessage.waitForTaskToken', {
      Parameters: { MessageBody: { 'token.$': '$$.Task.Token' } },
      ...fields,
    });

  it('ends its task with what is sent back', async () => {
    const one = sandbox({}, { callService: () => ({ MessageId: 'm' }) });
    const executionArn = one.start(waiting());
    await one.time.advance(0);
    const [token = ''] = one.tokens.waiting;
    expect(one.result(executionArn).events.at(-1)).toMatchObject({
      type: 'TaskSubmitted',
      details: { output: '{"MessageId":"m"}', resource: 'sendMessage.waitForTaskToken' },
    });
    expect(one.result(executionArn).events[2]?.details.parameters).toContain(token);
    expect(one.tokens.succeed(token, { done: true })).toBe('accepted');
    await one.time.advance(0);
    expect(one.result(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: { done: true } });
    expect(one.tokens.succeed(token, 1)).toBe('gone');
    expect(one.tokens.heartbeat(token)).toBe('gone');
    expect(one.tokens.succeed('nonsense', 1)).toBe('unknown');
  });

  it('fails its task with the error that is sent back', async () => {
    const one = sandbox({}, { callService: () => ({}) });
    const executionArn = one.start(waiting());
    await one.time.advance(0);
    one.tokens.fail(one.tokens.waiting[0] ?? '', 'Failure error', 'Failure cause');
    await one.time.advance(0);
    expect(chain(one.result(executionArn).events).slice(4)).toEqual([
      '5 TaskSubmitted<-4',
      '6 TaskFailed<-5',
      '7 ExecutionFailed<-6',
    ]);
    expect(one.result(executionArn)).toMatchObject({ error: 'Failure error', cause: 'Failure cause' });
  });

  it('that is sent back before the call has answered counts', async () => {
    const one = sandbox(
      {},
      { callService: ({ taskToken }) => (one.tokens.succeed(taskToken ?? '', 'early'), {}) },
    );
    expect((await one.run(waiting())).output).toBe('early');
  });

  it('is given up without heartbeats, and lives on with them', async () => {
    const one = sandbox({}, { callService: () => ({}) });
    const executionArn = one.start(waiting({ HeartbeatSeconds: 10 }));
    await one.time.advance(9_000);
    expect(one.tokens.heartbeat(one.tokens.waiting[0] ?? '')).toBe('accepted');
    await one.time.advance(9_000);
    expect(one.result(executionArn).status).toBe('RUNNING');
    await one.time.advance(1_000);
    expect(one.result(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(one.tokens.waiting).toEqual([]);
  });

  it('that missed its heartbeat is caught by the name of that', async () => {
    const one = sandbox({}, { callService: () => ({}) });
    const { status } = await one.run(
      machine(
        {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          HeartbeatSeconds: 5,
          Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'E' }],
          End: true,
        },
        { E: { Type: 'Succeed' } },
      ),
    );
    expect(status).toBe('SUCCEEDED');
  });

  it('is gone when its execution is stopped', async () => {
    const one = sandbox({}, { callService: () => ({}) });
    const executionArn = one.start(waiting());
    await one.time.advance(0);
    await one.stop(executionArn);
    expect(one.tokens.waiting).toEqual([]);
  });
});

describe('a nested execution', () => {
  const start = (suffix: string, fields: object = {}) =>
    service(`states:startExecution${suffix}`, {
      Parameters: { StateMachineArn: machineArn('Child'), Input: { 'n.$': '$.n' }, ...fields },
    });
  const child = { StartAt: 'C', States: { C: { Type: 'Pass', Parameters: { 'm.$': '$.n' }, End: true } } };

  it('is started, and its parent goes on', async () => {
    const one = sandbox();
    one.define('Child', child);
    const { output } = await one.run(start('', { Name: 'first' }), { n: 1 });
    expect(output).toMatchObject({
      ExecutionArn: 'arn:aws:states:us-east-1:111122223333:execution:Child:first',
    });
  });

  it.each([
    ['.sync', '{"m":1}'],
    ['.sync:2', { m: 1 }],
  ])('with %s gives its output as %j', async (suffix, expected) => {
    const one = sandbox();
    one.define('Child', child);
    const { output, events } = await one.run(start(suffix), { n: 1 });
    expect(output).toMatchObject({ Output: expected, Status: 'SUCCEEDED', Name: expect.any(String) });
    expect(events.map(({ type }) => type).slice(2, 6)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
    ]);
  });

  it('that fails fails the task, with its description as the cause', async () => {
    const one = sandbox();
    one.define('Child', { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E', Cause: 'c' } } });
    const { error, cause } = await one.run(start('.sync:2'), { n: 1 });
    expect(error).toBe('States.TaskFailed');
    expect(cause).toContain('"Status":"FAILED"');
    expect(cause).toContain('"Error":"E"');
  });

  it('is stopped with the parent that waits for it', async () => {
    const one = sandbox();
    one.define('Child', { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 99, End: true } } });
    const parent = one.start(start('.sync'), { n: 1 });
    await one.time.advance(0);
    await one.stop(parent);
    await one.time.advance(0);
    expect(one.all().map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
  });

  it('of a machine that is not here is a call of any service', async () => {
    const one = sandbox({}, { callService: ({ resource }) => ({ called: resource.resource }) });
    expect((await one.run(start('.sync:2'), { n: 1 })).output).toEqual({ called: 'startExecution.sync:2' });
  });

  it('calls functions, too', async () => {
    const one = sandbox(handler(() => 'child'));
    one.define('Child', machine({ Type: 'Task', Resource: functionArn('fn'), End: true }));
    expect((await one.run(start('.sync:2'), { n: 1 })).output).toMatchObject({ Output: 'child' });
  });
});
