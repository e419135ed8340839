import { describe, expect, it } from 'vitest';
import { pass, stateMachineArn, withMachine } from '../testing/api-harness.ts';

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('JSON that the service does not take', () => {
  it.each([
    ['{', 'not a JSON text'],
    [nested(20_000), 'nested deeper than 1000 levels'],
    ['{"n":1e999}', 'a number is larger than 1.7976931348623157e+308'],
  ])('is refused with what is wrong with it (%#)', async (input, problem) => {
    const { call } = await withMachine(pass);
    await expect(call('StartExecution', { stateMachineArn, input })).rejects.toMatchObject({
      code: 'InvalidExecutionInput',
      message: expect.stringContaining(problem),
    });
    await expect(call('SendTaskSuccess', { taskToken: 'token', output: input })).rejects.toMatchObject({
      code: 'InvalidOutput',
      message: `Invalid Output: '${problem}'`,
    });
  });

  it('may be 1,000 levels deep', async () => {
    const { call } = await withMachine(pass);
    await expect(call('StartExecution', { stateMachineArn, input: nested(1_000) })).resolves.toBeDefined();
  });
});
