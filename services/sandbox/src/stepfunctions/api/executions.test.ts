import { describe, expect, it } from 'vitest';
import { pass, prefix, stateMachineArn, withMachine, error, tokenOf } from '../testing/api-harness.ts';
import { sandbox } from '../testing/harness.ts';

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
    await expect(one.call('ListExecutions', { mapRunArn: 'x' })).rejects.toEqual(error('InvalidArn'));
    await expect(one.call('ListExecutions', { mapRunArn: 'x', stateMachineArn })).rejects.toEqual(
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
