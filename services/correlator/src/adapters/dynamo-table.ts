import { describeIssues, parseJson } from '@stepcast/contracts';
import { fullJitterMs, pause, type Clock, type Timers } from '@stepcast/kit';
import { DynamoDbError, type DynamoDb, type DynamoInputs } from '@stepcast/kit/dynamodb';
import { JOURNAL_KEYS, type JournalAttributes } from '@stepcast/wire';
import * as z from 'zod';
import { Gatherer } from './gatherer.ts';
import { createInsertGatherer } from './insert-gatherer.ts';
import { StoredItemError, StoreError, storeErrorOf } from './store-error.ts';

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export interface StoredItem extends ItemKey {
  /** All attributes, keys included. */
  readonly attributes: JournalAttributes;
}

/** Few, plain operations on one table: what DynamoDB, its emulators and the correlator have in common. */
export interface Table {
  /** Consistent. */
  get(key: ItemKey): Promise<StoredItem | undefined>;
  /** How long an item lives after it was written, in milliseconds, unless it is inserted with a time of its own. */
  readonly retentionMs: number;
  /** Writes an item unless its key is taken. Travels with other inserts of the process. */
  insert(key: ItemKey, attributes: JournalAttributes, lifetimeMs?: number): Promise<'written' | 'taken'>;
  /** Writes an item whatever is there. */
  put(key: ItemKey, attributes: JournalAttributes): Promise<void>;
  /** Replaces an item whose body is `body`. @returns false when it is another one, or gone */
  replace(key: ItemKey, body: string, attributes: JournalAttributes): Promise<boolean>;
  /** Deletes items, if they are there. Travels with other deletes of the process. */
  delete(keys: readonly ItemKey[]): Promise<void>;
  /** The items of a partition in order of sort key; consistent. */
  query(pk: string): Promise<StoredItem[]>;
  /** The same in pages of at most `limit` items. */
  pages(
    pk: string,
    options?: { readonly newestFirst?: boolean; readonly limit?: number },
  ): AsyncIterable<readonly StoredItem[]>;
  /** Takes no more inserts, and resolves when those in hand are settled. */
  close(): Promise<void>;
}

/** Requests that one BatchWriteItem takes. */
const MAX_BATCH = 25;
const DELETE_LIMITS = { maxRequests: MAX_BATCH, maxBytes: 1024 * 1024, maxCalls: 4 };
const MAX_ROUNDS = 8;
const UNPROCESSED = { baseMs: 50, capMs: 2_000 };

const Value = z.union([
  z.object({ S: z.string() }),
  z.object({ N: z.string() }),
  z.object({ BOOL: z.boolean() }),
]);
const Attributes = z.record(z.string(), Value);
type Attributes = z.infer<typeof Attributes>;
const Got = z.object({ Item: Attributes.optional() });
const Queried = z.object({ Items: z.array(Attributes), LastEvaluatedKey: Attributes.optional() });
const WriteRequest = z.object({ DeleteRequest: z.object({ Key: Attributes }) });
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
  /** Called for each item that was held back because too much is asked; it is tried again. */
  readonly onThrottled?: (() => void) | undefined;
}): Table {
  const { dynamodb, tableName, clock, timers, random, retentionSeconds, onThrottled } = options;
  const { partition, sort, body: bodyName, expiresAt } = JOURNAL_KEYS;
  const inserts = createInsertGatherer({ dynamodb, tableName, timers, random, onThrottled });

  async function call<Operation extends keyof DynamoInputs>(
    operation: Operation,
    input: DynamoInputs[Operation],
  ): Promise<string> {
    try {
      return await dynamodb.send(operation, input);
    } catch (thrown) {
      throw storeErrorOf(thrown);
    }
  }

  function read<S extends z.ZodType>(operation: string, schema: S, text: string): z.output<S> {
    const parsed = parseJson(schema, text);
    if (parsed.ok) return parsed.value;
    throw new StoreError(
      `${operation} answered what does not read: ${describeIssues(parsed.issues)}`,
      'infrastructure',
    );
  }

  function keyOf({ pk, sk }: ItemKey): Attributes {
    return { [partition]: { S: pk }, [sort]: { S: sk } };
  }

  const retentionMs = retentionSeconds * 1_000;

  function itemToWrite(key: ItemKey, attributes: JournalAttributes, lifetimeMs = retentionMs): Attributes {
    return {
      ...keyOf(key),
      ...attributes,
      [expiresAt]: { N: String(Math.floor((clock.nowMs() + lifetimeMs) / 1_000)) },
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
        if (round === MAX_ROUNDS) throw new StoreError('BatchWriteItem left writes undone', 'infrastructure');
        await pause(timers, fullJitterMs(round, UNPROCESSED, random));
      }
    }
  }

  const deletes = new Gatherer<ItemKey, true>({
    ...DELETE_LIMITS,
    bytesOf: ({ pk, sk }) => pk.length + sk.length,
    keyOf: ({ pk, sk }) => `${pk}\n${sk}`,
    async call(keys) {
      await writeAll(keys.map((key) => ({ DeleteRequest: { Key: keyOf(key) } })));
      return keys.map(() => true);
    },
  });

  function itemOf(attributes: Attributes): StoredItem {
    return { pk: textOf(attributes, partition), sk: textOf(attributes, sort), attributes };
  }

  async function put(key: ItemKey, attributes: JournalAttributes): Promise<void> {
    await call('PutItem', { TableName: tableName, Item: itemToWrite(key, attributes) });
  }

  async function* pages(
    pk: string,
    { newestFirst = false, limit }: { readonly newestFirst?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly StoredItem[]> {
    let start: Attributes | undefined;
    do {
      const answer = await call('Query', {
        TableName: tableName,
        ConsistentRead: true,
        ScanIndexForward: !newestFirst,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': partition },
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const { Items, LastEvaluatedKey } = read('Query', Queried, answer);
      yield Items.map(itemOf);
      start = LastEvaluatedKey;
    } while (start !== undefined);
  }

  return {
    retentionMs,
    async get(key) {
      const answer = await call('GetItem', { TableName: tableName, ConsistentRead: true, Key: keyOf(key) });
      const { Item } = read('GetItem', Got, answer);
      return Item === undefined ? undefined : itemOf(Item);
    },
    insert: (key, attributes, lifetimeMs) => inserts.insert(itemToWrite(key, attributes, lifetimeMs)),
    put,
    async replace(key, body, attributes) {
      try {
        await dynamodb.send('PutItem', {
          TableName: tableName,
          Item: itemToWrite(key, attributes),
          ConditionExpression: '#body = :body',
          ExpressionAttributeNames: { '#body': bodyName },
          ExpressionAttributeValues: { ':body': { S: body } },
        });
        return true;
      } catch (thrown) {
        if (thrown instanceof DynamoDbError && thrown.reason === 'ConditionalCheckFailedException')
          return false;
        throw storeErrorOf(thrown);
      }
    },
    async delete(keys) {
      await Promise.all(keys.map((key) => deletes.submit(key)));
    },
    async query(pk) {
      const all: StoredItem[] = [];
      for await (const page of pages(pk)) all.push(...page);
      return all;
    },
    pages,
    async close() {
      await Promise.all([inserts.close(), deletes.idle()]);
    },
  };
}

/** A text attribute of an item. @throws StoredItemError when there is none */
export function textOf(attributes: JournalAttributes, name: string): string {
  const value = attributes[name];
  if (value === undefined || !('S' in value))
    throw new StoredItemError(`an item of the journal table has no ${name}`);
  return value.S;
}
