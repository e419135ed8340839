import { describe, expect, it } from 'vitest';
import {
  wait,
  pass,
  prefix,
  stateMachineArn,
  loggingConfiguration,
  withMachine,
  error,
} from '../testing/api-harness.ts';
import { callContext, ROLE, sandbox } from '../testing/harness.ts';

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
    await expect(
      sandbox({}, {}, { fullValidation: true }).call('CreateStateMachine', request),
    ).rejects.toEqual(error(code, message));
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

describe('authorization', () => {
  it('is asked for by every operation, with the ARN, before anything else is checked', async () => {
    const one = sandbox();
    const executionArn = `${prefix}:execution:M:e`;
    const requests: Record<string, object> = {
      CreateStateMachine: { name: 'M', definition: '{}', roleArn: ROLE },
      UpdateStateMachine: { stateMachineArn, roleArn: ROLE },
      DescribeStateMachine: { stateMachineArn },
      ListStateMachines: {},
      StartExecution: { stateMachineArn },
      StartSyncExecution: { stateMachineArn },
      StopExecution: { executionArn },
      RedriveExecution: { executionArn },
      TestState: { definition: '{}' },
      DescribeExecution: { executionArn },
      DescribeStateMachineForExecution: { executionArn },
      ListExecutions: { stateMachineArn },
      GetExecutionHistory: { executionArn },
      DescribeMapRun: { mapRunArn: `${prefix}:mapRun:M/Items:0d8f` },
      ListMapRuns: { executionArn },
      SendTaskSuccess: { taskToken: 't', output: '1' },
      SendTaskFailure: { taskToken: 't' },
      SendTaskHeartbeat: { taskToken: 't' },
      CreateActivity: { name: 'A' },
      DescribeActivity: { activityArn: `${prefix}:activity:A` },
      DeleteActivity: { activityArn: `${prefix}:activity:A` },
      GetActivityTask: { activityArn: `${prefix}:activity:A` },
      ListActivities: {},
    };
    const created: Readonly<Record<string, string>> = {
      CreateStateMachine: stateMachineArn,
      CreateActivity: `${prefix}:activity:A`,
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
      const resource = created[operation] ?? target ?? '*';
      await expect(one.call(operation, request, denied)).rejects.toThrow(
        `denied states:${operation} on ${resource}`,
      );
    }
  });
});
