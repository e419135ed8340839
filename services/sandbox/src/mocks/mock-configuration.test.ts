import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMocks } from './mock-configuration.ts';

/** As AWS documents it for Step Functions Local. */
const configuration = {
  StateMachines: {
    Orders: {
      TestCases: {
        HappyPath: { 'Reserve items': 'Reserved' },
        RetryOnServiceException: { 'Reserve items': 'Busy', Ship: 'Reserved' },
      },
    },
  },
  MockedResponses: {
    Reserved: { '0': { Return: { StatusCode: 200, Payload: { ok: true } } } },
    Busy: {
      '0': { Throw: { Error: 'Lambda.ResourceNotReadyException', Cause: 'not ready' } },
      '1-2': { Throw: { Error: 'Lambda.TimeoutException', Cause: 'too slow' } },
      '3': { Return: { StatusCode: 200 } },
    },
  },
};
const states = ['Reserve items', 'Ship'];
const call = (stateName: string, executionArn = 'e') => ({
  stateMachineArn: 'm',
  executionArn,
  stateName,
  attempt: 0,
});

describe('--mocks', () => {
  let folder = '';
  const file = async (content: unknown): Promise<string> => {
    const path = join(folder, 'mocks.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepcast-mocks-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('plays the first test case, and leaves other states to what there is', async () => {
    const mocks = await loadMocks(await file(configuration), states);
    expect(mocks(call('Reserve items'))).toEqual({ result: { StatusCode: 200, Payload: { ok: true } } });
    expect(mocks(call('Ship'))).toBeUndefined();
  });

  it('plays a named test case, call after call, each execution from the beginning', async () => {
    const mocks = await loadMocks(`${await file(configuration)}#RetryOnServiceException`, states);
    const played = [0, 1, 2, 3].map(() => mocks(call('Reserve items')));
    expect(played).toEqual([
      { error: 'Lambda.ResourceNotReadyException', cause: 'not ready' },
      { error: 'Lambda.TimeoutException', cause: 'too slow' },
      { error: 'Lambda.TimeoutException', cause: 'too slow' },
      { result: { StatusCode: 200 } },
    ]);
    expect(mocks(call('Reserve items'))).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining('no response for its call 4'),
    });
    expect(mocks(call('Reserve items', 'other'))).toEqual(played[0]);
  });

  it.each<[string, unknown, string, string]>([
    [
      'a mock of a state that is not there',
      { ...configuration, StateMachines: { M: { TestCases: { A: { Gone: 'Reserved' } } } } },
      '',
      'test case A mocks the state "Gone", which the definition does not have',
    ],
    [
      'a response that is not there',
      { ...configuration, StateMachines: { M: { TestCases: { A: { Ship: 'None' } } } } },
      '',
      'there is no mocked response "None"',
    ],
    [
      'a test case that is not there',
      configuration,
      '#Nope',
      'has no test case Nope; it has: HappyPath, RetryOnServiceException',
    ],
    ['another shape', { StateMachines: {} }, '', 'is no mock configuration'],
    ['broken JSON', '{', '', 'is no mock configuration'],
  ])('refuses %s with a clear line', async (_what, content, testCase, problem) => {
    await expect(loadMocks(`${await file(content)}${testCase}`, states)).rejects.toMatchObject({
      code: 'SANDBOX_MOCKS_INVALID',
      message: expect.stringContaining(problem),
    });
  });

  it('says that a file is missing', async () => {
    await expect(loadMocks(join(folder, 'nowhere'), states)).rejects.toThrow('cannot be read');
  });
});
