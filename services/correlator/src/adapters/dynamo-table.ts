import { CreateTableCommand, waitUntilTableExists, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { JOURNAL_KEYS } from '@stepcast/wire';
import { asError, fullJitterMs, pause, StepcastError, type Clock, type Timers } from '@stepcast/kit';
import { DynamoDbError, type DynamoDb, type DynamoInputs } from '@stepcast/kit/dynamodb';
import * as z from 'zod';
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
  /** Puts items whatever is there, many with one request. Not atomic: after an error some may be written. */
  putAll(items: readonly { readonly key: ItemKey; readonly body: unknown }[]): Promise<void>;
  delete(keys: readonly ItemKey[]): Promise<void>;
  /** The items of a partition in order of sort key, from `prefix` on; consistent. */
  query(
    pk: string,
    options?: { readonly prefix?: string; readonly newestFirst?: boolean; readonly limit?: number },
  ): Promise<StoredItem[]>;
  /** The same in pages. */
  pages(pk: string): AsyncIterable<readonly StoredItem[]>;
}

/** Requests that one BatchWriteItem takes. */
const MAX_BATCH = 25;
const MAX_ROUNDS = 8;
const UNPROCESSED = { baseMs: 50, capMs: 2_000 };

/** DynamoDB's name for a failed condition, also of its emulators. */
const TAKEN = 'ConditionalCheckFailedException';

const Value = z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]);
const Attributes = z.record(z.string(), Value);
type Attributes = z.infer<typeof Attributes>;
const Got = z.object({ Item: Attributes.optional() });
const Queried = z.object({ Items: z.array(Attributes), LastEvaluatedKey: Attributes.optional() });
const WriteRequest = z.union([
  z.object({ DeleteRequest: z.object({ Key: Attributes }) }),
  z.object({ PutRequest: z.object({ Item: Attributes }) }),
]);
type WriteRequest = z.infer<typeof WriteRequest>;
const Written = z.object({ UnprocessedItems: z.record(z.string(), z.array(WriteRequest)).default({}) });

export function createDynamoTable(options: {
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  /** How long an item lives after it was written. */
  readonly retentionSeconds: number;
}): Table {
  const { dynamodb, tableName, clock, timers, random, retentionSeconds } = options;
  const { partition, sort, body: bodyName, expiresAt } = JOURNAL_KEYS;

  async function call<Operation extends keyof DynamoInputs>(
    operation: Operation,
    input: DynamoInputs[Operation],
  ): Promise<string> {
    try {
      return await dynamodb.send(operation, input);
    } catch (thrown) {
      throw new StoreError(asError(thrown).message, { cause: thrown });
    }
  }

  function read<S extends z.ZodType>(operation: string, schema: S, text: string): z.output<S> {
    const parsed = parseJson(schema, text);
    if (parsed.ok) return parsed.value;
    throw new StoreError(`${operation} answered what does not read: ${describeIssues(parsed.issues)}`);
  }

  function keyOf({ pk, sk }: ItemKey): Attributes {
    return { [partition]: { S: pk }, [sort]: { S: sk } };
  }

  function writtenItem(key: ItemKey, body: unknown): Attributes {
    return {
      ...keyOf(key),
      [bodyName]: { S: typeof body === 'string' ? body : JSON.stringify(body) },
      [expiresAt]: { N: String(Math.floor(clock.nowMs() / 1000) + retentionSeconds) },
    };
  }

  async function writeAll(all: readonly WriteRequest[]): Promise<void> {
    for (let start = 0; start < all.length; start += MAX_BATCH) {
      let requests = all.slice(start, start + MAX_BATCH);
      // What DynamoDB did not get to, being short of capacity, it hands back: it has to be sent again, later.
      for (let round = 0; ; round += 1) {
        const answer = await call('BatchWriteItem', { RequestItems: { [tableName]: requests } });
        const { UnprocessedItems } = read('BatchWriteItem', Written, answer);
        requests = UnprocessedItems[tableName] ?? [];
        if (requests.length === 0) break;
        if (round === MAX_ROUNDS) throw new StoreError('BatchWriteItem left writes undone');
        await pause(timers, fullJitterMs(round, UNPROCESSED, random));
      }
    }
  }

  function textOf(item: Attributes, name: string): string {
    const value = item[name];
    if (value === undefined || !('S' in value))
      throw new StoredItemError(`an item of the journal table has no ${name}`);
    return value.S;
  }

  function itemOf(item: Attributes): StoredItem {
    return { pk: textOf(item, partition), sk: textOf(item, sort), body: textOf(item, bodyName) };
  }

  async function queryPage(
    pk: string,
    { prefix, newestFirst = false, limit }: { prefix?: string; newestFirst?: boolean; limit?: number },
    start: Attributes | undefined,
  ) {
    const withPrefix = prefix !== undefined && prefix !== '';
    const answer = await call('Query', {
      TableName: tableName,
      ConsistentRead: true,
      ScanIndexForward: !newestFirst,
      KeyConditionExpression: withPrefix ? '#pk = :pk AND begins_with(#sk, :sk)' : '#pk = :pk',
      ExpressionAttributeNames: { '#pk': partition, ...(withPrefix ? { '#sk': sort } : {}) },
      ExpressionAttributeValues: { ':pk': { S: pk }, ...(withPrefix ? { ':sk': { S: prefix } } : {}) },
      ...(limit === undefined ? {} : { Limit: limit }),
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const { Items, LastEvaluatedKey } = read('Query', Queried, answer);
    return { items: Items.map(itemOf), next: LastEvaluatedKey };
  }

  return {
    async get(key) {
      const answer = await call('GetItem', { TableName: tableName, ConsistentRead: true, Key: keyOf(key) });
      const { Item } = read('GetItem', Got, answer);
      return Item === undefined ? undefined : itemOf(Item);
    },
    async put(key, body, { ifAbsent }) {
      try {
        await dynamodb.send('PutItem', {
          TableName: tableName,
          Item: writtenItem(key, body),
          ...(ifAbsent
            ? {
                ConditionExpression: 'attribute_not_exists(#pk)',
                ExpressionAttributeNames: { '#pk': partition },
              }
            : {}),
        });
        return true;
      } catch (thrown) {
        if (thrown instanceof DynamoDbError && thrown.reason === TAKEN) return false;
        throw new StoreError(asError(thrown).message, { cause: thrown });
      }
    },
    async putAll(items) {
      const [only, ...others] = items;
      if (only !== undefined && others.length === 0) await this.put(only.key, only.body, { ifAbsent: false });
      else await writeAll(items.map(({ key, body }) => ({ PutRequest: { Item: writtenItem(key, body) } })));
    },
    async delete(keys) {
      const [only, ...others] = keys;
      if (only === undefined) return;
      if (others.length === 0) {
        await call('DeleteItem', { TableName: tableName, Key: keyOf(only) });
        return;
      }
      await writeAll(keys.map((key) => ({ DeleteRequest: { Key: keyOf(key) } })));
    },
    async query(pk, how = {}) {
      const all: StoredItem[] = [];
      let start: Attributes | undefined;
      do {
        const { items, next } = await queryPage(pk, how, start);
        all.push(...items);
        start = next;
      } while (start !== undefined && (how.limit === undefined || all.length < how.limit));
      return all;
    },
    async *pages(pk) {
      let start: Attributes | undefined;
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
