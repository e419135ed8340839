import { data, pass, sample, type Sample } from './build.ts';

const choice = (rule: object, extra: object = { Default: 'No' }) => ({
  StartAt: 'C',
  States: {
    C: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], ...extra },
    Yes: pass({ Result: 'yes' }),
    ...('Default' in extra ? { No: pass({ Result: 'no' }) } : {}),
  },
});

const early = '2025-01-01T00:00:00Z';
const late = '2026-06-01T12:00:00.500Z';
/** Operator, its operand, and values of which some hold and some do not. */
const operators: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ['StringEquals', 'b', ['b', 'c', 1]],
  ['StringLessThan', 'b', ['a', 'b']],
  ['StringLessThanEquals', 'b', ['b', 'c']],
  ['StringGreaterThan', 'b', ['c', 'b']],
  ['StringGreaterThanEquals', 'b', ['b', 'a']],
  ['StringMatches', 'a*c', ['abbc', 'ab']],
  ['NumericEquals', 2, [2, 2.0001, '2']],
  ['NumericLessThan', 2, [1, 2]],
  ['NumericLessThanEquals', 2, [2, 3]],
  ['NumericGreaterThan', 2, [3, 2]],
  ['NumericGreaterThanEquals', 2, [2, 1]],
  ['BooleanEquals', true, [true, false, 'true']],
  ['TimestampEquals', early, [early, late]],
  ['TimestampLessThan', late, [early, late]],
  ['TimestampLessThanEquals', early, [early, late]],
  ['TimestampGreaterThan', early, [late, early]],
  ['TimestampGreaterThanEquals', late, [late, early]],
  ['IsNull', true, [null, 0]],
  ['IsNull', false, [null, 0]],
  ['IsNumeric', true, [1, '1']],
  ['IsString', true, ['', 1]],
  ['IsBoolean', true, [false, 0]],
  ['IsTimestamp', true, [early, 'tomorrow']],
  ['IsPresent', true, [1, null]],
];

const paths: readonly (readonly [string, unknown, unknown])[] = [
  ['StringEqualsPath', 'b', 'b'],
  ['NumericEqualsPath', 1, 2],
  ['NumericLessThanPath', 1, 2],
  ['BooleanEqualsPath', true, true],
  ['TimestampLessThanPath', early, late],
];

const composed: readonly (readonly [string, object])[] = [
  [
    'And',
    {
      And: [
        { Variable: '$.n', NumericEquals: 7 },
        { Variable: '$.yes', BooleanEquals: true },
      ],
    },
  ],
  [
    'Or',
    {
      Or: [
        { Variable: '$.n', NumericEquals: 8 },
        { Variable: '$.yes', BooleanEquals: true },
      ],
    },
  ],
  ['Not', { Not: { Variable: '$.n', NumericEquals: 8 } }],
  [
    'And of Or and Not',
    {
      And: [
        {
          Or: [
            { Variable: '$.t', StringEquals: 'z' },
            { Variable: '$.n', NumericGreaterThan: 1 },
          ],
        },
        { Not: { Variable: '$.none', IsNull: false } },
      ],
    },
  ],
];

export const choiceSamples: readonly Sample[] = [
  ...operators.flatMap(([operator, operand, values]) =>
    values.map((value) =>
      sample(
        `Choice: ${operator} ${JSON.stringify(operand)} over ${JSON.stringify(value)}`,
        choice({ Variable: '$.v', [operator]: operand }),
        { v: value },
      ),
    ),
  ),
  ...paths.map(([operator, v, w]) =>
    sample(`Choice: ${operator}`, choice({ Variable: '$.v', [operator]: '$.w' }), { v, w }),
  ),
  ...composed.map(([name, rule]) => sample(`Choice: ${name}`, choice(rule), data)),
  sample('Choice: IsPresent false', choice({ Variable: '$.v', IsPresent: false })),
  sample('Choice: no rule holds', choice({ Variable: '$.v', NumericEquals: 1 }, {}), { v: 2 }),
  sample('Choice: a variable that is not there', choice({ Variable: '$.v', NumericEquals: 1 })),
  sample('Choice: a path that is not there', choice({ Variable: '$.v', NumericEqualsPath: '$.w' }), { v: 1 }),
  sample(
    'Choice: InputPath and OutputPath',
    choice({ Variable: '$.b[0]', NumericEquals: 10 }, { Default: 'No', InputPath: '$.a', OutputPath: '$.c' }),
    data,
  ),
  sample(
    'Choice: a loop that counts to three',
    {
      StartAt: 'Add',
      States: {
        Add: { Type: 'Pass', Parameters: { 'i.$': 'States.MathAdd($.i, 1)' }, Next: 'C' },
        C: { Type: 'Choice', Choices: [{ Variable: '$.i', NumericLessThan: 3, Next: 'Add' }], Default: 'D' },
        D: { Type: 'Succeed' },
      },
    },
    { i: 0 },
  ),
];
