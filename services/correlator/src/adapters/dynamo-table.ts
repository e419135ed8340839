import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  waitUntilTableExists,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describeIssues, JOURNAL_KEYS, parseJson } from '@stepcast/contracts';
import { asError, StepcastError, type Clock } from '@stepcast/kit';
import type * as z from 'zod';
import type { $ZodType } from 'zod/v4/core';

/** Thrown when DynamoDB did not answer as asked. Whatever was under way comes again. */
export class StoreError extends StepcastError {
  readonly code = 'CORRELATOR_STORE_FAILED';
  readonly retryable = true;
}

/** Thrown for an item that does not read. Not retryable: it will not read later either. */
export class StoredItemError extends StepcastError {
  readonly code = 'CORRELATOR_STORED_ITEM_INVALID';
  readonly retryable = false;
}

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export interface StoredItem extends ItemKey {
  readonly body: string;
}

/** Few, plain operations on one table: all that DynamoDB, DynamoDB Local and dynalite have in common and that is needed. */
export interface Table {
  get(key: ItemKey): Promise<StoredItem | undefined>;
  /** @returns false when `ifAbsent` and the key is taken */
  put(key: ItemKey, body: unknown, options: { readonly ifAbsent: boolean }): Promise<boolean>;
  delete(keys: readonly ItemKey[]): Promise<void>;
  /** The items of a partition in order of sort key, from `prefix` on; consistent. */
  query(
    pk: string,
    options?: { readonly prefix?: string; readonly newestFirst?: boolean; readonly limit?: number },
  ): Promise<StoredItem[]>;
  /** The same in pages. */
  pages(pk: string): AsyncIterable<readonly StoredItem[]>;
}

const MAX_DELETES = 25;
const MAX_ROUNDS = 8;

/** DynamoDB's name for a failed condition, also of its emulators. */
const TAKEN = 'ConditionalCheckFailedException';

export function createDynamoTable(options: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** How long an item lives after it was written. */
  readonly retentionSeconds: number;
}): Table {
  const { client, tableName, clock, retentionSeconds } = options;
  const { partition, sort, body: bodyName, expiresAt } = JOURNAL_KEYS;

  async function call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (thrown) {
      throw new StoreError(`${operation} failed: ${asError(thrown).name}`, { cause: thrown });
    }
  }

  function keyOf({ pk, sk }: ItemKey): Record<string, AttributeValue> {
    return { [partition]: { S: pk }, [sort]: { S: sk } };
  }

  function itemOf(item: Record<string, AttributeValue>): StoredItem {
    const [pk, sk, body] = [item[partition]?.S, item[sort]?.S, item[bodyName]?.S];
    if (pk === undefined || sk === undefined || body === undefined)
      throw new StoredItemError('an item of the journal table has no pk, sk or body');
    return { pk, sk, body };
  }

  async function queryPage(
    pk: string,
    { prefix, newestFirst = false, limit }: { prefix?: string; newestFirst?: boolean; limit?: number },
    start: Record<string, AttributeValue> | undefined,
  ) {
    const withPrefix = prefix !== undefined && prefix !== '';
    const { Items = [], LastEvaluatedKey } = await call('Query', () =>
      client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          ScanIndexForward: !newestFirst,
          KeyConditionExpression: withPrefix ? '#pk = :pk AND begins_with(#sk, :sk)' : '#pk = :pk',
          ExpressionAttributeNames: { '#pk': partition, ...(withPrefix ? { '#sk': sort } : {}) },
          ExpressionAttributeValues: { ':pk': { S: pk }, ...(withPrefix ? { ':sk': { S: prefix } } : {}) },
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      ),
    );
    return { items: Items.map(itemOf), next: LastEvaluatedKey };
  }

  return {
    async get(key) {
      const { Item } = await call('GetItem', () =>
        client.send(new GetItemCommand({ TableName: tableName, ConsistentRead: true, Key: keyOf(key) })),
      );
      return Item === undefined ? undefined : itemOf(Item);
    },
    async put(key, body, { ifAbsent }) {
      const expires = Math.floor(clock.nowMs() / 1000) + retentionSeconds;
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: {
              ...keyOf(key),
              [bodyName]: { S: typeof body === 'string' ? body : JSON.stringify(body) },
              [expiresAt]: { N: String(expires) },
            },
            ...(ifAbsent
              ? {
                  ConditionExpression: 'attribute_not_exists(#pk)',
                  ExpressionAttributeNames: { '#pk': partition },
                }
              : {}),
          }),
        );
        return true;
      } catch (thrown) {
        if (asError(thrown).name === TAKEN) return false;
        throw new StoreError(`PutItem failed: ${asError(thrown).name}`, { cause: thrown });
      }
    },
    async delete(keys) {
      const [only, ...others] = keys;
      if (only === undefined) return;
      if (others.length === 0) {
        await call('DeleteItem', () =>
          client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(only) })),
        );
        return;
      }
      for (let start = 0; start < keys.length; start += MAX_DELETES) {
        let requests = keys
          .slice(start, start + MAX_DELETES)
          .map((key) => ({ DeleteRequest: { Key: keyOf(key) } }));
        // What DynamoDB did not get to it hands back; how long that takes is its SDK's backoff between the rounds.
        for (let round = 0; requests.length > 0; round += 1) {
          if (round === MAX_ROUNDS) throw new StoreError('BatchWriteItem left deletions undone');
          const pending = requests;
          const { UnprocessedItems } = await call('BatchWriteItem', () =>
            client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: pending } })),
          );
          requests = (UnprocessedItems?.[tableName] ?? []).flatMap(({ DeleteRequest }) =>
            DeleteRequest?.Key === undefined ? [] : [{ DeleteRequest: { Key: DeleteRequest.Key } }],
          );
        }
      }
    },
    async query(pk, how = {}) {
      const all: StoredItem[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const { items, next } = await queryPage(pk, how, start);
        all.push(...items);
        start = next;
      } while (start !== undefined && (how.limit === undefined || all.length < how.limit));
      return all;
    },
    async *pages(pk) {
      let start: Record<string, AttributeValue> | undefined;
      do {
        const { items, next } = await queryPage(pk, {}, start);
        yield items;
        start = next;
      } while (start !== undefined);
    },
  };
}

/** Reads the body of an item. @throws StoredItemError saying which item, and where in it */
export function readBody<S extends $ZodType>(schema: S, item: StoredItem): z.output<S> {
  const parsed = parseJson(schema, item.body);
  if (parsed.ok) return parsed.value;
  throw new StoredItemError(`item ${item.pk} ${item.sk} does not read: ${describeIssues(parsed.issues)}`);
}

/**
 * Makes the journal table and waits until it can be used. For sandboxes and tests: in AWS the infrastructure makes it,
 * with the time-to-live attribute `expiresAt` switched on, which emulators do not have. A table that is there already is
 * left as it is.
 */
export async function createJournalTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: JOURNAL_KEYS.partition, AttributeType: 'S' },
          { AttributeName: JOURNAL_KEYS.sort, AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: JOURNAL_KEYS.partition, KeyType: 'HASH' },
          { AttributeName: JOURNAL_KEYS.sort, KeyType: 'RANGE' },
        ],
      }),
    );
  } catch (thrown) {
    if (asError(thrown).name !== 'ResourceInUseException')
      throw new StoreError(`CreateTable failed: ${asError(thrown).name}`, { cause: thrown });
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: tableName });
}
