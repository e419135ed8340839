import { describe, expect, it } from 'vitest';
import { failing, handler, machine, never, task } from '../../testing/definitions.ts';
import { functionArn, sandbox } from '../../testing/harness.ts';

describe('Task', () => {
  it('calls a function by its ARN with the input of the state', async () => {
    const seen: unknown[] = [];
    const { events, output } = await sandbox(handler((payload) => void seen.push(payload))).run(
      machine(task({ Parameters: { 'n.$': '$.n' }, ResultPath: '$.r' })),
      { n: 1 },
    );
    expect(seen).toEqual([{ n: 1 }]);
    expect(output).toEqual({ n: 1, r: null });
    expect(events.slice(1, 6).map(({ type, details }) => ({ type, details }))).toEqual([
      {
        type: 'TaskStateEntered',
        details: { input: '{"n":1}', inputDetails: { truncated: false }, name: 'S' },
      },
      {
        type: 'LambdaFunctionScheduled',
        details: { input: '{"n":1}', inputDetails: { truncated: false }, resource: functionArn('fn') },
      },
      { type: 'LambdaFunctionStarted', details: {} },
      { type: 'LambdaFunctionSucceeded', details: { output: 'null', outputDetails: { truncated: false } } },
      {
        type: 'TaskStateExited',
        details: { name: 'S', output: '{"n":1,"r":null}', outputDetails: { truncated: false } },
      },
    ]);
  });

  it('calls a function by lambda:invoke and answers as the service does', async () => {
    const { events, output } = await sandbox(handler((payload) => ({ got: payload }))).run(
      machine({
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: `${functionArn('fn')}:$LATEST`, 'Payload.$': '$' },
        ResultSelector: { 'value.$': '$.Payload.got.n', 'status.$': '$.StatusCode' },
        TimeoutSeconds: 30,
        HeartbeatSeconds: 10,
        End: true,
      }),
      { n: 7 },
    );
    expect(output).toEqual({ value: 7, status: 200 });
    expect(events[2]?.details).toEqual({
      parameters: JSON.stringify({ FunctionName: `${functionArn('fn')}:$LATEST`, Payload: { n: 7 } }),
      region: 'us-east-1',
      resourceType: 'lambda',
      resource: 'invoke',
      timeoutInSeconds: 30,
      heartbeatInSeconds: 10,
    });
    expect(events[3]).toMatchObject({
      type: 'TaskStarted',
      details: { resourceType: 'lambda', resource: 'invoke' },
    });
    expect(events[4]).toMatchObject({ type: 'TaskSucceeded' });
    expect(events[4]?.details.output).toContain('"ExecutedVersion":"$LATEST"');
  });

  it('reports what a function throws as Lambda does', async () => {
    const { events, error, cause } = await sandbox(failing('PictureError', 'no image')).run(machine(task()));
    expect(error).toBe('PictureError');
    expect(cause).toMatch(
      /^\{"errorType":"PictureError","errorMessage":"no image","trace":\["(Picture)?Error: no image",/,
    );
    expect(events.at(-2)).toMatchObject({
      type: 'LambdaFunctionFailed',
      details: { error: 'PictureError', cause },
    });
  });

  it('reports a function that does not exist as the service does', async () => {
    const { error, cause } = await sandbox().run(machine(task()));
    expect(error).toBe('Lambda.ResourceNotFoundException');
    expect(cause).toBe(`Function not found: ${functionArn('fn')}`);
  });

  it('ends a function that outlives TimeoutSeconds, and tells it', async () => {
    const signals: AbortSignal[] = [];
    const { events, error } = await sandbox(
      handler((_payload, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      }),
    ).run(machine(task({ TimeoutSecondsPath: '$.limit' })), { limit: 5 });
    expect(error).toBe('States.Timeout');
    expect(events.at(-2)).toMatchObject({
      type: 'LambdaFunctionTimedOut',
      details: { error: 'States.Timeout' },
    });
    expect(events[2]?.details).toMatchObject({ timeoutInSeconds: 5 });
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(5000);
    expect(signals[0]?.aborted).toBe(true);
  });

  it('ends a function that never returns after the longest time that Lambda has', async () => {
    const { error, events } = await sandbox(never).run(machine(task()));
    expect(error).toBe('Sandbox.Timedout');
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(900_000);
    expect(events.at(-1)?.details.cause).toContain('Task timed out after 900.00 seconds');
  });

  it('fails a task whose result is too large, and a Catch can take that', async () => {
    const { output } = await sandbox(handler(() => 'é'.repeat(140_000))).run(
      machine(task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }] }), {
        C: { Type: 'Pass', End: true },
      }),
    );
    expect(output).toEqual({
      Error: 'States.DataLimitExceeded',
      Cause: `The state/task '${functionArn('fn')}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    });
  });

  it('fails a task whose result is no JSON', async () => {
    const { error } = await sandbox(handler(() => ({ big: 1n }))).run(machine(task()));
    expect(error).toBe('Runtime.MarshalError');
  });
});
