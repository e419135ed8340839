import { concurrent, data, fail, machine, pass, sample, type Sample } from './build.ts';
import { TABLE } from './tasks.ts';

const query = (text: string) => `{% ${text} %}`;
const jsonata = (state: object) => ({ QueryLanguage: 'JSONata', StartAt: 'S', States: { S: state } });
/** A state, and a Pass that shows what it left. */
const then = (state: object, next: object = pass()) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'S',
  States: { S: { ...state, Next: 'T' }, T: next },
});
/** A state with a Catch to a Pass. */
const caught = (state: object, catcher: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'S',
  States: {
    S: { ...state, End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C', ...catcher }] },
    C: pass(),
  },
});

const expressions = [
  '$states.input',
  '$states.input.n + 1',
  '$states.input.n / 2',
  '$states.input.t & "!"',
  '$states.input.a.b[0]',
  '$states.input.a.b[-1]',
  '$states.input.a.b[[0..1]]',
  '$states.input.list[k=2].v',
  '$states.input.list.k',
  '$states.input.list[k>0].{ "was": v }',
  '{ "x": $states.input.list.k, "y": $states.input.none }',
  '$states.input.none',
  '$sum($states.input.a.b)',
  '$average($states.input.a.b)',
  '$count($states.input.list) > 1 ? "many" : "few"',
  '$split($states.input.t, ",")',
  '$join(["a", "b"], "-")',
  '$map($states.input.a.b, function($v) { $v / 10 })',
  '$filter($states.input.a.b, function($v) { $v > 15 })',
  '$reduce($states.input.a.b, function($x, $y) { $x + $y })',
  '$sort($states.input.a.b, function($l, $r) { $l < $r })',
  '$merge([{"a": 1}, {"b": 2}])',
  '$keys($states.input.a)',
  '$lookup($states.input, "n")',
  '$exists($states.input.nowhere)',
  '$string($states.input.a)',
  '$number("12.5")',
  '$boolean("")',
  '$not($states.input.yes)',
  '$uppercase($states.input.t)',
  '$substring("abcdef", 1, 3)',
  '$replace("a.b.c", ".", "/")',
  '$match("a1b22", /[0-9]+/).match',
  '$contains($states.input.t, ",")',
  '$pad("x", -4, "0")',
  '$base64encode("hi")',
  '$base64decode("aGk=")',
  '$distinct([1, 1, 2])',
  '$zip([1, 2], [3, 4])',
  '$reverse([1, 2, 3])',
  '$append([1], [2])',
  '$type($states.input.n)',
  '$floor(2.7) + $ceil(2.1) + $abs(-1) + $round(2.5) + $power(2, 3) + $sqrt(9)',
  '($x := $states.input.n; $y := 2; $x * $y)',
  '$partition([1, 2, 3, 4, 5], 2)',
  '$range(0, 10, 5)',
  '$parse("{\\"a\\": [1]}")',
  '$states.context.State.Name',
  '$states.context.Execution.Input.n',
  '[1..3]',
  '"ü " & $states.input.n',
  '1 = 1 and "a" in ["a", "b"]',
];

/** What does not evaluate, or to nothing. */
const broken = [
  '$none',
  '$states.input.nowhere',
  '$states.input.t + 1',
  '$sum("x")',
  '$nowhere(1)',
  '$number("x")',
];

const flows: readonly Sample[] = [
  sample('nothing', jsonata(pass()), data),
  sample(
    'Output of fields',
    jsonata(pass({ Output: { n: query('$states.input.n'), s: ['t', 1, null] } })),
    data,
  ),
  sample(
    'Assign',
    then({ Type: 'Pass', Assign: { x: query('$states.input.n'), y: 2 } }, pass({ Output: query('$x + $y') })),
    data,
  ),
  sample('Assign reads what was before', {
    QueryLanguage: 'JSONata',
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: query('$x + 1'), y: query('$x') }, Output: query('$x'), Next: 'C' },
      C: pass({ Output: [query('$x'), query('$y'), query('$states.input')] }),
    },
  }),
  sample(
    'Choice',
    {
      QueryLanguage: 'JSONata',
      StartAt: 'C',
      States: {
        C: {
          Type: 'Choice',
          Choices: [{ Condition: query('$states.input.n > 5'), Assign: { w: 1 }, Output: 'big', Next: 'Y' }],
          Default: 'N',
        },
        Y: pass({ Output: [query('$w'), query('$states.input')] }),
        N: pass(),
      },
    },
    data,
  ),
  sample(
    'Choice by default',
    {
      QueryLanguage: 'JSONata',
      StartAt: 'C',
      States: {
        C: {
          Type: 'Choice',
          Choices: [{ Condition: query('false'), Next: 'Y' }],
          Assign: { w: 2 },
          Output: 'none',
          Default: 'N',
        },
        Y: pass(),
        N: pass({ Output: [query('$w'), query('$states.input')] }),
      },
    },
    data,
  ),
  sample(
    'Choice whose condition is no boolean',
    {
      QueryLanguage: 'JSONata',
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Condition: query('$states.input.n'), Next: 'Y' }], Default: 'Y' },
        Y: pass(),
      },
    },
    data,
  ),
  sample('Choice of nothing', {
    QueryLanguage: 'JSONata',
    StartAt: 'C',
    States: { C: { Type: 'Choice', Choices: [{ Condition: query('false'), Next: 'Y' }] }, Y: pass() },
  }),
  sample('Succeed', jsonata({ Type: 'Succeed', Output: query('$states.input.n') }), data),
  sample(
    'Fail',
    jsonata({ Type: 'Fail', Error: query('"E" & $states.input.n'), Cause: query('$states.input.t') }),
    data,
  ),
  sample('Fail over a number', jsonata({ Type: 'Fail', Error: query('$states.input.n'), Cause: 'c' }), data),
  sample('Wait', jsonata({ Type: 'Wait', Seconds: query('0'), Output: 'over', End: true }), data),
  sample('Wait for a text', jsonata({ Type: 'Wait', Seconds: query('"soon"'), End: true }), data),
  sample(
    'Map',
    jsonata({
      Type: 'Map',
      MaxConcurrency: 1,
      Items: query('$states.input.a.b'),
      ItemProcessor: machine('I', pass({ Output: query('$states.input * 2') })),
      End: true,
    }),
    data,
  ),
  sample(
    'Map of a list',
    jsonata({
      Type: 'Map',
      MaxConcurrency: 1,
      Items: [1, query('1 + 1')],
      ItemProcessor: machine('I'),
      End: true,
    }),
  ),
  sample(
    'Map with ItemSelector',
    jsonata({
      Type: 'Map',
      MaxConcurrency: 1,
      Items: query('$states.input.list'),
      ItemSelector: {
        v: query('$states.context.Map.Item.Value.v'),
        i: query('$states.context.Map.Item.Index'),
        n: query('$states.input.n'),
      },
      ItemProcessor: machine('I'),
      Output: query('$states.result.v'),
      End: true,
    }),
    data,
  ),
  sample(
    'Map of no list',
    jsonata({
      Type: 'Map',
      MaxConcurrency: 1,
      Items: query('$states.input.n'),
      ItemProcessor: machine('I'),
      End: true,
    }),
    data,
  ),
  sample(
    'Map whose iteration fails',
    jsonata({
      Type: 'Map',
      MaxConcurrency: 1,
      Items: [1],
      ItemProcessor: machine('I', fail()),
      End: true,
    }),
  ),
  sample('Map with variables of outside', {
    QueryLanguage: 'JSONata',
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { x: 3 }, Next: 'M' },
      M: {
        Type: 'Map',
        MaxConcurrency: 1,
        Items: [1, 2],
        ItemProcessor: machine('I', pass({ Output: query('$x + $states.input') })),
        End: true,
      },
    },
  }),
  concurrent(
    'Parallel',
    jsonata({
      Type: 'Parallel',
      Branches: [machine('X', pass({ Output: 1 })), machine('Y', pass({ Output: 2 }))],
      Output: query('$sum($states.result)'),
      End: true,
    }),
  ),
  concurrent(
    'Parallel with Arguments',
    jsonata({
      Type: 'Parallel',
      Arguments: { a: query('$states.input.n') },
      Branches: [machine('X', pass({ Output: query('$states.input.a') }))],
      Assign: { r: query('$states.result[0]') },
      End: true,
    }),
    data,
  ),
  sample(
    'caught, with what went wrong',
    caught(
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::dynamodb:getItem',
        Arguments: { TableName: 'nowhere', Key: { id: { S: '1' } } },
      },
      {
        Output: { of: query('$states.errorOutput.Error') },
        Assign: { e: query('$states.errorOutput.Error') },
      },
    ),
  ),
  sample(
    'caught, with nothing more',
    caught({
      Type: 'Task',
      Resource: 'arn:aws:states:::dynamodb:getItem',
      Arguments: { TableName: 'nowhere', Key: { id: { S: '1' } } },
    }),
  ),
  sample(
    'Task',
    jsonata({
      Type: 'Task',
      Resource: 'arn:aws:states:::dynamodb:getItem',
      Arguments: { TableName: TABLE, Key: { id: { S: query('$states.input.id') } } },
      Output: query('$states.result.Item'),
      End: true,
    }),
    { id: '1' },
  ),
  sample(
    'Task whose Assign takes the result',
    then(
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::dynamodb:getItem',
        Arguments: query('{ "TableName": $states.input.table, "Key": { "id": { "S": "1" } } }'),
        Assign: { n: query('$number($states.result.Item.n.N)') },
        Output: query('$states.input.table'),
      },
      pass({ Output: [query('$n'), query('$states.input')] }),
    ),
    { table: TABLE },
  ),
  sample(
    'Task with Arguments that do not evaluate, caught',
    caught({
      Type: 'Task',
      Resource: 'arn:aws:states:::dynamodb:getItem',
      Arguments: { TableName: query('$states.input.nowhere'), Key: {} },
    }),
  ),
  sample(
    'Output that does not evaluate, caught',
    caught({
      Type: 'Parallel',
      Branches: [machine('X')],
      Output: query('$states.result.nowhere'),
    }),
  ),
  sample(
    'one state in JSONata',
    {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Result: { n: 1 }, Assign: { 'x.$': '$.n' }, Next: 'B' },
        B: { Type: 'Pass', QueryLanguage: 'JSONata', Output: { n: query('$states.input.n + 1') }, Next: 'C' },
        C: pass({ OutputPath: '$.n' }),
      },
    },
    { n: 1 },
  ),
];

const named = (name: string, one: Sample): Sample => ({ ...one, name });

export const jsonataSamples: readonly Sample[] = [
  ...flows.map((one) => named(`JSONata: ${one.name}`, one)),
  ...expressions.map((text) => sample(query(text), jsonata(pass({ Output: query(text) })), data)),
  ...broken.map((text) => sample(`JSONata fails: ${text}`, jsonata(pass({ Output: query(text) })), data)),
  ...broken.map((text) =>
    sample(`JSONata fails in Assign: ${text}`, jsonata(pass({ Assign: { x: query(text) } })), data),
  ),
];
