/** A definition of our own with an input: what two interpreters are compared over. */
export interface Sample {
  readonly name: string;
  readonly definition: object;
  readonly input: unknown;
}

const pass = (fields: object = {}) => ({ Type: 'Pass', End: true, ...fields });
const one = (state: object) => ({ StartAt: 'S', States: { S: state } });
const jsonata = (state: object) => ({ QueryLanguage: 'JSONata', ...one(state) });
const inner = (name: string, state: object = pass()) => ({ StartAt: name, States: { [name]: state } });
const sample = (name: string, definition: object, input: unknown = {}): Sample => ({
  name,
  definition,
  input,
});

/** `Parameters` of one Pass state by paths and functions. */
const evaluated = (expression: string, input: unknown): Sample =>
  sample(expression, one(pass({ Parameters: { 'r.$': expression } })), input);

const data = {
  a: { b: [10, 20, 30] },
  t: 'x,y',
  n: 7,
  list: [
    { k: 1, v: 'p' },
    { k: 2, v: 'q' },
  ],
};
const expressions = [
  '$.a.b[1]',
  '$.a.b[-1]',
  '$.a.b[0:2]',
  '$.list[*].k',
  '$..v',
  '$.list[?(@.k == 2)].v',
  "$['a']['b']",
  'States.Array(1, $.n, null)',
  'States.ArrayPartition($.a.b, 2)',
  'States.ArrayContains($.a.b, 20)',
  'States.ArrayRange(1, 9, 3)',
  'States.ArrayGetItem($.a.b, 2)',
  'States.ArrayLength($.a.b)',
  'States.ArrayUnique(States.Array(1, 1, 2))',
  'States.Base64Encode($.t)',
  "States.Base64Decode('aGk=')",
  "States.Hash($.t, 'SHA-256')",
  'States.JsonMerge($.a, $.list[0], false)',
  'States.JsonToString($.list[0].k)',
  `States.StringToJson('{"z":[1]}')`,
  'States.MathAdd($.n, -2)',
  "States.StringSplit($.t, ',')",
  "States.Format('{} and {}', $.t, $.n)",
];

const operators: readonly (readonly [object, unknown])[] = [
  [{ StringEquals: 'b' }, 'b'],
  [{ StringLessThan: 'c' }, 'b'],
  [{ StringGreaterThanEquals: 'c' }, 'b'],
  [{ StringMatches: 'b*d' }, 'bcd'],
  [{ NumericEquals: 2 }, 2],
  [{ NumericLessThanEquals: 1 }, 2],
  [{ BooleanEquals: true }, true],
  [{ TimestampLessThan: '2026-01-01T00:00:00Z' }, '2025-01-01T00:00:00Z'],
  [{ IsNull: true }, null],
  [{ IsNumeric: true }, 'b'],
  [{ IsString: true }, 'b'],
  [{ IsBoolean: false }, 'b'],
  [{ IsPresent: true }, 1],
];
const choice = (condition: object, value: unknown, index: number): Sample =>
  sample(
    `Choice ${index}: ${JSON.stringify(condition)} over ${JSON.stringify(value)}`,
    {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Variable: '$.v', ...condition, Next: 'Yes' }], Default: 'No' },
        Yes: pass({ Result: 'yes' }),
        No: pass({ Result: 'no' }),
      },
    },
    { v: value },
  );

const jsonataExpressions = [
  '$states.input.n + 1',
  '$sum($states.input.a.b)',
  '$states.input.list[k=2].v',
  '{ "x": $states.input.list.k }',
  '$count($states.input.list) > 1 ? "many" : "few"',
  '$split($states.input.t, ",")',
  '$map($states.input.a.b, function($v) { $v / 10 })',
  '$merge([{"a": 1}, {"b": 2}])',
  '$exists($states.input.none)',
];

const flows: readonly Sample[] = [
  sample('InputPath and OutputPath', one(pass({ InputPath: '$.a', OutputPath: '$.b' })), data),
  sample('ResultPath', one(pass({ Result: 1, ResultPath: '$.r.s' })), { r: { t: 2 } }),
  sample('ResultPath null', one(pass({ Result: 1, ResultPath: null })), { k: 1 }),
  sample('Succeed', one({ Type: 'Succeed', OutputPath: '$.n' }), data),
  sample('Fail', one({ Type: 'Fail', Error: 'E', Cause: 'c' })),
  sample(
    'Fail by paths',
    one({ Type: 'Fail', ErrorPath: '$.t', CausePath: "States.Format('n={}', $.n)" }),
    data,
  ),
  sample('Wait', one({ Type: 'Wait', Seconds: 0, End: true }), { k: 1 }),
  sample('a path that is not there', one(pass({ InputPath: '$.none' }))),
  sample(
    'no rule holds',
    {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Variable: '$.v', NumericEquals: 1, Next: 'E' }] },
        E: pass(),
      },
    },
    { v: 2 },
  ),
  sample(
    'And, Or, Not',
    {
      StartAt: 'C',
      States: {
        C: {
          Type: 'Choice',
          Choices: [
            {
              And: [
                { Variable: '$.n', NumericEquals: 7 },
                { Not: { Or: [{ Variable: '$.t', StringEquals: 'z' }] } },
              ],
              Next: 'E',
            },
          ],
        },
        E: pass(),
      },
    },
    data,
  ),
  sample(
    'Parallel',
    one({ Type: 'Parallel', Branches: [inner('X'), inner('Y', pass({ Result: 2 }))], End: true }),
    { k: 1 },
  ),
  sample(
    'Parallel caught',
    {
      StartAt: 'P',
      States: {
        P: {
          Type: 'Parallel',
          Branches: [inner('X', { Type: 'Fail', Error: 'E', Cause: 'c' })],
          Catch: [{ ErrorEquals: ['E'], Next: 'Z', ResultPath: '$.error' }],
          End: true,
        },
        Z: pass(),
      },
    },
    { k: 1 },
  ),
  sample(
    'Map',
    one({ Type: 'Map', ItemsPath: '$.a.b', ItemProcessor: inner('I'), MaxConcurrency: 1, End: true }),
    data,
  ),
  sample(
    'Map with ItemSelector',
    one({
      Type: 'Map',
      ItemsPath: '$.a.b',
      ItemSelector: { 'v.$': '$$.Map.Item.Value', 'i.$': '$$.Map.Item.Index', 'n.$': '$.n' },
      ItemProcessor: inner('I'),
      ResultPath: '$.out',
      OutputPath: '$.out',
      End: true,
    }),
    data,
  ),
  sample('Map of nothing', one({ Type: 'Map', ItemProcessor: inner('I'), End: true }), []),
  sample(
    'Map that fails',
    one({ Type: 'Map', ItemProcessor: inner('I', { Type: 'Fail', Error: 'E' }), End: true }),
    [1],
  ),
  sample(
    'variables in JSONPath',
    {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { 'x.$': '$.n', y: 2 }, Next: 'B' },
        B: pass({ Parameters: { 'x.$': '$x', 'sum.$': 'States.MathAdd($x, $y)' } }),
      },
    },
    data,
  ),
  sample(
    'variables in JSONata',
    {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: '{% $states.input.n %}' }, Output: 1, Next: 'B' },
        B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}' }, Output: '{% $x %}', Next: 'C' },
        C: { Type: 'Pass', Output: ['{% $x %}', '{% $states.input %}'], End: true },
      },
    },
    data,
  ),
  sample(
    'Choice in JSONata',
    {
      QueryLanguage: 'JSONata',
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 5 %}', Next: 'Y' }], Default: 'N' },
        Y: pass({ Output: 'yes' }),
        N: pass({ Output: 'no' }),
      },
    },
    data,
  ),
  sample(
    'Map in JSONata',
    jsonata({
      Type: 'Map',
      Items: '{% $states.input.a.b %}',
      ItemProcessor: inner('I', pass({ Output: '{% $states.input * 2 %}' })),
      End: true,
    }),
    data,
  ),
  sample(
    'Parallel in JSONata',
    jsonata({
      Type: 'Parallel',
      Branches: [inner('X', pass({ Output: 1 })), inner('Y', pass({ Output: 2 }))],
      Output: '{% $sum($states.result) %}',
      End: true,
    }),
  ),
  sample('an undefined variable', jsonata(pass({ Output: '{% $none %}' }))),
];

export const samples: readonly Sample[] = [
  ...flows,
  ...expressions.map((expression) => evaluated(expression, data)),
  ...operators.map(([condition, value], index) => choice(condition, value, index)),
  ...jsonataExpressions.map((expression) =>
    sample(`{% ${expression} %}`, jsonata(pass({ Output: `{% ${expression} %}` })), data),
  ),
];
