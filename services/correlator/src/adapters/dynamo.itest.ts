import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createDynamoDb, type DynamoDb } from '@stepcast/kit/dynamodb';
import { startDynalite, type LocalDynamo } from '../testing/local-dynamo.ts';
import {
  describeExecutionStore,
  describeJournal,
  describeMachineStore,
  describeUploadStore,
  describeWaitingRoom,
  describeWatchList,
} from '../testing/port-conformance.ts';
import { createDynamoExecutionStore, createDynamoWatchList } from './dynamo-executions.adapter.ts';
import { createDynamoJournal } from './dynamo-journal.adapter.ts';
import {
  createDynamoTable,
  createJournalTable,
  readBody,
  StoredItemError,
  StoreError,
  type Table,
} from './dynamo-table.ts';
import {
  createDynamoMachineStore,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
} from './dynamo-uploads.adapter.ts';
import { ArnBody } from './table-items.schema.ts';

const TABLE = 'stepcast-journal-itest';
const RETENTION_SECONDS = 30 * 86_400;

let dynamo: LocalDynamo;
let dynamodb: DynamoDb;
let table: Table;

function tableNamed(tableName: string): Table {
  return createDynamoTable({
    dynamodb,
    tableName,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    retentionSeconds: RETENTION_SECONDS,
  });
}

beforeAll(async () => {
  dynamo = await startDynalite();
  await createJournalTable(dynamo.client, TABLE);
  dynamodb = createDynamoDb({
    client: dynamo.client,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
  });
  table = tableNamed(TABLE);
});

afterAll(async () => {
  await dynamodb.close();
  await dynamo.stop();
});

describeJournal('DynamoJournal', () => createDynamoJournal(table));
describeExecutionStore('DynamoExecutionStore', () => createDynamoExecutionStore(table));
describeWatchList('DynamoWatchList', () => createDynamoWatchList(table));
describeUploadStore('DynamoUploadStore', () => createDynamoUploadStore(table));
describeWaitingRoom('DynamoWaitingRoom', () => createDynamoWaitingRoom(table));
describeMachineStore('DynamoMachineStore', () => createDynamoMachineStore(table));

describe('the journal table', () => {
  it('is left as it is when it is there already', async () => {
    await expect(createJournalTable(dynamo.client, TABLE)).resolves.toBeUndefined();
  });

  it('has items live at least until a failed execution can no longer be redriven', async () => {
    const before = Math.floor(Date.now() / 1000);
    await table.put({ pk: 'ttl', sk: 'x' }, { any: 1 }, { ifAbsent: false });
    const { Item } = await dynamo.client.send(
      new GetItemCommand({ TableName: TABLE, Key: { pk: { S: 'ttl' }, sk: { S: 'x' } } }),
    );
    expect(Number(Item?.expiresAt?.N)).toBeGreaterThanOrEqual(before + RETENTION_SECONDS);
  });

  it('reads a partition of more than one page to its end', async () => {
    const body = 'x'.repeat(200_000);
    for (let index = 0; index < 12; index += 1)
      await table.put({ pk: 'pages', sk: String(index).padStart(3, '0') }, { body }, { ifAbsent: false });
    expect(await table.query('pages')).toHaveLength(12);
    let pages = 0;
    for await (const _page of table.pages('pages')) pages += 1;
    expect(pages).toBeGreaterThan(1);
  });

  it('says which item does not read', async () => {
    await table.put({ pk: 'bad', sk: 'x' }, { executionArn: 'nonsense' }, { ifAbsent: false });
    const item = await table.get({ pk: 'bad', sk: 'x' });
    expect(item).toBeDefined();
    expect(() => item && readBody(ArnBody, item)).toThrow(StoredItemError);
  });

  it('fails retryably when the table is not there', async () => {
    const other = tableNamed('no-such-table');
    const stream = {
      identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
      uploadId: uploadIdOf('b', 'k'),
      epoch: Epoch.parse('e'),
    };
    const failure = await createDynamoJournal(other)
      .head(stream)
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({ retryable: true, code: 'CORRELATOR_STORE_FAILED' });
  });
});
