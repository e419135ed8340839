import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isJsonObject, jsonOfText, jsonOfValue, type Json } from '../json.ts';
import { evaluateIntrinsic } from './intrinsics.ts';
import { lookup, pathProblem } from './path/json-path.ts';
import { parseReferencePath, readReference, writeReference } from './path/reference-path.ts';
import { placeResult, selectByPath } from './state-data.ts';
import { evaluateTemplate } from './template.ts';
import { parseTimestamp } from './timestamp.ts';

const environment = { random: () => 0.5, uuid: () => 'ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8' };
const context: Json = { Execution: { Id: 'arn', Name: 'run' }, StateMachine: { Name: 'Pipe-Line' } };
const evaluate = (source: string, input: Json = {}) =>
  evaluateIntrinsic(source, { input, context, ...environment });

describe('path', () => {
  const input: Json = {
    a: { b: [10, 20, 30] },
    'photo#1': 'sharp',
    'a;b': 'semi',
    '*': 'star',
    'a b': { "it's": 'quoted' },
    zero: 0,
    books: [
      { title: 'x', price: 8, tags: ['t'] },
      { title: 'y', price: 12, tags: [] },
    ],
  };
  const scope = { input, context };

  it.each([
    ['$.a.b[1]', 20],
    ['$.a.b[-1]', 30],
    ["$['a']['b'][0]", 10],
    ["$['photo#1']", 'sharp'],
    ["$['a;b']", 'semi'],
    ["$['*']", 'star'],
    [String.raw`$['a b']['it\'s']`, 'quoted'],
    ['$.zero', 0],
    ['$$.Execution.Name', 'run'],
    ['$.books[*].price', [8, 12]],
    ['$..price', [8, 12]],
    ['$.a.b[0:2]', [10, 20]],
    ['$.a.b[0,2]', [10, 30]],
    ['$.books[?(@.price > 10)].title', ['y']],
    ["$.books[?(@.title == 'x' && @.price < 10)].price", [8]],
    ['$.books[?(@.missing == 1)]', []],
    ['$$..Name', ['run', 'Pipe-Line']],
  ])('%s finds %j', (path, value) => {
    expect(lookup(path, scope)).toEqual({ found: true, value });
  });

  it.each([[0], [false], [''], [null]])('finds the root even when it is %j', (root) => {
    expect(lookup('$', { input: root, context })).toEqual({ found: true, value: root });
  });

  it('words what is missing as AWS does', () => {
    expect(lookup('$.nothing', scope)).toEqual({
      found: false,
      problem: "No results for path: $['nothing']",
    });
    expect(lookup('$.no.such.path', scope)).toEqual({
      found: false,
      problem: "Missing property in path $['no']",
    });
  });

  it('does not reach inherited members', () => {
    expect(lookup('$.constructor', scope).found).toBe(false);
    expect(lookup('$.a.__proto__', scope).found).toBe(false);
  });

  it.each([
    ['$.books[?(@.constructor("x"))]'],
    ['$.books[?(@.price = 1)]'],
    ['$.books[?(run())]'],
    ['$.a^'],
    ['a.b'],
  ])('refuses %s', (path) => {
    expect(pathProblem(path)).toBeDefined();
  });

  it('reads back what it writes, and leaves the rest as it was', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.jsonValue(), { maxKeys: 4 }),
        fc.array(key, { minLength: 1, maxLength: 3 }),
        (object, keys) => {
          const target = jsonOfValue(object) ?? null;
          const text = `$${keys.map((one) => `['${one.replaceAll(/['\\]/g, String.raw`\$&`)}']`).join('')}`;
          const path = parseReferencePath(text);
          expect(path?.steps).toEqual(keys);
          if (path === undefined) return;
          const written = writeReference(path, target, 'value');
          if (written === undefined) return;
          expect(readReference(path, written)).toEqual({ found: true, value: 'value' });
          if (!isJsonObject(target)) return;
          for (const [name, value] of Object.entries(target))
            if (name !== keys[0])
              expect(readReference({ root: 'input', steps: [name] }, written)).toEqual({
                found: true,
                value,
              });
        },
      ),
    );
  });
});

describe('input and output of a state', () => {
  const scope = { input: { a: 1 } satisfies Json, context };
  it('selects by path, keeps without one, and empties with null', () => {
    expect(selectByPath('$.a', scope)).toBe(1);
    expect(selectByPath(undefined, scope)).toEqual({ a: 1 });
    expect(selectByPath(null, scope)).toEqual({});
    expect(() => selectByPath('$.b', scope)).toThrow("Invalid path '$.b' : No results for path: $['b']");
  });
  it('places results', () => {
    expect(placeResult(undefined, { a: 1 }, 2)).toBe(2);
    expect(placeResult(null, { a: 1 }, 2)).toEqual({ a: 1 });
    expect(placeResult('$.b.c', { a: 1 }, 2)).toEqual({ a: 1, b: { c: 2 } });
    expect(placeResult('$.list[1]', { list: [1, 1] }, 2)).toEqual({ list: [1, 2] });
    expect(() => placeResult('$.a.b', { a: 1 }, 2)).toThrow('Unable to apply ResultPath');
  });
  it('fills templates at every depth', () => {
    expect(
      evaluateTemplate(
        {
          keep: 'x',
          deep: [{ 'value.$': '$.a' }],
          'name.$': '$$.Execution.Name',
          'sum.$': 'States.MathAdd($.a, 1)',
        },
        { ...scope, ...environment },
      ),
    ).toEqual({ keep: 'x', deep: [{ value: 1 }], name: 'run', sum: 2 });
  });
  it('makes a member named __proto__ a member', () => {
    const template = jsonOfText('{"__proto__":{"x":1}}') ?? null;
    const filled = evaluateTemplate(template, { ...scope, ...environment });
    expect(JSON.stringify(filled)).toBe('{"__proto__":{"x":1}}');
  });
});

describe('intrinsic function', () => {
  it.each<[string, Json, Json]>([
    ["States.Format('{} of {}', $.n, 'x')", { n: 3 }, '3 of x'],
    [String.raw`States.Format('\{{}\} \'it\'', $.n)`, { n: 3 }, "{3} 'it'"],
    ["States.Format('{}', $.o)", { o: { Arg1: 1, Arg2: [] } }, '{Arg1=1, Arg2=[]}'],
    ['States.Format($.t, 1)', { t: 'n={}' }, 'n=1'],
    // Were refused: escapes of letters.
    [String.raw`States.Format('a\n{}\t.\r', 1)`, {}, 'a\n1\t.\r'],
    [String.raw`States.Array('a\nb', 'c\d')`, {}, ['a\nb', 'cd']],
    [String.raw`States.Format($.t, 1)`, { t: String.raw`\n{}` }, 'n1'],
    ["States.Format('{} {} {}', null, true, -1.5)", {}, 'null true -1.5'],
    ['States.StringToJson(\'{"a": [1]}\')', {}, { a: [1] }],
    ["States.StringToJson('')", {}, null],
    ['States.JsonToString($)', { a: 1 }, '{"a":1}'],
    ["States.Array(1, 'two', $.x, null)", { x: [3] }, [1, 'two', [3], null]],
    ['States.Array()', {}, []],
    ['States.ArrayPartition($, 4)', [1, 2, 3, 4, 5, 6, 7, 8, 9], [[1, 2, 3, 4], [5, 6, 7, 8], [9]]],
    ['States.ArrayContains($.a, $.b)', { a: [{ x: 1, y: [] }], b: { y: [], x: 1 } }, true],
    ['States.ArrayContains($, 4)', [1, 2], false],
    ['States.ArrayRange(1, 9, 2)', {}, [1, 3, 5, 7, 9]],
    ['States.ArrayRange(0, 10, 3)', {}, [0, 3, 6, 9]],
    ['States.ArrayRange(3, 1, -1)', {}, [3, 2, 1]],
    ['States.ArrayGetItem($, 5)', [1, 2, 3, 4, 5, 6, 7], 6],
    ['States.ArrayLength($)', [1, 2, 3], 3],
    ['States.ArrayUnique($)', [1, 1, 'a', 'a', [1], [1], null], [1, 'a', [1], null]],
    ["States.Base64Encode('Data to encode')", {}, 'RGF0YSB0byBlbmNvZGU='],
    ["States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", {}, 'Data to decode'],
    ["States.Hash('input data', 'SHA-1')", {}, 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    [
      'States.JsonMerge($.a, $.b, false)',
      { a: { x: { y: 1 }, z: 1 }, b: { x: { w: 2 } } },
      { x: { w: 2 }, z: 1 },
    ],
    ['States.MathRandom(1, 999)', {}, 500],
    ['States.MathAdd($.n, -1)', { n: 111 }, 110],
    ["States.StringSplit('1,2,3', ',')", {}, ['1', '2', '3']],
    ["States.StringSplit('This.is+a,test=string', '.+,=')", {}, ['This', 'is', 'a', 'test', 'string']],
    ["States.StringSplit(',,,,', ',')", {}, []],
    ['States.UUID()', {}, 'ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8'],
    ["States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), 1)", {}, 'Line'],
    ["States.Array(States.Format('{})', $['a,b)']))", { 'a,b)': 'x' }, ['x)']],
  ])('%s', (source, input, expected) => {
    expect(evaluate(source, input)).toEqual(expected);
  });

  it('draws the same number for the same seed, within the bounds', () => {
    const drawn = evaluate('States.MathRandom(1, 999, 42)');
    expect(evaluate('States.MathRandom(1, 999, 42)')).toBe(drawn);
    expect(Number(drawn)).toBeGreaterThanOrEqual(1);
    expect(Number(drawn)).toBeLessThan(999);
  });

  it.each([
    ["States.ArrayLength('x')", 'the first argument must be an array'],
    ['States.ArrayGetItem($.a, 9)', 'the array has no item 9'],
    ["States.StringToJson('{')", 'not JSON text'],
    ["States.Format('{} {}', 1)", 'the template has 2 placeholders for 1 values'],
    ['States.JsonMerge($, $, true)', 'deep merging is not supported'],
    ['States.ArrayRange(1, 5000, 1)', 'more than 1000 elements'],
    ["States.Hash('x', 'MD4')", 'the algorithm must be one of'],
    ['States.MathAdd($.a, 1)', 'must be a number'],
    ['States.Nonsense(1)', 'there is no function States.Nonsense'],
    ['States.UUID(1)', 'takes 0 arguments'],
  ])('%s fails: %s', (source, problem) => {
    let caught: unknown;
    try {
      evaluate(source, { a: [1] });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ errorName: 'States.IntrinsicFailure' });
    expect(String(caught)).toContain(problem);
    expect(String(caught)).toContain("The function '");
  });

  it('says which path of its arguments was not there, as a runtime error', () => {
    expect(() => evaluate('States.ArrayLength($.gone)', { a: 1 })).toThrow(
      `The function 'States.ArrayLength($.gone)' had the following error: The JsonPath argument for the field '$.gone' could not be found in the input '{"a":1}'`,
    );
  });

  it.each([
    ['States.Format('],
    ["States.Format('a' 'b')"],
    ["States.Format('a'))"],
    [String.raw`States.Format('\"')`],
    [`${'States.Array('.repeat(11)}1${')'.repeat(11)}`],
  ])('refuses the text %s', (source) => {
    expect(() => evaluate(source)).toThrow(/at character \d+ of/);
  });

  it('splits and joins: no separator is left and nothing else is lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 1 })),
        fc.constantFrom(',', '-+', ' '),
        (chars, separators) => {
          const text = chars.join('');
          const quoted = JSON.stringify([text]);
          const parts = evaluate(`States.StringSplit($[0], '${separators}')`, jsonOfText(quoted) ?? null);
          const joined = Array.isArray(parts) ? parts.join('') : '';
          expect(joined).toBe(chars.filter((char) => char === '' || !separators.includes(char)).join(''));
        },
      ),
    );
  });

  it('decodes the base64 that it encodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(evaluate('States.Base64Decode(States.Base64Encode($.t))', { t: text })).toBe(text);
      }),
    );
  });
});

describe('timestamp', () => {
  it.each([
    ['2016-03-14T01:59:00Z', Date.UTC(2016, 2, 14, 1, 59)],
    ['2016-03-14T01:59:00.123456Z', Date.UTC(2016, 2, 14, 1, 59, 0, 123)],
    ['2016-03-14T01:59:00+02:00', Date.UTC(2016, 2, 13, 23, 59)],
  ])('reads %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });
  it.each([
    ['2016-12-05 21:29:29Z'],
    ['2016-12-05T21:29:29'],
    ['2016-13-05T21:29:29Z'],
    ['2016-12-05T25:29:29Z'],
    ['2016-02-30T00:00:00Z'],
    ['05-12-2016T21:29:29Z'],
  ])('refuses %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
