import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import * as z from 'zod';
import { Refusal } from '../aws-json.ts';
import { itemBytes, readUnitsOf, writeUnitsOf } from '../../cost/item-size.ts';
import { StubStore } from './store-service.ts';

const text = (S: string) => ({ S });
const item = (pk: string, sk: string, more: Record<string, { S: string }> = {}) => ({
  pk: text(pk),
  sk: text(sk),
  ...more,
});
const insert = (one: Record<string, { S: string }>) => ({
  Statement: `INSERT INTO "t" VALUE {${Object.keys(one)
    .map((name) => `'${name}': ?`)
    .join(', ')}}`,
  Parameters: Object.values(one),
});
const open = () => new StubStore({ maxItems: 1_000 });

function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Refusal ? thrown.code : String(thrown);
  }
}

describe('the stub store', () => {
  it('gives each INSERT of a batch a result of its own', () => {
    const store = open();
    const [first, second] = [item('stream#a', '1'), item('stream#a', '2')];
    store.service('BatchExecuteStatement', { Statements: [insert(first)] });
    const answer = store.service('BatchExecuteStatement', { Statements: [insert(first), insert(second)] });
    expect(answer).toMatchObject({
      Responses: [{ Error: { Code: 'DuplicateItem' } }, { TableName: 'stub' }],
    });
    expect(store.service('GetItem', { Key: second })).toEqual({ Item: second });
  });

  it('refuses a batch that names one key twice, as DynamoDB does', () => {
    const one = insert(item('a', '1'));
    expect(refusalOf(() => open().service('BatchExecuteStatement', { Statements: [one, one] }))).toBe(
      'ValidationException',
    );
  });

  it.each(['SELECT pk FROM "t"', 'INSERT INTO "t" VALUE {\'pk\': 1}', 'DELETE FROM "t" WHERE pk = \'a\''])(
    'refuses %s',
    (statement) => {
      const request = { Statements: [{ Statement: statement, Parameters: [text('a')] }] };
      expect(refusalOf(() => open().service('BatchExecuteStatement', request))).toBe('ValidationException');
    },
  );

  it('keeps the conditions of a PutItem', () => {
    const store = open();
    const put = (body: string, more: object) =>
      refusalOf(() => store.service('PutItem', { Item: item('a', '1', { body: text(body) }), ...more }));
    const ifAbsent = {
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk' },
    };
    const ifBody = (body: string) => ({
      ConditionExpression: '#body = :body',
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':body': text(body) },
    });
    expect(put('one', ifBody('zero'))).toBe('ConditionalCheckFailedException');
    expect(put('one', ifAbsent)).toBeUndefined();
    expect(put('two', ifAbsent)).toBe('ConditionalCheckFailedException');
    expect(put('two', ifBody('one'))).toBeUndefined();
    expect(store.service('GetItem', { Key: item('a', '1') })).toMatchObject({ Item: { body: { S: 'two' } } });
  });

  it('answers a Query page by page in order of sort key, in either direction', () => {
    const sortKey = fc.stringMatching(/^[a-c0-9]{1,4}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(sortKey, { maxLength: 20 }),
        sortKey,
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('<=', '>=', 'begins_with'),
        (keys, bound, forward, limit, comparison) => {
          const store = open();
          for (const sk of keys) store.service('PutItem', { Item: item('p', sk) });
          store.service('PutItem', { Item: item('other', 'a') });
          const condition = comparison === 'begins_with' ? 'begins_with(sk, :sk)' : `sk ${comparison} :sk`;
          const found: string[] = [];
          let start: unknown;
          do {
            const page = store.service('Query', {
              KeyConditionExpression: `pk = :pk AND ${condition}`,
              ExpressionAttributeValues: { ':pk': text('p'), ':sk': text(bound) },
              ScanIndexForward: forward,
              Limit: limit,
              ExclusiveStartKey: start,
            });
            const { sortKeys, next } = pageOf(page);
            expect(sortKeys.length).toBeLessThanOrEqual(limit);
            found.push(...sortKeys);
            start = next;
          } while (start !== undefined);
          const wanted = keys
            .filter((sk) =>
              comparison === 'begins_with'
                ? sk.startsWith(bound)
                : comparison === '<='
                  ? sk <= bound
                  : sk >= bound,
            )
            .sort();
          expect(found).toEqual(forward ? wanted : wanted.reverse());
        },
      ),
    );
  });

  it('counts calls, statements, and write units of 1 KB, rounded up an item', () => {
    const store = open();
    const large = item('stream#a', '1', { events: text('x'.repeat(1_024)) });
    store.service('BatchExecuteStatement', { Statements: [insert(large), insert(item('owner#a', '1'))] });
    store.service('GetItem', { Key: item('owner#a', '1') });
    expect(store.takeCounts()).toEqual({
      calls: 2,
      callsByKind: { 'BatchExecuteStatement stream': 1, 'GetItem owner': 1 },
      statements: 2,
      writeUnits: 3,
      writeUnitsByKind: { stream: 2, owner: 1 },
      readUnits: 1,
    });
    expect(store.takeCounts()).toMatchObject({ calls: 0, statements: 0, writeUnits: 0 });
  });

  it('forgets its oldest items beyond a bound', () => {
    const store = new StubStore({ maxItems: 10 });
    for (let index = 0; index < 21; index += 1) store.service('PutItem', { Item: item('p', String(index)) });
    expect(store.service('GetItem', { Key: item('p', '0') })).toEqual({});
    expect(store.service('GetItem', { Key: item('p', '20') })).toHaveProperty('Item');
  });

  it('refuses every operation that it does not know, so that a client that needs it fails at once', () => {
    expect(refusalOf(() => open().service('TransactWriteItems', {}))).toBe('UnknownOperationException');
  });
});

describe('units', () => {
  it('are those of the developer guide', () => {
    // "pk" + "a", "sk" + "b", "n" + two digits in a byte + 1
    expect(itemBytes({ pk: text('a'), sk: text('b'), n: { N: '12' } })).toBe(9);
    expect(itemBytes({ pk: text('é') })).toBe(4);
    expect([0, 1, 1_024, 1_025].map(writeUnitsOf)).toEqual([1, 1, 1, 2]);
    expect([0, 4_096, 4_097].map(readUnitsOf)).toEqual([1, 1, 2]);
  });
});

const QueryAnswer = z.object({
  Items: z.array(z.object({ sk: z.object({ S: z.string() }) })),
  LastEvaluatedKey: z.unknown().optional(),
});

function pageOf(answer: unknown): { readonly sortKeys: readonly string[]; readonly next: unknown } {
  const { Items, LastEvaluatedKey } = QueryAnswer.parse(answer);
  return { sortKeys: Items.map(({ sk }) => sk.S), next: LastEvaluatedKey };
}
