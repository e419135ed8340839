import { beforeAll, describe, expect, it } from 'vitest';
import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { systemClock, systemTimers } from '@stepcast/kit';
import type { DynamoDb } from '@stepcast/kit/dynamodb';
import { createDynamoExecutionStore, createDynamoWatchList } from '../adapters/dynamo-executions.adapter.ts';
import { createDynamoJournal } from '../adapters/dynamo-journal.adapter.ts';
import { createJournalTable } from '../adapters/create-journal-table.ts';
import { createDynamoTable, type Table } from '../adapters/dynamo-table.ts';
import { bodyOf, readBody } from '../adapters/item-body.ts';
import { StoredItemError, StoreError } from '../adapters/store-error.ts';
import {
  createDynamoMachineStore,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
} from '../adapters/dynamo-uploads.adapter.ts';
import { ArnBody } from '@stepcast/wire';
import {
  describeExecutionStore,
  describeJournal,
  describeMachineStore,
  describeUploadStore,
  describeWaitingRoom,
  describeWatchList,
} from './port-conformance.ts';

const RETENTION_SECONDS = 30 * 86_400;

/** A journal table at any endpoint that speaks DynamoDB. */
export interface StoreTable {
  /** May make tables; reads what the stores wrote. */
  readonly client: DynamoDBClient;
  /** The stores' own way in. */
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
}

function tableAt({ dynamodb, tableName }: StoreTable): Table {
  return createDynamoTable({
    dynamodb,
    tableName,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    retentionSeconds: RETENTION_SECONDS,
  });
}

/**
 * Every store of the correlator against one endpoint. The table need not be there yet; nothing else may write into it.
 * @param setUp is asked once tests run, not before
 */
export function describeDynamoStores(name: string, setUp: () => StoreTable): void {
  beforeAll(async () => {
    await createJournalTable(setUp().client, setUp().tableName);
  });
  const table = () => tableAt(setUp());

  describeJournal(`DynamoJournal in ${name}`, () => createDynamoJournal(table(), systemClock));
  describeExecutionStore(`DynamoExecutionStore in ${name}`, () => createDynamoExecutionStore(table()));
  describeWatchList(`DynamoWatchList in ${name}`, () => createDynamoWatchList(table()));
  describeUploadStore(`DynamoUploadStore in ${name}`, () => createDynamoUploadStore(table()));
  describeWaitingRoom(`DynamoWaitingRoom in ${name}`, () => createDynamoWaitingRoom(table()));
  describeMachineStore(`DynamoMachineStore in ${name}`, () => createDynamoMachineStore(table()));
  describeTable(name, setUp);
}

function describeTable(name: string, setUp: () => StoreTable): void {
  const table = () => tableAt(setUp());
  describe(`the journal table in ${name}`, () => {
    it('is left as it is when it is there already', async () => {
      await expect(createJournalTable(setUp().client, setUp().tableName)).resolves.toBeUndefined();
    });

    it('has items live at least until a failed execution can no longer be redriven', async () => {
      const before = Math.floor(Date.now() / 1000);
      await table().put({ pk: 'ttl', sk: 'x' }, bodyOf({ any: 1 }));
      const { Item } = await setUp().client.send(
        new GetItemCommand({ TableName: setUp().tableName, Key: { pk: { S: 'ttl' }, sk: { S: 'x' } } }),
      );
      expect(Number(Item?.expiresAt?.N)).toBeGreaterThanOrEqual(before + RETENTION_SECONDS);
    });

    it('reads a partition of more than one page to its end', async () => {
      const body = 'x'.repeat(200_000);
      for (let index = 0; index < 12; index += 1)
        await table().put({ pk: 'pages', sk: String(index).padStart(3, '0') }, bodyOf({ body }));
      expect(await table().query('pages')).toHaveLength(12);
      let pages = 0;
      for await (const _page of table().pages('pages')) pages += 1;
      expect(pages).toBeGreaterThan(1);
    });

    it('says which item does not read', async () => {
      await table().put({ pk: 'bad', sk: 'x' }, bodyOf({ executionArn: 'nonsense' }));
      const item = await table().get({ pk: 'bad', sk: 'x' });
      expect(item).toBeDefined();
      expect(() => item && readBody(ArnBody, item)).toThrow(StoredItemError);
    });

    it('fails for good when DynamoDB calls the request invalid', async () => {
      const failure = await table()
        .put({ pk: '', sk: '' }, bodyOf({}))
        .catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ retryable: false, failure: 'poison' });
    });

    it('fails retryably when the table is not there', async () => {
      const other = tableAt({ ...setUp(), tableName: 'no-such-table' });
      const stream = {
        identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
        uploadId: uploadIdOf('b', 'k'),
        epoch: Epoch.parse('e'),
      };
      const failure = await createDynamoJournal(other, systemClock)
        .tail(stream)
        .catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(StoreError);
      expect(failure).toMatchObject({
        retryable: true,
        failure: 'infrastructure',
        code: 'CORRELATOR_STORE_FAILED',
      });
    });
  });
}
