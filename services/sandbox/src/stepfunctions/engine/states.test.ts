import { describe, expect, it } from '@jest/globals';
import { chain, functionArn, sandbox, type Handler } from '../testing/harness.ts';

const task = (fields: object = {}) => ({ Type: 'Task', Resource: functionArn('fn'), End: true, ...fields });
const machine = (state: object, others: Record<string, object> = {}) => ({
  StartAt: 'S',
  States: { S: state, ...others },
});
const handler = (fn: Handler): Record<string, Handler> => ({ fn });
const failing = (name: string, message = 'boom') =>
  handler(() => {
    throw Object.assign(new Error(message), { name });
  });
const never = handler(() => new Promise(() => undefined));

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

describe('Retry', () => {
  it('waits with backoff up to the maximum, then gives up', async () => {
    const one = sandbox(failing('Busy'));
    const { events } = await one.run(
      machine(
        task({
          Retry: [
            {
              ErrorEquals: ['Busy'],
              IntervalSeconds: 2,
              BackoffRate: 3,
              MaxAttempts: 4,
              MaxDelaySeconds: 20,
            },
          ],
        }),
      ),
    );
    const scheduled = events
      .filter(({ type }) => type === 'LambdaFunctionScheduled')
      .map(({ timestampMs }) => timestampMs);
    const delays = scheduled.slice(1).map((at, index) => at - (scheduled[index] ?? 0));
    expect(delays).toEqual([2000, 6000, 18_000, 20_000]);
    expect(events.at(-1)?.type).toBe('ExecutionFailed');
  });

  it('makes three attempts more by default, after 1, 2 and 4 seconds', async () => {
    const { events } = await sandbox(failing('Busy')).run(
      machine(task({ Retry: [{ ErrorEquals: ['States.ALL'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionScheduled')).toHaveLength(4);
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(7000);
  });

  it('draws from the whole delay with full jitter', async () => {
    const { events } = await sandbox(failing('Busy'), { random: () => 0.25 }).run(
      machine(
        task({
          Retry: [
            { ErrorEquals: ['States.ALL'], IntervalSeconds: 8, MaxAttempts: 1, JitterStrategy: 'FULL' },
          ],
        }),
      ),
    );
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(2000);
  });

  it('tells the function and the context how often it was retried', async () => {
    const seen: unknown[] = [];
    const fn: Handler = (payload, { attempt }) => {
      seen.push([payload, attempt]);
      if (attempt < 2) throw new Error('again');
      return 'done';
    };
    const { output } = await sandbox(handler(fn)).run(
      machine(
        task({
          Parameters: { 'count.$': '$$.State.RetryCount' },
          Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 1 }],
        }),
      ),
    );
    expect(output).toBe('done');
    expect(seen).toEqual([
      [{ count: 0 }, 0],
      [{ count: 1 }, 1],
      [{ count: 2 }, 2],
    ]);
  });

  it('lets each retrier count for itself', async () => {
    let calls = 0;
    const fn: Handler = () => {
      calls += 1;
      throw Object.assign(new Error('x'), { name: calls % 2 === 1 ? 'A' : 'B' });
    };
    await sandbox(handler(fn)).run(
      machine(
        task({
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['B'], MaxAttempts: 1 },
          ],
        }),
      ),
    );
    // A B A (B is used up now)
    expect(calls).toBe(4);
  });

  it('does not take a time-out for States.TaskFailed', async () => {
    const { events } = await sandbox(never).run(
      machine(task({ TimeoutSeconds: 1, Retry: [{ ErrorEquals: ['States.TaskFailed'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionTimedOut')).toHaveLength(1);
  });

  it('never retries with MaxAttempts 0', async () => {
    const { events } = await sandbox(failing('E')).run(
      machine(task({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionFailed')).toHaveLength(1);
  });
});

describe('Catch', () => {
  it('places the error where ResultPath says and goes on with the raw input', async () => {
    const { output } = await sandbox(failing('E', 'why')).run(
      machine(
        task({
          InputPath: '$.part',
          OutputPath: '$.never',
          Catch: [
            { ErrorEquals: ['Other'], Next: 'S' },
            { ErrorEquals: ['E'], Next: 'Caught', ResultPath: '$.problem' },
          ],
        }),
        {
          Caught: {
            Type: 'Pass',
            Parameters: { 'name.$': '$.problem.Error', 'part.$': '$.part' },
            End: true,
          },
        },
      ),
      { part: { n: 1 } },
    );
    expect(output).toEqual({ name: 'E', part: { n: 1 } });
  });

  it('gives a time-out an empty cause', async () => {
    const { output } = await sandbox(never).run(
      machine(task({ TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'C' }] }), {
        C: { Type: 'Pass', End: true },
      }),
    );
    expect(output).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('does not take States.Runtime, not even by name', async () => {
    const { error } = await sandbox(handler(() => 1)).run(
      machine(
        task({
          OutputPath: '$.no.such',
          Catch: [
            { ErrorEquals: ['States.Runtime'], Next: 'C' },
            { ErrorEquals: ['States.ALL'], Next: 'C' },
          ],
        }),
        {
          C: { Type: 'Pass', End: true },
        },
      ),
    );
    expect(error).toBe('States.Runtime');
  });
});

describe('Parallel and Map', () => {
  const inner = (state: object, name = 'I') => ({ StartAt: name, States: { [name]: state } });

  it('gives the outputs in the order of branches and items, whoever ends first', async () => {
    const wait = (path: string) => ({ Type: 'Wait', SecondsPath: path, OutputPath: path, End: true });
    const { output } = await sandbox().run(
      machine({
        Type: 'Parallel',
        Branches: [inner(wait('$.a')), inner(wait('$.b'), 'J')],
        ResultPath: '$.out',
        End: true,
      }),
      { a: 9, b: 3 },
    );
    expect(output).toEqual({ a: 9, b: 3, out: [9, 3] });
    const mapped = await sandbox().run(
      machine({ Type: 'Map', ItemsPath: '$.s', ItemProcessor: inner(wait('$')), End: true }),
      { s: [3, 1, 2] },
    );
    expect(mapped.output).toEqual([3, 1, 2]);
  });

  it('builds each item by ItemSelector, with index and value', async () => {
    const { output } = await sandbox().run(
      machine({
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value', 'all.$': '$.common' },
        ItemProcessor: inner({
          Type: 'Pass',
          Parameters: { 'in.$': '$', 'index.$': '$$.Map.Item.Index' },
          End: true,
        }),
        End: true,
      }),
      { items: ['a', 'b'], common: true },
    );
    expect(output).toEqual([
      { in: { i: 0, v: 'a', all: true }, index: 0 },
      { in: { i: 1, v: 'b', all: true }, index: 1 },
    ]);
  });

  it.each([
    [{ MaxConcurrency: 2 }, 5, 2],
    [{ MaxConcurrencyPath: '$.max' }, 5, 3],
    [{}, 5, 5],
    [{ MaxConcurrency: 0 }, 60, 40],
  ])('runs at most as many iterations at once as %j says', async (fields, count, expected) => {
    let running = 0;
    let most = 0;
    const one = sandbox();
    const release: (() => void)[] = [];
    const fn = handler(() => {
      running += 1;
      most = Math.max(most, running);
      return new Promise<void>((resolve) => {
        release.push(() => {
          running -= 1;
          resolve();
        });
      });
    });
    const other = sandbox(fn, { timers: one.time, clock: one.time });
    const executionArn = other.start(
      machine({ Type: 'Map', ItemsPath: '$.items', ItemProcessor: inner(task()), ...fields, End: true }),
      { items: Array.from({ length: count }, (_, index) => index), max: 3 },
    );
    await one.time.advance(0);
    while (release.length > 0) {
      for (const free of release.splice(0)) free();
      await one.time.advance(0);
    }
    expect(other.result(executionArn).status).toBe('SUCCEEDED');
    expect(most).toBe(expected);
  });

  it('begins a waiting iteration where the one that made the place ended', async () => {
    const { events } = await sandbox().run(
      machine({
        Type: 'Map',
        MaxConcurrency: 2,
        ItemProcessor: inner({ Type: 'Wait', SecondsPath: '$', End: true }),
        End: true,
      }),
      [9, 1, 1],
    );
    const third = events.find(({ type, details }) => type === 'MapIterationStarted' && details.index === 2);
    const before = events.find(({ id }) => id === third?.previousEventId);
    expect(before).toMatchObject({ type: 'WaitStateExited', details: { output: '1' } });
    // The slow one ends last, so the Map goes on from its success.
    const succeeded = events.find(
      ({ type, details }) => type === 'MapIterationSucceeded' && details.index === 0,
    );
    expect(events.find(({ type }) => type === 'MapStateExited')?.previousEventId).toBe(succeeded?.id);
  });

  it('refuses items that are no list and a concurrency that is no number', async () => {
    const map = (fields: object) =>
      machine({ Type: 'Map', ItemProcessor: inner({ Type: 'Pass', End: true }), ...fields, End: true });
    const noList = await sandbox().run(map({ ItemsPath: '$.x' }), { x: { foo: 1 } });
    expect(noList.error).toBe('States.Runtime');
    expect(noList.cause).toContain('must point to array. Found: {"foo":1}');
    const noNumber = await sandbox().run(map({ ItemsPath: '$.v', MaxConcurrencyPath: '$.m' }), {
      v: [1],
      m: 'NoNumber',
    });
    expect(noNumber.cause).toContain(
      'The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.m',
    );
    expect(chain(noNumber.events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 ExecutionFailed<-2',
    ]);
  });

  it('aborts nested states from the outside inwards, and tells their functions', async () => {
    const signals: AbortSignal[] = [];
    const waiting: Handler = (_payload, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const { events } = await sandbox({ fn: waiting }).run(
      machine({
        Type: 'Parallel',
        Branches: [
          inner({ Type: 'Wait', Seconds: 100, End: true }),
          {
            StartAt: 'M',
            States: {
              M: { Type: 'Map', ItemsPath: '$.items', ItemProcessor: inner(task(), 'J'), End: true },
            },
          },
          {
            StartAt: 'P',
            States: {
              P: {
                Type: 'Parallel',
                Branches: [inner({ Type: 'Wait', Seconds: 50, End: true }, 'K')],
                End: true,
              },
            },
          },
          {
            StartAt: 'Soon',
            States: {
              Soon: { Type: 'Wait', Seconds: 1, Next: 'F' },
              F: { Type: 'Fail', Error: 'E', Cause: 'C' },
            },
          },
        ],
        End: true,
      }),
      { items: [1, 2] },
    );
    const failed = events.find(({ type }) => type === 'FailStateEntered')?.id ?? 0;
    expect(events.slice(failed).map(({ type, previousEventId }) => [type, previousEventId])).toEqual([
      ['WaitStateAborted', failed],
      ['MapStateAborted', failed],
      ['MapIterationAborted', failed],
      ['TaskStateAborted', failed],
      ['MapIterationAborted', failed],
      ['TaskStateAborted', failed],
      ['ParallelStateAborted', failed],
      ['WaitStateAborted', failed],
      ['ParallelStateFailed', failed],
      ['ExecutionFailed', failed + 9],
    ]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('catches what fails inside, on the Map itself', async () => {
    const { output } = await sandbox(failing('E', 'x')).run(
      machine(
        {
          Type: 'Map',
          ItemProcessor: inner(task()),
          Catch: [{ ErrorEquals: ['E'], Next: 'C', ResultPath: null }],
          End: true,
        },
        { C: { Type: 'Pass', End: true } },
      ),
      [1, 2],
    );
    expect(output).toEqual([1, 2]);
  });
});

describe('execution', () => {
  it('times out with the TimeoutSeconds of its machine', async () => {
    const one = sandbox(never);
    const { status, events } = await one.run({ ...machine(task()), TimeoutSeconds: 60 });
    expect(status).toBe('TIMED_OUT');
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionTimedOut', previousEventId: 0, details: {} });
    expect(one.time.pendingDelays()).toEqual([]);
  });

  it('ends after 25,000 events', async () => {
    const { status, error, cause, events } = await sandbox().run(
      machine(
        { Type: 'Pass', Next: 'T' },
        {
          T: { Type: 'Pass', Next: 'E' },
          E: { Type: 'Choice', Choices: [{ Variable: '$', IsPresent: false, Next: 'Z' }], Default: 'S' },
          Z: { Type: 'Succeed' },
        },
      ),
    );
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });

  it('tells of its status when it starts and when it ends', async () => {
    const one = sandbox(failing('E', 'x'));
    await one.run(machine(task()), { n: 1 });
    expect(one.statuses).toEqual([
      {
        executionArn: 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:run',
        stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline',
        name: 'run',
        status: 'RUNNING',
        startDate: 1793700930123,
        stopDate: null,
        input: '{"n":1}',
        output: null,
        stateMachineVersionArn: null,
        stateMachineAliasArn: null,
        redriveCount: 0,
        redriveDate: null,
        redriveStatus: 'NOT_REDRIVABLE',
        redriveStatusReason: null,
        inputDetails: { included: true },
        outputDetails: null,
        error: null,
        cause: null,
      },
      expect.objectContaining({
        status: 'FAILED',
        stopDate: 1793700930123,
        output: null,
        redriveStatus: 'REDRIVABLE',
        error: 'E',
      }),
    ]);
  });

  it('is not disturbed by listeners that throw', async () => {
    const errors: unknown[] = [];
    const statuses: string[] = [];
    const one = sandbox(
      {},
      {
        onHistoryEvents: () => {
          throw new Error('listener');
        },
        onStatusChange: ({ status }) => void statuses.push(status),
        onError: (error) => void errors.push(error),
      },
    );
    one.start(machine({ Type: 'Pass', End: true }));
    await one.time.run(() => statuses.length === 2);
    expect(statuses).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(errors).toHaveLength(4);
  });

  it('is aborted by close, which waits for quiet and leaves no timer', async () => {
    const one = sandbox(never);
    const executionArn = one.start(machine(task({ TimeoutSeconds: 100 })));
    await one.time.advance(0);
    await one.stepFunctions.close();
    expect(one.result(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Sandbox.Stopped' });
    expect(one.time.pendingDelays()).toEqual([]);
    expect(() => one.start(machine({ Type: 'Pass', End: true }))).toThrow('while the sandbox stops');
  });
});
