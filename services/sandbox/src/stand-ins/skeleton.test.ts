import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isJsonObject, jsonOfValue } from '@stepcast/asl-interpreter';
import { skeletonOf } from './skeleton.ts';

const machine = (states: object) => JSON.stringify({ StartAt: 'S', States: states });
const of = (state: object) => skeletonOf(machine({ S: state }));

describe('the answer of a function that nobody has written', () => {
  it.each<[string, object, unknown]>([
    [
      'what templates read',
      { Parameters: { 'id.$': '$.order.id', deep: [{ 'n.$': "$.Payload['a b'].n" }] } },
      { order: { id: 'stand-in' }, 'a b': { n: 'stand-in' } },
    ],
    ['the items of a Map', { ItemsPath: '$.list' }, { list: ['stand-in'] }],
    ['members of items', { InputPath: '$.list[0].name' }, { list: [{ name: 'stand-in' }] }],
    [
      'what a Choice compares with',
      {
        Choices: [
          {
            And: [
              { Variable: '$.n', NumericGreaterThan: 3 },
              { Variable: '$.ok', BooleanEquals: true },
            ],
          },
        ],
      },
      { n: 3, ok: true },
    ],
    ['seconds and times', { SecondsPath: '$.s', TimestampPath: '$.t' }, { s: 1, t: '1970-01-01T00:00:00Z' }],
    [
      'arguments of functions',
      { Parameters: { 'x.$': "States.Format('{}', $.name)" } },
      { name: 'stand-in' },
    ],
    [
      'expressions',
      { Output: '{% $states.input.a.b & $states.result.Payload.c %}' },
      { a: { b: 'stand-in' }, c: 'stand-in' },
    ],
    [
      'nothing of the context object, variables and result paths',
      { Parameters: { 'a.$': '$$.Execution.Id', 'b.$': '$x.y' }, ResultPath: '$.r' },
      {},
    ],
  ])('has %s', (_what, state, expected) => {
    expect(of(state)).toEqual(expected);
  });

  it('had the token that a rule asks for, and so a loop had no end', () => {
    const rule = { Variable: '$.page.next', IsPresent: true, Next: 'S' };
    const states = { S: { Type: 'Task', ResultPath: '$.page' }, C: { Type: 'Choice', Choices: [rule] } };
    expect(skeletonOf(machine(states))).toEqual({});
  });

  it('stays small where a definition reads lists in lists', () => {
    const path = `$${'.a[9][9]'.repeat(12)}`;
    expect(JSON.stringify(of({ Parameters: { 'x.$': path } })).length).toBeLessThan(20_000);
  });

  it('is an object for any definition', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isJsonObject(skeletonOf(JSON.stringify(jsonOfValue(value) ?? null)))).toBe(true);
      }),
    );
  });

  it('had what is read behind a ResultPath one level too deep', () => {
    const skeleton = skeletonOf(
      machine({
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          ResultPath: '$.approval',
          Next: 'Choose',
        },
        Choose: {
          Type: 'Choice',
          Choices: [{ Variable: '$.approval.Payload.status', StringEquals: 'yes', Next: 'Tell' }],
        },
        Tell: {
          Type: 'Pass',
          Parameters: { 'by.$': '$.approval.by', 'all.$': '$.approvals.all', 'one.$': '$.approval[0].one' },
          End: true,
        },
      }),
    );
    expect(skeleton).toMatchObject({ status: 'yes', by: 'stand-in', approvals: { all: 'stand-in' } });
    expect(skeleton).not.toHaveProperty('all');
  });

  it('had lists of one where a later index is read, none of lists, and a text where a number is added', () => {
    const skeleton = skeletonOf(
      machine({
        Each: { Type: 'Map', ItemsPath: '$.groups[0]', Next: 'Add' },
        Add: {
          Type: 'Pass',
          Parameters: {
            'sum.$': 'States.MathAdd($.gates[0].passed, $.gates[2].passed)',
            'far.$': '$.far[99]',
          },
          End: true,
        },
      }),
    );
    const gate = { passed: 1 };
    expect(skeleton).toMatchObject({ groups: [['stand-in']], gates: [gate, gate, gate] });
    expect(skeleton.far).toHaveLength(10);
  });
});
