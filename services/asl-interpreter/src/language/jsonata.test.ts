import { describe, expect, it } from 'vitest';
import { jsonOfValue } from '../json.ts';
import { functionArn, chain, sandbox } from '../testing/harness.ts';
import { handler, machine } from '../testing/definitions.ts';

const jsonata = (state: object, others: Record<string, object> = {}) => ({
  QueryLanguage: 'JSONata',
  ...machine({ End: true, ...state }, others),
});
const output = (template: unknown, input = {}) =>
  sandbox().run(jsonata({ Type: 'Pass', Output: template }), input);

describe('JSONata', () => {
  it.each<[unknown, object, unknown]>([
    ['{% $states.input.a + 1 %}', { a: 1 }, 2],
    [{ list: ['{% $sum($states.input.n) %}', 'plain'] }, { n: [1, 2] }, { list: [3, 'plain'] }],
    ['{% $states.context.Execution.Name %}', {}, 'run'],
    ['{% $partition([1,2,3], 2) %}', {}, [[1, 2], [3]]],
    ['{% $range(0, 6, 2) %}', {}, [0, 2, 4, 6]],
    ["{% $hash('input data', 'SHA-1') %}", {}, 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['{% $parse(\'{"a":[1]}\') %}', {}, { a: [1] }],
    ['{% $uuid() %}', {}, '00000000-0000-4000-8000-000000000001'],
    ['{% $random() %}', {}, 0.5],
    ['{% $now() %}', {}, '2026-11-03T10:15:30.123Z'],
    ['{% $millis() %}', {}, 1793700930123],
    ['{% $states.input.x ? 1 : 2 %}', {}, 2],
    ["{% $states.input.s ~> /b+/ ? 'yes' : 'no' %}", { s: 'abbb' }, 'yes'],
    ['not an expression %}', {}, 'not an expression %}'],
  ])('%j over %j gives %j', async (template, input, expected) => {
    expect(await output(template, input)).toMatchObject({ status: 'SUCCEEDED', output: expected });
  });

  it('fails with an event of its own, which follows the event before the state (recorded from AWS)', async () => {
    const { events, error, cause } = await output('{% $doesNotExist %}');
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 PassStateEntered<-0',
      '3 EvaluationFailed<-0',
      '4 ExecutionFailed<-3',
    ]);
    expect({ error, cause }).toEqual({
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$doesNotExist' specified for the field 'Output' returned nothing (undefined).",
    });
    expect(events[2]?.details).toMatchObject({ location: 'Output', state: 'S' });
  });

  it.each([
    ['a recursion without end', '{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}', 'threw an error'],
    ['a loop without end', '{% ($f := function($n) { $f($n + 1) }; $f(1)) %}', 'D1012'],
    ['a list that grows', '{% [1..20000000] %}', 'threw an error'],
    [
      'a regular expression that backtracks',
      `{% $match('${'a'.repeat(40)}!', /^(a+)+$/) %}`,
      'a regular expression ran longer',
    ],
    ['a function as a value', '{% function($x) { $x } %}', 'returned an unsupported result type'],
    ['$eval', "{% $eval('1') %}", 'Step Functions has no $eval'],
  ])('ends %s', async (_what, template, problem) => {
    const { status, error, cause } = await output(template);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(cause).toContain(problem);
  });

  it('gives a Task its Arguments and takes Output and Assign from its result', async () => {
    const one = sandbox(handler((payload) => ({ got: payload })));
    const { output: last, events } = await one.run(
      jsonata(
        {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: functionArn('fn'), Payload: { n: '{% $states.input.n * 2 %}' } },
          Assign: { doubled: '{% $states.result.Payload.got.n %}' },
          Output: '{% $states.result.Payload %}',
          TimeoutSeconds: '{% $states.input.n + 10 %}',
          End: undefined,
          Next: 'E',
        },
        { E: { Type: 'Succeed', Output: { sum: '{% $doubled + $states.input.got.n %}' } } },
      ),
      { n: 4 },
    );
    expect(last).toEqual({ sum: 16 });
    expect(events.find(({ type }) => type === 'TaskScheduled')?.details.timeoutInSeconds).toBe(14);
    expect(events.find(({ type }) => type === 'TaskStateExited')?.details).toMatchObject({
      assignedVariables: { doubled: '8' },
      assignedVariablesDetails: { truncated: false },
    });
  });

  it('chooses by Condition, assigns by rule, and by the state where no rule holds', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'C',
      States: {
        C: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $states.input.n > 5 %}', Next: 'E', Assign: { how: 'rule' }, Output: 'big' },
          ],
          Default: 'E',
          Assign: { how: 'default' },
        },
        E: { Type: 'Succeed', Output: ['{% $how %}', '{% $states.input %}'] },
      },
    };
    expect((await sandbox().run(definition, { n: 9 })).output).toEqual(['rule', 'big']);
    expect((await sandbox().run(definition, { n: 1 })).output).toEqual(['default', { n: 1 }]);
  });

  it('maps over Items with ItemSelector, and catches with errorOutput', async () => {
    const one = sandbox(
      handler((payload) => {
        throw Object.assign(new Error(String(payload)), { name: 'Busy' });
      }),
    );
    const { output: last } = await one.run(
      jsonata({
        Type: 'Map',
        Items: '{% $states.input.list %}',
        MaxConcurrency: '{% 1 + 1 %}',
        ItemSelector: { v: '{% $states.context.Map.Item.Value * 10 %}' },
        ItemProcessor: {
          StartAt: 'I',
          States: {
            I: {
              Type: 'Task',
              Resource: functionArn('fn'),
              Catch: [
                {
                  ErrorEquals: ['Busy'],
                  Next: 'J',
                  Output: { was: '{% $states.errorOutput.Error %}', of: '{% $states.input.v %}' },
                },
              ],
              End: true,
            },
            J: { Type: 'Pass', End: true },
          },
        },
      }),
      { list: [1, 2] },
    );
    expect(last).toEqual([
      { was: 'Busy', of: 10 },
      { was: 'Busy', of: 20 },
    ]);
  });

  it('records MapStateFailed for Items that are no list (recorded from AWS)', async () => {
    const { events } = await sandbox().run(
      jsonata({ Type: 'Map', Items: '{% 1 %}', ItemProcessor: machine({ Type: 'Pass', End: true }) }),
    );
    expect(chain(events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 EvaluationFailed<-0',
      '4 MapStateFailed<-3',
      '5 ExecutionFailed<-4',
    ]);
  });

  it.each<[object, unknown, string]>([
    [
      { Type: 'Map', Items: '{% $states.input %}', ItemProcessor: machine({ Type: 'Pass', End: true }) },
      'text',
      `The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'string' for value: "text"`,
    ],
    [
      { Type: 'Map', ItemProcessor: machine({ Type: 'Pass', End: true }) },
      { foo: 'bar' },
      'Map state input must be an array but was: {"foo":"bar"}',
    ],
    [
      { Type: 'Wait', Timestamp: '{% $states.input %}' },
      '2016-12-05 21:29:29Z',
      'The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2016-12-05 21:29:29Z',
    ],
  ])('words the wrong type of %j as AWS does (recorded)', async (state, input, problem) => {
    const { cause } = await sandbox().run(jsonata(state), jsonOfValue(input));
    expect(cause).toContain(`(entered at the event id #2). ${problem}`);
  });

  it('waits and fails by expressions', async () => {
    const { error, cause, events } = await sandbox().run(
      {
        QueryLanguage: 'JSONata',
        StartAt: 'W',
        States: {
          W: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'F' },
          F: { Type: 'Fail', Error: "{% 'E' & $states.input.s %}", Cause: '{% $string($states.input) %}' },
        },
      },
      { s: 7 },
    );
    expect({ error, cause }).toEqual({ error: 'E7', cause: '{"s":7}' });
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(7000);
  });

  it('stands beside JSONPath in one machine', async () => {
    const { output: last } = await sandbox().run({
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Result: { n: 1 }, Assign: { x: 2 }, Next: 'B' },
        B: { Type: 'Pass', QueryLanguage: 'JSONata', Output: { n: '{% $states.input.n + $x %}' }, Next: 'C' },
        C: { Type: 'Pass', Parameters: { 'n.$': '$.n', 'x.$': '$x' }, End: true },
      },
    });
    expect(last).toEqual({ n: 3, x: 2 });
  });
});

describe('variables', () => {
  it('are assigned from the values at entry, all at once', async () => {
    const { output: last } = await sandbox().run({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'B' },
        B: { Type: 'Pass', Assign: { x: '{% $a %}', nextX: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
        C: { Type: 'Pass', Output: ['{% $states.input %}', '{% $x %}', '{% $nextX %}'], End: true },
      },
    });
    expect(last).toEqual([3, 6, 3]);
  });

  it('of a branch are read inside and gone outside', async () => {
    const inner = (name: string) => ({
      StartAt: name,
      States: {
        [name]: {
          Type: 'Pass',
          Assign: { [`own${name}`]: '{% $outer & $states.input %}' },
          Next: `${name}2`,
        },
        [`${name}2`]: { Type: 'Pass', Output: `{% $own${name} %}`, End: true },
      },
    });
    const definition = (last: string) => ({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { outer: 'o' }, Output: 'i', Next: 'P' },
        P: { Type: 'Parallel', Branches: [inner('X'), inner('Y')], Next: 'Z' },
        Z: { Type: 'Pass', Output: last, End: true },
      },
    });
    expect((await sandbox().run(definition('{% $states.input %}'))).output).toEqual(['oi', 'oi']);
    expect((await sandbox().run(definition('{% $ownX %}'))).error).toBe('States.QueryEvaluationError');
  });

  it('take the result of a Task in JSONPath, before ResultSelector', async () => {
    const { output: last } = await sandbox(handler(() => ({ a: 1, b: 2 }))).run({
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: functionArn('fn'),
          ResultSelector: { 'only.$': '$.a' },
          Assign: { 'whole.$': '$', 'sum.$': 'States.MathAdd($.a, $.b)' },
          Next: 'P',
        },
        P: { Type: 'Pass', Parameters: { 'whole.$': '$whole', 'sum.$': '$sum', 'in.$': '$' }, End: true },
      },
    });
    expect(last).toEqual({ whole: { a: 1, b: 2 }, sum: 3, in: { only: 1 } });
  });

  it('larger than 256 KiB end the execution', async () => {
    const { error } = await sandbox().run({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Pass', Assign: { x: "{% $pad('', 270000, 'x') %}" }, Output: 1, End: true } },
    });
    expect(error).toBe('States.DataLimitExceeded');
  });
});
