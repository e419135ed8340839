import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { jsonOfValue, type Json } from '../../json.ts';
import { lookup, pathProblem } from './json-path.ts';

const at = (path: string, input: Json, variables: Record<string, Json> = {}): unknown => {
  const found = lookup(path, { input, context: { Execution: { Name: 'run' } }, variables });
  return found.found ? found.value : found.problem;
};

describe('JSONPath as published workflows write it', () => {
  it.each<[string, Json, Json]>([
    ["$.abc.['def ghi']", { abc: { 'def ghi': 1 } }, 1],
    ['$.Snapshots.[0].State', { Snapshots: [{ State: 'ok' }] }, 'ok'],
    ['$.[0]', ['first'], 'first'],
    [
      '$.items[?(@.a == true && @.b == true)]',
      {
        items: [
          { a: true, b: true },
          { a: true, b: false },
        ],
      },
      [{ a: true, b: true }],
    ],
    ['$.items[?(@.a || @.b)].n', { items: [{ a: 1, n: 1 }, { b: 1, n: 2 }, { n: 3 }] }, [1, 2]],
    ["$[?(@.Status != '201')]", [{ Status: '200' }, { Status: '201' }], [{ Status: '200' }]],
    ['$.list[?(@.a)].a', { list: [{ a: false }, { a: null }, {}] }, [false, null]],
    ['$.list[?(!@.a)]', { list: [{ a: 1 }, { b: 1 }] }, [{ b: 1 }]],
    ['$.list[?(@.n > 1 && (@.n < 4 || @.n == 9))].n', { list: [{ n: 1 }, { n: 2 }, { n: 9 }] }, [2, 9]],
    ["$.list[?(@.n in ['a', 'c'])].n", { list: [{ n: 'a' }, { n: 'b' }, { n: 'c' }] }, ['a', 'c']],
    [
      "$.list[?(@['n'] == $.wanted)].v",
      {
        wanted: 2,
        list: [
          { n: 2, v: 'x' },
          { n: 3, v: 'y' },
        ],
      },
      ['x'],
    ],
    ['$.Labels[?(@.Name==Receipt)].Name', { Labels: [{ Name: 'Receipt' }, { Name: 'Cat' }] }, ['Receipt']],
    ['$.list.length()', { list: [1, 2, 3] }, 3],
    ['$..n.length()', { n: 1, in: { n: 2 } }, 2],
    ['$.list.max()', { list: [1, 7, 3] }, 7],
    ["$['a','b']", { a: 1, b: 2, c: 3 }, { a: 1, b: 2 }],
    ["$.list[*]['a','b']", { list: [{ a: 1, c: 2 }] }, [{ a: 1 }]],
    ['$.list[-2:]', { list: [1, 2, 3] }, [2, 3]],
    ['$.list[(@.length-1)]', { list: [1, 2, 3] }, 3],
    // Was refused: a name with colons.
    ['$.M.aws:backup:request-id', { M: { 'aws:backup:request-id': 7 } }, 7],
    ['$..book[0]', { store: { book: ['x', 'y'] } }, ['x']],
    ['$.*', { a: 1, b: 2 }, [1, 2]],
    ['$.items[*].none', { items: [{}] }, []],
    ['$$.Execution.Name ', {}, 'run'],
    [String.raw`$['Test\""Name"']`, { [String.raw`Test\""Name"`]: 1 }, 1],
    [String.raw`$["a\"b"]`, { 'a"b': 1 }, 1],
  ])('%s over %j gives %j', (path, input, expected) => {
    expect(at(path, input)).toEqual(expected);
  });

  it('reads variables, whole or by path', () => {
    expect(at('$order', {}, { order: { n: [1, 2] } })).toEqual({ n: [1, 2] });
    expect(at('$order.n[1]', {}, { order: { n: [1, 2] } })).toBe(2);
    expect(at('$order.n[*]', {}, { order: { n: [1, 2] } })).toEqual([1, 2]);
    expect(at('$none', {}, {})).toBe("The variable 'none' is not assigned");
  });

  it('has nothing at an index past the end, and steps over it among many', () => {
    expect(at('$.list[5]', { list: [1] })).toBe("No results for path: $['list'][5]");
    expect(at('$.lists[*][1]', { lists: [[1], [1, 2]] })).toEqual([2]);
  });

  it.each([
    ['$.a['],
    ['$.a[?('],
    ['$.a[?(@.b ~ 1)]'],
    ['$.a[1'],
    ['$..'],
    ['$.a.nonsense()'],
    ['@.a'],
    ['$.a[?(1)]'],
    [`$.a[?${'('.repeat(60)}@.b${')'.repeat(60)}]`],
  ])('%s is no path', (path) => {
    expect(pathProblem(path)).toBeDefined();
  });

  it('gives up on a path that touches more than a million values', () => {
    const deep = Array.from({ length: 60 }).reduce<Json>((inner) => [inner], 1);
    expect(at(`$${'..*'.repeat(6)}`, deep)).toContain('touches more than');
  });

  it('never throws, whatever the text and the data', () => {
    const piece = fc.constantFrom(
      '$',
      '.',
      '..',
      '[',
      ']',
      '*',
      "'a'",
      'a',
      '0',
      ':',
      ',',
      '?(',
      '@.a',
      '==',
      '&&',
      '!',
      '(',
      ')',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.jsonValue(), (pieces, value) => {
        const text = `$${pieces.join('')}`;
        const found = lookup(text, { input: jsonOfValue(value) ?? null, context: {} });
        if (pathProblem(text) !== undefined) expect(found.found).toBe(false);
      }),
    );
  });
});
