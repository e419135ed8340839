import { describe, expect, it } from '@jest/globals';
import { callContext, functionArn, ROLE, sandbox } from '../testing/harness.ts';

const wait = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, End: true } } };
const pass = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
const prefix = 'arn:aws:states:us-east-1:111122223333';
const stateMachineArn = `${prefix}:stateMachine:M`;
const logGroupArn = 'arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/M-Logs:*';
const loggingConfiguration = {
  level: 'ALL',
  includeExecutionData: true,
  destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
};

async function withMachine(definition: object = wait, fields: object = {}) {
  const one = sandbox();
  await one.call('CreateStateMachine', {
    name: 'M',
    definition: JSON.stringify(definition),
    roleArn: ROLE,
    ...fields,
  });
  return one;
}
const error = (code: string, message: string | RegExp = /.*/s) =>
  expect.objectContaining({
    code,
    httpStatus: 400,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

describe('state machines', () => {
  it('are created, described, listed', async () => {
    const one = await withMachine(wait, { loggingConfiguration, type: 'STANDARD' });
    await expect(one.call('DescribeStateMachine', { stateMachineArn })).resolves.toMatchObject({
      stateMachineArn,
      name: 'M',
      status: 'ACTIVE',
      type: 'STANDARD',
      roleArn: ROLE,
      definition: JSON.stringify(wait),
      creationDate: 1793700930.123,
      loggingConfiguration,
    });
    await expect(one.call('ListStateMachines', {})).resolves.toMatchObject({
      stateMachines: [{ stateMachineArn, name: 'M', type: 'STANDARD', creationDate: 1793700930.123 }],
    });
  });

  it('are created twice only if they are the same', async () => {
    const one = await withMachine();
    const again = { name: 'M', definition: JSON.stringify(wait), roleArn: ROLE };
    await expect(one.call('CreateStateMachine', again)).resolves.toMatchObject({ stateMachineArn });
    await expect(
      one.call('CreateStateMachine', { ...again, definition: JSON.stringify(pass) }),
    ).rejects.toEqual(
      error('StateMachineAlreadyExists', `State Machine Already Exists: '${stateMachineArn}'`),
    );
  });

  it('are updated, and running executions keep what they were started with', async () => {
    const one = await withMachine();
    await one.call('StartExecution', { stateMachineArn, name: 'old' });
    await one.call('UpdateStateMachine', {
      stateMachineArn,
      definition: JSON.stringify(pass),
      loggingConfiguration,
    });
    await expect(one.call('DescribeStateMachine', { stateMachineArn })).resolves.toMatchObject({
      definition: JSON.stringify(pass),
    });
    const executionArn = `${prefix}:execution:M:old`;
    await expect(one.call('DescribeStateMachineForExecution', { executionArn })).resolves.toMatchObject({
      stateMachineArn,
      name: 'M',
      definition: JSON.stringify(wait),
      roleArn: ROLE,
      updateDate: 1793700930.123,
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    });
    await expect(one.call('UpdateStateMachine', { stateMachineArn })).rejects.toEqual(
      error('MissingRequiredParameter'),
    );
  });

  it.each<[string, object, string, RegExp]>([
    ['a name with a space', { name: 'a b' }, 'InvalidName', /Invalid Name: 'a b'/],
    [
      'a broken definition',
      { definition: '{}' },
      'InvalidDefinition',
      /^Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED/,
    ],
    ['EXPRESS', { type: 'EXPRESS' }, 'StateMachineTypeNotSupported', /EXPRESS/],
    ['a version', { publish: true }, 'ValidationException', /versions/],
    [
      'logging without a destination',
      { loggingConfiguration: { level: 'ALL' } },
      'InvalidLoggingConfiguration',
      /Must specify exactly one Log Destination/,
    ],
    [
      'a log group that does not end in :*',
      {
        loggingConfiguration: {
          level: 'ALL',
          destinations: [
            { cloudWatchLogsLogGroup: { logGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:x' } },
          ],
        },
      },
      'InvalidLoggingConfiguration',
      /ending in ":\*"/,
    ],
    ['no role', { roleArn: undefined }, 'ValidationException', /\$\.roleArn/],
  ])('are refused with %s', async (_what, fields, code, message) => {
    const request = { name: 'M', definition: JSON.stringify(pass), roleArn: ROLE, ...fields };
    await expect(sandbox().call('CreateStateMachine', request)).rejects.toEqual(error(code, message));
  });

  it('that are not there, or are no ARN, are an error', async () => {
    const one = sandbox();
    await expect(one.call('DescribeStateMachine', { stateMachineArn })).rejects.toEqual(
      error('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`),
    );
    await expect(one.call('DescribeStateMachine', { stateMachineArn: 'nonsense' })).rejects.toEqual(
      error('InvalidArn', "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
    );
    await expect(one.call('DescribeExecution', { executionArn: stateMachineArn })).rejects.toEqual(
      error('InvalidArn'),
    );
    await expect(one.call('StartExecution', { stateMachineArn })).rejects.toEqual(
      error('StateMachineDoesNotExist'),
    );
  });
});

describe('executions', () => {
  it('are idempotent by name and input while they run, and only then', async () => {
    const one = await withMachine();
    const start = (input: string) => one.call('StartExecution', { stateMachineArn, name: 'e', input });
    const first = await start('{"a":1}');
    expect(first).toEqual({ executionArn: `${prefix}:execution:M:e`, startDate: 1793700930.123 });
    await one.time.advance(1000);
    await expect(start('{"a":1}')).resolves.toEqual(first);
    const exists = error('ExecutionAlreadyExists', `Execution Already Exists: '${prefix}:execution:M:e'`);
    await expect(start('{"a":2}')).rejects.toEqual(exists);
    await one.time.advance(60_000);
    await expect(start('{"a":1}')).rejects.toEqual(exists);
  });

  it('get a name when they have none', async () => {
    const one = await withMachine();
    await expect(one.call('StartExecution', { stateMachineArn })).resolves.toMatchObject({
      executionArn: expect.stringMatching(/:execution:M:00000000-0000-4000-8000-\d{12}$/),
    });
  });

  it.each([
    ['{', 'InvalidExecutionInput'],
    ['', 'InvalidExecutionInput'],
    [`"${'é'.repeat(140_000)}"`, 'InvalidExecutionInput'],
    [`${'['.repeat(2000)}${']'.repeat(2000)}`, 'InvalidExecutionInput'],
  ])('refuse an input that is no JSON, too long or too deep', async (input, code) => {
    const one = await withMachine();
    await expect(one.call('StartExecution', { stateMachineArn, input })).rejects.toEqual(error(code));
  });

  it('are described while they run and when they have ended', async () => {
    const one = await withMachine();
    const executionArn = `${prefix}:execution:M:e`;
    await one.call('StartExecution', { stateMachineArn, name: 'e', input: '{ "a": 1 }' });
    const running = {
      executionArn,
      stateMachineArn,
      name: 'e',
      status: 'RUNNING',
      startDate: 1793700930.123,
      input: '{ "a": 1 }',
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    };
    const described = await one.call('DescribeExecution', { executionArn });
    expect(described).toMatchObject(running);
    expect(described).not.toHaveProperty('stopDate');
    await one.time.advance(60_000);
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      ...running,
      status: 'SUCCEEDED',
      stopDate: 1793700990.123,
      output: '{"a":1}',
      outputDetails: { included: true },
    });
    const metadata = await one.call('DescribeExecution', { executionArn, includedData: 'METADATA_ONLY' });
    expect(metadata).not.toHaveProperty('input');
    expect(metadata).not.toHaveProperty('output');
  });

  it('are stopped, once', async () => {
    const one = await withMachine();
    const executionArn = `${prefix}:execution:M:e`;
    await one.call('StartExecution', { stateMachineArn, name: 'e' });
    await one.time.advance(500);
    const stop = { executionArn, error: 'Enough', cause: 'of this' };
    await expect(one.call('StopExecution', stop)).resolves.toEqual({ stopDate: 1793700930.623 });
    await one.time.advance(500);
    await expect(one.call('StopExecution', stop)).resolves.toEqual({ stopDate: 1793700930.623 });
    await expect(one.call('DescribeExecution', { executionArn })).resolves.toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'of this',
      redriveStatus: 'REDRIVABLE',
    });
  });

  it('are listed newest first, by status, in pages that new executions do not shift', async () => {
    const one = await withMachine();
    for (const name of ['a', 'b', 'c']) await one.call('StartExecution', { stateMachineArn, name });
    await one.call('StopExecution', { executionArn: `${prefix}:execution:M:b` });
    const page = await one.call('ListExecutions', { stateMachineArn, maxResults: 2 });
    expect(page).toMatchObject({ executions: [{ name: 'c' }, { name: 'b', status: 'ABORTED' }] });
    await one.call('StartExecution', { stateMachineArn, name: 'd' });
    const nextToken = tokenOf(page);
    await expect(one.call('ListExecutions', { stateMachineArn, maxResults: 2, nextToken })).resolves.toEqual({
      executions: [expect.objectContaining({ name: 'a' })],
      nextToken: undefined,
    });
    await expect(
      one.call('ListExecutions', { stateMachineArn, statusFilter: 'ABORTED' }),
    ).resolves.toMatchObject({ executions: [{ name: 'b' }] });
    await expect(
      one.call('ListExecutions', { stateMachineArn, statusFilter: 'ABORTED', nextToken }),
    ).rejects.toEqual(error('InvalidToken', "Invalid Token: 'Invalid token'"));
    await expect(one.call('ListExecutions', { stateMachineArn, statusFilter: 'aborted' })).rejects.toEqual(
      error('ValidationException', /\$\.statusFilter/),
    );
    await expect(one.call('ListExecutions', { mapRunArn: 'x' })).rejects.toEqual(
      error('ValidationException', /mapRunArn/),
    );
  });

  it('are forgotten when too many have closed', async () => {
    const one = sandbox({}, { maxClosedExecutions: 2 });
    const first = await one.run(pass);
    await one.run(pass);
    await one.run(pass);
    await expect(one.call('DescribeExecution', { executionArn: first.executionArn })).rejects.toEqual(
      error('ExecutionDoesNotExist'),
    );
  });
});

describe('history', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const definition = {
    StartAt: 'M',
    States: {
      M: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: {
          StartAt: 'T',
          States: { T: { Type: 'Task', Resource: functionArn('boom'), End: true } },
        },
        End: true,
      },
    },
  };

  it('wraps the details of each type as the API does', async () => {
    const one = sandbox({ boom });
    const { executionArn } = await one.run(definition, [1]);
    await expect(one.call('GetExecutionHistory', { executionArn })).resolves.toMatchObject({
      events: [
        {
          id: 1,
          previousEventId: 0,
          type: 'ExecutionStarted',
          timestamp: 1793700930.123,
          executionStartedEventDetails: { input: '[1]', inputDetails: { truncated: false }, roleArn: ROLE },
        },
        { type: 'MapStateEntered', stateEnteredEventDetails: { name: 'M', input: '[1]' } },
        { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 1 } },
        { type: 'MapIterationStarted', mapIterationStartedEventDetails: { name: 'M', index: 0 } },
        { type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'T' } },
        {
          type: 'LambdaFunctionScheduled',
          lambdaFunctionScheduledEventDetails: { resource: functionArn('boom') },
        },
        { type: 'LambdaFunctionStarted' },
        { type: 'LambdaFunctionFailed', lambdaFunctionFailedEventDetails: { error: 'Error' } },
        { type: 'MapIterationFailed', mapIterationFailedEventDetails: { name: 'M', index: 0 } },
        { type: 'TaskStateAborted' },
        { type: 'MapStateFailed' },
        { type: 'ExecutionFailed', executionFailedEventDetails: { error: 'Error' } },
      ],
    });
  });

  it('is paged in both directions', async () => {
    const one = sandbox({ boom });
    const { executionArn, events } = await one.run(definition, [1]);
    for (const reverseOrder of [false, true]) {
      const ids: unknown[] = [];
      let nextToken: string | undefined;
      do {
        const page = await one.call('GetExecutionHistory', {
          executionArn,
          reverseOrder,
          maxResults: 5,
          nextToken,
        });
        ids.push(...idsOf(page));
        nextToken = tokenOf(page);
      } while (nextToken !== undefined);
      const expected = events.map(({ id }) => id);
      expect(ids).toEqual(reverseOrder ? expected.toReversed() : expected);
    }
    await expect(one.call('GetExecutionHistory', { executionArn, nextToken: 'nonsense' })).rejects.toEqual(
      error('InvalidToken'),
    );
    await expect(one.call('GetExecutionHistory', { executionArn, maxResults: 1001 })).rejects.toEqual(
      error('ValidationException'),
    );
  });

  it('goes without inputs and outputs when they are not wanted', async () => {
    const one = sandbox();
    const { executionArn } = await one.run(pass, { secret: 1 });
    const text = JSON.stringify(
      await one.call('GetExecutionHistory', { executionArn, includeExecutionData: false }),
    );
    expect(text).not.toContain('secret');
    expect(text).toContain(`"executionStartedEventDetails":{"roleArn":"${ROLE}"}`);
  });

  it('of an unknown execution is an error', async () => {
    const executionArn = `${prefix}:execution:M:none`;
    await expect(sandbox().call('GetExecutionHistory', { executionArn })).rejects.toEqual(
      error('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`),
    );
  });
});

describe('authorization', () => {
  it('is asked for by every operation, with the ARN, before anything else is looked at', async () => {
    const one = sandbox();
    const executionArn = `${prefix}:execution:M:e`;
    const requests: Record<string, object> = {
      CreateStateMachine: { name: 'M', definition: '{}', roleArn: ROLE },
      UpdateStateMachine: { stateMachineArn, roleArn: ROLE },
      DescribeStateMachine: { stateMachineArn },
      ListStateMachines: {},
      StartExecution: { stateMachineArn },
      StopExecution: { executionArn },
      DescribeExecution: { executionArn },
      DescribeStateMachineForExecution: { executionArn },
      ListExecutions: { stateMachineArn },
      GetExecutionHistory: { executionArn },
    };
    expect(Object.keys(requests).sort()).toEqual(Object.keys(one.stepFunctions.service.operations).sort());
    for (const [operation, request] of Object.entries(requests)) {
      const denied = {
        ...callContext(),
        authorize: (action: string, resource: string) => {
          throw new Error(`denied ${action} on ${resource}`);
        },
      };
      const target = Object.values(request)
        .map(String)
        .find((value) => value.startsWith(prefix));
      const resource = operation === 'CreateStateMachine' ? stateMachineArn : (target ?? '*');
      await expect(one.call(operation, request, denied)).rejects.toThrow(
        `denied states:${operation} on ${resource}`,
      );
    }
  });
});

function tokenOf(page: unknown): string | undefined {
  return typeof page === 'object' &&
    page !== null &&
    'nextToken' in page &&
    typeof page.nextToken === 'string'
    ? page.nextToken
    : undefined;
}
function idsOf(page: unknown): unknown[] {
  if (typeof page !== 'object' || page === null || !('events' in page) || !Array.isArray(page.events))
    return [];
  return page.events.map((event: { id: number }) => event.id);
}
