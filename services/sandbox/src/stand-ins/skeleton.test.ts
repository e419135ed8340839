import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isJsonObject, jsonOfValue } from '@stepcast/asl-interpreter';
import { skeletonOf } from './skeleton.ts';

const of = (state: object) => skeletonOf(JSON.stringify({ StartAt: 'S', States: { S: state } }));

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

  it('is an object for any definition', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isJsonObject(skeletonOf(JSON.stringify(jsonOfValue(value) ?? null)))).toBe(true);
      }),
    );
  });
});
