import { data, one, pass, sample, leadingTo, type Sample } from './build.ts';

const fields: readonly (readonly [string, object])[] = [
  ['nothing', {}],
  ['InputPath', { InputPath: '$.a' }],
  ['InputPath null', { InputPath: null }],
  ['OutputPath', { OutputPath: '$.a.b' }],
  ['OutputPath null', { OutputPath: null }],
  ['InputPath and OutputPath', { InputPath: '$.a', OutputPath: '$.c' }],
  ['Result', { Result: { r: [1, 'two', null, false, 0.5] } }],
  ['Result of a text', { Result: 'ü "quoted" \\ \n' }],
  ['ResultPath', { Result: 1, ResultPath: '$.r' }],
  ['ResultPath into what is there', { Result: 1, ResultPath: '$.a.c' }],
  ['ResultPath deeper than what is there', { Result: 1, ResultPath: '$.x.y.z' }],
  ['ResultPath null', { Result: 1, ResultPath: null }],
  ['Parameters', { Parameters: { 'n.$': '$.n', fixed: [1, { 't.$': '$.t' }] } }],
  ['Parameters and ResultPath', { Parameters: { 'n.$': '$.n' }, ResultPath: '$.p' }],
  ['Parameters after InputPath', { InputPath: '$.a', Parameters: { 'd.$': '$.c.d' } }],
  ['Parameters of the whole', { Parameters: { 'all.$': '$' } }],
  [
    'the context object',
    {
      Parameters: {
        'name.$': '$$.State.Name',
        'machine.$': '$$.StateMachine.Name',
        'input.$': '$$.Execution.Input.n',
      },
    },
  ],
  ['InputPath of the context object', { InputPath: '$$.Execution.Input.list' }],
  ['an InputPath that is not there', { InputPath: '$.nowhere' }],
  ['an OutputPath that is not there', { OutputPath: '$.nowhere.at.all' }],
  ['a parameter that is not there', { Parameters: { 'x.$': '$.nowhere' } }],
  ['an index past the end', { Parameters: { 'x.$': '$.a.b[9]' } }],
  ['Comment', { Comment: 'changes nothing' }],
];

const expressions = [
  '$.a.b[1]',
  '$.a.b[-1]',
  '$.a.b[0:2]',
  '$.a.b[*]',
  '$.list[*].k',
  '$..v',
  '$.list[?(@.k == 2)].v',
  '$.list[?(@.k > 0)]',
  "$['a']['b']",
  "$.a['c'].d",
  '$.none',
  '$.yes',
  'States.Array(1, $.n, null)',
  'States.Array()',
  'States.ArrayPartition($.a.b, 2)',
  'States.ArrayContains($.a.b, 20)',
  'States.ArrayContains($.a.b, 21)',
  'States.ArrayRange(1, 9, 3)',
  'States.ArrayRange(9, 1, -4)',
  'States.ArrayGetItem($.a.b, 2)',
  'States.ArrayLength($.a.b)',
  'States.ArrayUnique(States.Array(1, 1, 2))',
  'States.Base64Encode($.t)',
  "States.Base64Decode('aGk=')",
  "States.Hash($.t, 'MD5')",
  "States.Hash($.t, 'SHA-1')",
  "States.Hash($.t, 'SHA-256')",
  "States.Hash($.t, 'SHA-384')",
  "States.Hash($.t, 'SHA-512')",
  'States.JsonMerge($.a, $.list[0], false)',
  'States.JsonToString($.a)',
  `States.StringToJson('{"z":[1]}')`,
  'States.MathAdd($.n, -2)',
  "States.StringSplit($.t, ',')",
  "States.StringSplit('a.b,c', '.,')",
  "States.Format('{} and {}', $.t, $.n)",
  "States.Format('no holes')",
  "States.Format('{}', States.JsonToString($.a.b))",
  'States.ArrayLength(States.ArrayPartition($.a.b, 1))',
  'States.ArrayGetItem($.a.b, 17)',
  'States.ArrayLength($.t)',
  'States.MathAdd($.t, 1)',
  'States.StringToJson($.t)',
  "States.Base64Decode('***')",
];

const assigned = (name: string, assign: object, parameters: object, extra: object = {}): Sample =>
  sample(
    `variables: ${name}`,
    leadingTo({ Type: 'Pass', Assign: assign, ...extra }, pass({ Parameters: parameters })),
    data,
  );

const variables: readonly Sample[] = [
  assigned('one', { x: 1 }, { 'x.$': '$x' }),
  assigned('by path', { 'x.$': '$.a.b' }, { 'x.$': '$x', 'first.$': '$x[0]' }),
  assigned('by function', { 'x.$': 'States.MathAdd($.n, 1)' }, { 'x.$': '$x' }),
  assigned('nested', { x: { 'y.$': '$.n' } }, { 'y.$': '$x.y' }),
  assigned('that is not there', { x: 1 }, { 'x.$': '$other' }),
  assigned('in a function', { x: 3 }, { 'sum.$': 'States.MathAdd($x, 1)' }),
  sample(
    'variables: over one another',
    {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: { Type: 'Pass', Assign: { x: 2, 'y.$': '$x' }, Next: 'C' },
        C: pass({ Parameters: { 'x.$': '$x', 'y.$': '$y' } }),
      },
    },
    data,
  ),
];

export const dataSamples: readonly Sample[] = [
  ...fields.map(([name, state]) => sample(`Pass: ${name}`, one(pass(state)), data)),
  ...expressions.map((expression) =>
    sample(`expression: ${expression}`, one(pass({ Parameters: { 'r.$': expression } })), data),
  ),
  ...variables,
  sample('input: a text', one(pass()), 'text'),
  sample('input: a list', one(pass()), [1, [2]]),
  sample('input: null', one(pass()), null),
  sample('input: numbers', one(pass()), [1.5, -0.25, 1e3, 12345678]),
];
