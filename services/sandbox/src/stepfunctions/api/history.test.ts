import { describe, expect, it } from 'vitest';
import { pass, prefix, error, idsOf, tokenOf } from '../testing/api-harness.ts';
import { functionArn, ROLE, sandbox } from '../testing/harness.ts';

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
