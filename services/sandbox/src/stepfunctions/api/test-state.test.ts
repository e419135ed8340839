import { describe, expect, it } from 'vitest';
import { error } from '../testing/api-harness.ts';
import { functionArn, sandbox } from '../testing/harness.ts';

const one = sandbox({ f: () => ({ n: 1 }) });
const test = (state: object, fields: object = {}) =>
  one.call('TestState', { definition: JSON.stringify(state), ...fields });
const task = { Type: 'Task', Resource: functionArn('f'), Next: 'Then' };
const put = { Type: 'Task', Resource: 'arn:aws:states:::dynamodb:putItem', Next: 'Then' };
const broken = { mock: { errorOutput: { error: 'E', cause: 'c' } } };

describe('TestState', () => {
  it('runs one state, and names what would follow', async () => {
    await expect(test(task)).resolves.toEqual({ status: 'SUCCEEDED', output: '{"n":1}', nextState: 'Then' });
    await expect(test({ Type: 'Pass', End: true }, { input: '{"a":1}' })).resolves.toEqual({
      status: 'SUCCEEDED',
      output: '{"a":1}',
    });
    await expect(
      test(
        { Type: 'Choice', Choices: [{ Variable: '$.v', NumericEquals: 1, Next: 'One' }], Default: 'Other' },
        { input: '{"v":1}' },
      ),
    ).resolves.toMatchObject({ nextState: 'One' });
  });

  it('tells of a failure', async () => {
    await expect(test({ Type: 'Fail', Error: 'E', Cause: 'c' })).resolves.toEqual({
      status: 'FAILED',
      error: 'E',
      cause: 'c',
    });
  });

  it('tells of a retry instead of waiting for it', async () => {
    const retried = {
      ...put,
      Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, BackoffRate: 2, MaxAttempts: 2 }],
    };
    const fields = { ...broken, inspectionLevel: 'DEBUG' };
    await expect(test(retried, fields)).resolves.toMatchObject({
      status: 'RETRIABLE',
      error: 'E',
      inspectionData: { errorDetails: { retryIndex: 0, retryBackoffIntervalSeconds: 5 } },
    });
    await expect(
      test(retried, { ...fields, stateConfiguration: { retrierRetryCount: 1 } }),
    ).resolves.toMatchObject({ inspectionData: { errorDetails: { retryBackoffIntervalSeconds: 10 } } });
    await expect(
      test(retried, { ...fields, stateConfiguration: { retrierRetryCount: 2 } }),
    ).resolves.toMatchObject({ status: 'FAILED' });
  });

  it('follows a Catch', async () => {
    const caught = { ...put, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', ResultPath: '$.e' }] };
    await expect(
      test(caught, { ...broken, input: '{"a":1}', inspectionLevel: 'DEBUG' }),
    ).resolves.toMatchObject({
      status: 'CAUGHT_ERROR',
      output: '{"a":1,"e":{"Error":"E","Cause":"c"}}',
      nextState: 'Caught',
      error: 'E',
      inspectionData: { errorDetails: { catchIndex: 0 } },
    });
  });

  it('takes a mock for the work of tasks, Maps and Parallels', async () => {
    const mock = { result: '[1,2]' };
    await expect(test({ ...put, ResultPath: '$.r' }, { mock, input: '{"a":0}' })).resolves.toMatchObject({
      output: '{"a":0,"r":[1,2]}',
    });
    const map = {
      Type: 'Map',
      ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } },
      ResultSelector: { 'first.$': '$[0]' },
      End: true,
    };
    await expect(test(map, { mock })).resolves.toMatchObject({ output: '{"first":1}' });
  });

  it('shows the data on its way', async () => {
    const state = {
      ...task,
      InputPath: '$.in',
      Parameters: { 'a.$': '$.a' },
      ResultSelector: { 'm.$': '$.n' },
      ResultPath: '$.out',
    };
    await expect(test(state, { input: '{"in":{"a":5}}', inspectionLevel: 'DEBUG' })).resolves.toMatchObject({
      inspectionData: {
        input: '{"in":{"a":5}}',
        afterInputPath: '{"a":5}',
        afterParameters: '{"a":5}',
        result: '{"n":1}',
        afterResultSelector: '{"m":1}',
        afterResultPath: '{"in":{"a":5},"out":{"m":1}}',
      },
    });
    const jsonata = { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $x + 1 %}', End: true };
    await expect(test(jsonata, { variables: '{"x":2}', inspectionLevel: 'DEBUG' })).resolves.toMatchObject({
      output: '3',
      inspectionData: { input: '{}' },
    });
  });

  it('shows of a Pass with a Result what AWS was recorded to show', async () => {
    const state = { Type: 'Pass', Result: { r: 1 }, End: true };
    await expect(test(state, { input: '{"v":1}', inspectionLevel: 'DEBUG' })).resolves.toMatchObject({
      inspectionData: {
        input: '{"v":1}',
        result: '{"r":1}',
        afterResultSelector: '{"r":1}',
        afterResultPath: '{"r":1}',
      },
    });
  });

  it('finds a state in a machine, and takes a context object', async () => {
    const inner = { Type: 'Pass', Parameters: { 'i.$': '$$.Map.Item.Index' }, End: true };
    const machine = {
      StartAt: 'M',
      States: { M: { Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: inner } }, End: true } },
    };
    await expect(
      test(machine, { stateName: 'I', context: '{"Map":{"Item":{"Index":7}}}' }),
    ).resolves.toMatchObject({ output: '{"i":7}' });
    await expect(test(machine, { stateName: 'J' })).rejects.toEqual(
      error('ValidationException', /State 'J' not found/),
    );
  });

  it.each([
    [
      { Type: 'Pass', End: true },
      { mock: { result: '1' } },
      'ValidationException',
      /'Pass' is not supported when a mock is/,
    ],
    [
      { Type: 'Parallel', Branches: [{ StartAt: 'I', States: { I: { Type: 'Succeed' } } }], End: true },
      {},
      'ValidationException',
      /'Parallel' is not supported when a mock is not/,
    ],
    [
      { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync', End: true },
      {},
      'ValidationException',
      /when a mock is not/,
    ],
    [put, { mock: {} }, 'ValidationException', /exactly one of result and errorOutput/],
    [put, { mock: { result: '{' } }, 'ValidationException', /not a JSON text/],
    [{ Type: 'Pass' }, {}, 'InvalidDefinition', /Exactly one of 'Next', 'End'/],
    [{ Type: 'Pass', End: true }, { input: '{' }, 'InvalidExecutionInput', /not a JSON text/],
  ])('refuses what it cannot test: %j %j', async (state, fields, code, message) => {
    await expect(test(state, fields)).rejects.toEqual(error(code, message));
  });
});
