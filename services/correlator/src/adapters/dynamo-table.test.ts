import { describe, expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import { DynamoDbError } from '@stepcast/kit/dynamodb';
import { createDynamoTable, type Table } from './dynamo-table.ts';

const key = { pk: 'p', sk: 's' };
const operations: readonly (readonly [string, (table: Table) => Promise<unknown>])[] = [
  ['GetItem', (table) => table.get(key)],
  ['PutItem', (table) => table.put(key, {})],
  ['PutItem', (table) => table.replace(key, 'body', {})],
  ['BatchWriteItem', (table) => table.delete([key])],
  ['Query', (table) => table.query('p')],
];

describe.each(operations)('%s on the table', (operation, call) => {
  it.each([
    ['ValidationException', { retryable: false, failure: 'poison' }],
    ['SerializationException', { retryable: false, failure: 'poison' }],
    ['AccessDeniedException', { retryable: true, failure: 'infrastructure' }],
    ['ResourceNotFoundException', { retryable: true, failure: 'infrastructure' }],
  ])('is not sent again after %s, and says whether later may be better', async (reason, kind) => {
    const time = new ManualTime();
    const sent: string[] = [];
    const refuse = (name: string): Promise<string> => {
      sent.push(name);
      return Promise.reject(new DynamoDbError(name, reason, false, { status: 400 }));
    };
    const table = createDynamoTable({
      dynamodb: { send: refuse, sendText: refuse, close: () => Promise.resolve() },
      tableName: 'journal',
      clock: time,
      timers: time,
      random: () => 0.5,
      retentionSeconds: 60,
    });
    const failure = call(table).catch((thrown: unknown) => thrown);
    await time.advance(60_000);
    expect(await failure).toMatchObject({ code: 'CORRELATOR_STORE_FAILED', ...kind });
    expect(sent).toEqual([operation]);
  });
});
