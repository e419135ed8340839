import { describe, expect, it } from 'vitest';
import { machine } from '../testing/definitions.ts';
import { chain, sandbox } from '../testing/harness.ts';

describe('Pass and Succeed', () => {
  it('shape their input and output', async () => {
    const { output } = await sandbox().run(
      machine(
        {
          Type: 'Pass',
          InputPath: '$.in',
          Parameters: { 'x.$': '$.v', y: 2 },
          ResultPath: '$.out',
          OutputPath: '$.out',
          Next: 'End',
        },
        { End: { Type: 'Succeed', OutputPath: '$.x' } },
      ),
      { in: { v: 1 } },
    );
    expect(output).toBe(1);
  });

  it('words a path that finds nothing as AWS does, and Catch does not help', async () => {
    const { status, error, cause } = await sandbox().run(
      machine({ Type: 'Pass', InputPath: '$.NoSuchInputPath', End: true }),
    );
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause:
        "An error occurred while executing the state 'S' (entered at the event id #2). Invalid path '$.NoSuchInputPath' : No results for path: $['NoSuchInputPath']",
    });
  });

  it('words a template that finds nothing as AWS does', async () => {
    const { cause } = await sandbox().run(
      machine({ Type: 'Pass', Parameters: { 'value.$': '$.no_such' }, End: true }),
      { n: 0 },
    );
    expect(cause).toBe(
      `An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.no_such' specified for the field 'value.$' could not be found in the input '{"n":0}'`,
    );
  });

  it('knows the context object', async () => {
    const { output, executionArn } = await sandbox().run(
      machine({ Type: 'Pass', InputPath: '$$', End: true }),
      { a: 1 },
    );
    expect(output).toEqual({
      Execution: {
        Id: executionArn,
        Input: { a: 1 },
        StartTime: '2026-11-03T10:15:30.123Z',
        Name: 'run',
        RoleArn: 'arn:aws:iam::111122223333:role/ProgressPipelineRole',
        RedriveCount: 0,
      },
      StateMachine: {
        Id: 'arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline',
        Name: 'ProgressPipeline',
      },
      State: { Name: 'S', EnteredTime: '2026-11-03T10:15:30.123Z' },
    });
  });

  it('ends an execution whose data grows over the limit, and no Catch can take that', async () => {
    const { error, cause } = await sandbox().run(
      machine({
        Type: 'Parallel',
        Branches: Array.from({ length: 4 }, (_, index) => ({
          StartAt: `P${index}`,
          States: { [`P${index}`]: { Type: 'Pass', End: true } },
        })),
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'S' }],
        End: true,
      }),
      'x'.repeat(100_000),
    );
    expect(error).toBe('States.DataLimitExceeded');
    expect(cause).toBe(
      "The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.",
    );
  });
});

describe('Choice', () => {
  const choice = (fields: object) =>
    machine(
      { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 1, Next: 'Big' }], ...fields },
      {
        Big: { Type: 'Pass', Result: 'big', End: true },
        Small: { Type: 'Pass', Result: 'small', End: true },
      },
    );
  it('takes the first rule that holds, else Default', async () => {
    const definition = choice({ Default: 'Small' });
    expect((await sandbox().run(definition, { n: 2 })).output).toBe('big');
    expect((await sandbox().run(definition, { n: 1 })).output).toBe('small');
  });
  it('fails when no rule holds and there is no Default', async () => {
    const definition = machine(
      { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 1, Next: 'Big' }] },
      { Big: { Type: 'Succeed' } },
    );
    const { events, error, cause } = await sandbox().run(definition, { n: 1 });
    expect(error).toBe('States.Runtime');
    expect(cause).toBe(
      "An error occurred while executing the state 'S' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.",
    );
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 ChoiceStateEntered<-0',
      '3 ExecutionFailed<-2',
    ]);
  });
});

describe('Fail', () => {
  it('gives its error and cause, also out of the input', async () => {
    const { error, cause } = await sandbox().run(
      machine({ Type: 'Fail', ErrorPath: '$.e', CausePath: "States.Format('because {}', $.c)" }),
      { e: 'Custom', c: 'so' },
    );
    expect({ error, cause }).toEqual({ error: 'Custom', cause: 'because so' });
  });
  it('may have neither', async () => {
    const { events } = await sandbox().run(machine({ Type: 'Fail' }));
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionFailed', details: {} });
  });
  it('says when ErrorPath finds nothing', async () => {
    const { error, cause } = await sandbox().run(machine({ Type: 'Fail', ErrorPath: '$.ErrorX' }));
    expect(error).toBe('States.Runtime');
    expect(cause).toContain(
      "The JSONPath '$.ErrorX' specified for the field 'ErrorPath' could not be found in the input '{}'",
    );
  });
});

describe('Wait', () => {
  it.each([
    [{ Seconds: 90 }, {}, 90_000],
    [{ SecondsPath: '$.s' }, { s: 5 }, 5000],
    [{ Timestamp: '2026-11-03T10:16:30.123Z' }, {}, 60_000],
    [{ TimestampPath: '$.at' }, { at: '2026-11-03T11:15:31.123+01:00' }, 1000],
    [{ Timestamp: '2020-01-01T00:00:00Z' }, {}, 0],
    [{ Seconds: 40 * 86_400 }, {}, 40 * 86_400_000],
  ])('waits by %j', async (fields, input, expectedMs) => {
    const one = sandbox();
    const before = one.time.nowMs();
    const { status } = await one.run(machine({ Type: 'Wait', ...fields, End: true }), input);
    expect(status).toBe('SUCCEEDED');
    expect(one.time.nowMs() - before).toBe(expectedMs);
  });

  it.each([
    [{ s: 1.5 }, 'The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5'],
    [{ s: -1 }, 'The SecondsPath parameter references a negative value: $.s == -1'],
    [{}, 'The SecondsPath parameter does not reference an input value: $.s'],
    [{ s: 2_147_483_648 }, 'Wait state delay is too long.'],
  ])('refuses the seconds of %j', async (input, problem) => {
    const { error, cause } = await sandbox().run(
      machine({ Type: 'Wait', SecondsPath: '$.s', End: true }),
      input,
    );
    expect(error).toBe('States.Runtime');
    expect(cause).toBe(
      `An error occurred while executing the state 'S' (entered at the event id #2). ${problem}`,
    );
  });

  it('refuses a timestamp that is none', async () => {
    const { cause } = await sandbox().run(machine({ Type: 'Wait', TimestampPath: '$.t', End: true }), {
      t: '2016-12-05T21:29:29',
    });
    expect(cause).toContain(
      'The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 2016-12-05T21:29:29',
    );
  });
});
