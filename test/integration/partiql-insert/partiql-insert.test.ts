import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchExecuteStatementCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { dynamoTargets, type RunningDynamo } from '../../support/dynamodb-targets.ts';
import { cases, differenceIn } from './cases.ts';
import {
  insertOf,
  newItem,
  outcomeAlone,
  outcomeOf,
  outcomesOf,
  sendBatch,
  storedLike,
  type InsertTable,
  type Item,
} from './insert.ts';

/**
 * What the journal relies on when entries of several executions travel as one batch of PartiQL INSERTs. Sources: DynamoDB
 * developer guide, "PartiQL insert statements" and "Running batch operations with PartiQL"; API reference,
 * BatchExecuteStatement and BatchStatementError; for what these leave open, the answers of DynamoDB itself that
 * paritysuite's dynamodb-conformance recorded (eu-west-2, October 2026).
 *
 * Not known of DynamoDB, and asserted only as far as the journal needs it: two statements of one key in one batch.
 */
const targets = await dynamoTargets('PartiQL INSERT');

describe.each(targets)('an INSERT of PartiQL in $name', ({ name: target, start }) => {
  let running: RunningDynamo;
  let table: InsertTable;

  beforeAll(async () => {
    running = await start();
    table = { client: running.clientFor('operator'), tableName: running.tableName };
  });

  afterAll(async () => {
    await running.stop();
  });

  const insert = (item: Item) => insertOf(table.tableName, item);

  it('writes what is new, and leaves alone what is there, each for itself', async () => {
    const [taken, one, two] = [newItem({ body: { S: 'first' } }), newItem(), newItem()] as const;
    await table.client.send(new PutItemCommand({ TableName: table.tableName, Item: taken }));
    const responses = await sendBatch(table, [
      insert(one),
      insert({ ...taken, body: { S: 'second' } }),
      insert(two),
    ]);
    expect(responses.map(outcomeOf)).toEqual(['written', 'DuplicateItem', 'written']);
    expect(responses[1]?.Error?.Message).toBe('Duplicate primary key exists in table');
    expect(responses.map(({ TableName }) => TableName)).toEqual(Array(3).fill(table.tableName));
    expect(await storedLike(table, taken)).toEqual(taken);
    expect(await storedLike(table, one)).toEqual(one);
    expect(await storedLike(table, two)).toEqual(two);
  });

  it('answers a batch that is sent again with DuplicateItem throughout', async () => {
    const statements = Array.from({ length: 25 }, () => insert(newItem()));
    expect(await outcomesOf(table, statements)).toEqual(Array(25).fill('written'));
    expect(await outcomesOf(table, statements)).toEqual(Array(25).fill('DuplicateItem'));
  });

  it('lets exactly one of many that insert the same key at once win', async () => {
    const item = newItem();
    const batches = await Promise.all(
      Array.from({ length: 20 }, (_unused, by) =>
        outcomesOf(table, [insert(newItem()), insert({ ...item, by: { N: String(by) } })]),
      ),
    );
    const outcomes = batches.map((batch) => (typeof batch === 'string' ? batch : batch[1]));
    expect(outcomes.toSorted()).toEqual([...Array<string>(19).fill('DuplicateItem'), 'written']);
  });

  it('writes a key at most once where one batch has it twice', async () => {
    const item = newItem();
    const outcomes = await outcomesOf(table, [
      insert({ ...item, by: { S: 'one' } }),
      insert({ ...item, by: { S: 'other' } }),
    ]);
    const stored = await storedLike(table, item);
    const difference = differenceIn(target, 'one key twice');
    if (difference !== undefined) {
      expect(outcomes).toBe(difference.theirs);
      expect(stored).toEqual({ ...item, by: { S: 'one' } });
      return;
    }
    const written = typeof outcomes === 'string' ? [] : outcomes.filter((outcome) => outcome === 'written');
    expect(written.length).toBeLessThanOrEqual(1);
    expect(stored === undefined).toBe(written.length === 0);
  });

  it('keeps every kind of value as it is', async () => {
    const item = newItem({
      text: { S: 'Résumé ✓ 👩‍👩‍👧 "double" \'single\' \u0000 \\' },
      empty: { S: '' },
      number: { N: '-1234567890.0123456789' },
      yes: { BOOL: true },
      nothing: { NULL: true },
      bytes: { B: new Uint8Array([0, 1, 254, 255]) },
      words: { SS: ['a', 'b'] },
      list: { L: [{ N: '1' }, { S: 'two' }, { L: [] }] },
      map: { M: { inside: { M: { deeper: { N: '0.5' } } }, none: { M: {} } } },
      "it's ünïcödé 🎉": { S: 'named' },
    });
    expect(await outcomesOf(table, [insert(item)])).toEqual(['written']);
    expect(await storedLike(table, item)).toEqual(item);
  });

  it('takes 25 bodies of 300 KB in one batch', async () => {
    const body = { S: 'é'.repeat(150 * 1024) };
    const items = Array.from({ length: 25 }, () => newItem({ body }));
    expect(await outcomesOf(table, items.map(insert))).toEqual(Array(25).fill('written'));
    const [first] = items;
    expect(first && (await storedLike(table, first))?.['body']?.S?.length).toBe(body.S.length);
  });

  it('takes 1 to 25 statements, and refuses any other number whole', async () => {
    const items = Array.from({ length: 26 }, () => newItem());
    expect(await outcomesOf(table, items.map(insert))).toBe('ValidationException');
    expect(await outcomesOf(table, [])).toBe('ValidationException');
    for (const item of items.slice(0, 3)) expect(await storedLike(table, item)).toBeUndefined();
    expect(await outcomesOf(table, items.slice(0, 25).map(insert))).toEqual(Array(25).fill('written'));
  });

  it.each(cases)(
    'fails for itself with $name, and its neighbours are written',
    async ({ name, statements }) => {
      const expected = statements(table.tableName);
      const difference = differenceIn(target, name);
      const outcomes = await outcomesOf(
        table,
        expected.map(([statement]) => statement),
      );
      expect(outcomes).toEqual(
        difference?.wholeBatch
          ? difference.theirs
          : expected.map(([, outcome]) =>
              outcome === 'written' ? outcome : (difference?.theirs ?? outcome),
            ),
      );
    },
  );

  it('fails by an exception of the same meaning when it is sent alone', async () => {
    const item = newItem();
    expect(await outcomeAlone(table, insert(item))).toBe('written');
    expect(await outcomeAlone(table, insert(item))).toBe(
      differenceIn(target, 'a duplicate, sent alone')?.theirs ?? 'DuplicateItemException',
    );
    expect(await outcomeAlone(table, insertOf('stepcast-no-such-table', item))).toBe(
      'ResourceNotFoundException',
    );
    expect(await outcomeAlone(table, { Statement: 'INSRT', Parameters: [{ S: 'a' }] })).toBe(
      'ValidationException',
    );
  });

  it('says what it consumed when it is asked', async () => {
    const { ConsumedCapacity = [] } = await table.client.send(
      new BatchExecuteStatementCommand({
        Statements: [insert(newItem()), insert(newItem())],
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    if (differenceIn(target, 'consumed capacity') !== undefined) {
      expect(ConsumedCapacity).toEqual([]);
      return;
    }
    const units = ConsumedCapacity.map(({ CapacityUnits = 0 }) => CapacityUnits);
    expect(units.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(new Set(ConsumedCapacity.map(({ TableName }) => TableName))).toEqual(new Set([table.tableName]));
  });
});

describe('the rights to insert in the sandbox', () => {
  let running: RunningDynamo;

  beforeAll(async () => {
    const [sandbox] = targets;
    if (sandbox?.name !== 'the sandbox') throw new TypeError('the sandbox is no target');
    running = await sandbox.start();
  });

  afterAll(async () => {
    await running.stop();
  });

  it.each([
    ['correlator', 'written', 'written'],
    ['publisher', 'AccessDenied', 'AccessDeniedException'],
  ] as const)('are those of the policies that ship: the %s has %s', async (caller, batched, alone) => {
    const table = { client: running.clientFor(caller), tableName: running.tableName };
    const [one, other] = [newItem(), newItem()];
    expect(
      await outcomesOf(table, [insertOf(table.tableName, one), insertOf('some-other-table', newItem())]),
    ).toEqual([batched, 'AccessDenied']);
    expect(await outcomeAlone(table, insertOf(table.tableName, other))).toBe(alone);
    const operator = { ...table, client: running.clientFor('operator') };
    expect(await storedLike(operator, one)).toEqual(batched === 'written' ? one : undefined);
  });
});
