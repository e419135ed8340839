import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { JOURNAL_KEYS, type JournalAttributes, type JournalAttribute } from '@stepcast/wire';
import { DataInvalidError } from '../errors.ts';
import type { OperatorTable, QueryOptions, ScanFilter, TableItem } from '../ports.ts';
import { asking, operatorErrorOf } from './aws-errors.ts';

type Attributes = Record<string, AttributeValue>;

function attributeOf(name: string, value: AttributeValue): JournalAttribute {
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  throw new DataInvalidError(`an item of the journal table has a ${name} of a kind that nothing writes`);
}

function itemOf(attributes: Attributes): TableItem {
  const read: JournalAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, attributeOf(name, value)]),
  );
  return {
    pk: attributes[JOURNAL_KEYS.partition]?.S ?? '',
    sk: attributes[JOURNAL_KEYS.sort]?.S ?? '',
    attributes: read,
  };
}

const keyOf = (pk: string, sk: string): Attributes => ({
  [JOURNAL_KEYS.partition]: { S: pk },
  [JOURNAL_KEYS.sort]: { S: sk },
});

/** Conditions and their values, put together as they are needed. */
function conditions(parts: readonly (readonly [string, string, string] | undefined)[]) {
  const used = parts.filter((part) => part !== undefined);
  return {
    expression: used.map(([text]) => text).join(' AND '),
    values: Object.fromEntries(used.map(([, name, value]) => [name, { S: value }])),
  };
}

/** The journal table in DynamoDB. Reads are consistent. */
export function createDynamoOperatorTable(client: DynamoDBClient, tableName: string): OperatorTable {
  const what = (operation: string) => `dynamodb:${operation} ${tableName}`;

  async function* query(pk: string, options: QueryOptions = {}): AsyncIterable<TableItem> {
    const { prefix, from, newestFirst = false, limit } = options;
    const { expression, values } = conditions([
      ['pk = :pk', ':pk', pk],
      prefix === undefined ? undefined : ['begins_with(sk, :prefix)', ':prefix', prefix],
      from === undefined ? undefined : ['sk >= :from', ':from', from],
    ]);
    let start: Attributes | undefined;
    let left = limit ?? Number.POSITIVE_INFINITY;
    do {
      const page = await asking(what('Query'), () =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            ScanIndexForward: !newestFirst,
            KeyConditionExpression: expression,
            ExpressionAttributeValues: values,
            ...(Number.isFinite(left) ? { Limit: left } : {}),
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      for (const item of page.Items ?? []) yield itemOf(item);
      left -= page.Items?.length ?? 0;
      start = page.LastEvaluatedKey;
    } while (start !== undefined && left > 0);
  }

  async function* scan({ pkPrefix, sk, skPrefix, contains }: ScanFilter): AsyncIterable<TableItem> {
    const { expression, values } = conditions([
      ['begins_with(pk, :pkPrefix)', ':pkPrefix', pkPrefix],
      sk === undefined ? undefined : ['sk = :sk', ':sk', sk],
      skPrefix === undefined ? undefined : ['begins_with(sk, :skPrefix)', ':skPrefix', skPrefix],
      contains === undefined ? undefined : ['contains(#attribute, :text)', ':text', contains.text],
    ]);
    let start: Attributes | undefined;
    do {
      const page = await asking(what('Scan'), () =>
        client.send(
          new ScanCommand({
            TableName: tableName,
            ConsistentRead: true,
            FilterExpression: expression,
            ExpressionAttributeValues: values,
            ...(contains === undefined
              ? {}
              : { ExpressionAttributeNames: { '#attribute': contains.attribute } }),
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      for (const item of page.Items ?? []) yield itemOf(item);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  return {
    async get(pk, sk) {
      const { Item } = await asking(what('GetItem'), () =>
        client.send(new GetItemCommand({ TableName: tableName, ConsistentRead: true, Key: keyOf(pk, sk) })),
      );
      return Item === undefined ? undefined : itemOf(Item);
    },
    query,
    scan,
    async insert(item) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...item },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return 'written';
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return 'taken';
        throw operatorErrorOf(what('PutItem'), thrown);
      }
    },
    async replace(item, body) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...item },
            ConditionExpression: '#body = :body',
            ExpressionAttributeNames: { '#body': JOURNAL_KEYS.body },
            ExpressionAttributeValues: { ':body': { S: body } },
          }),
        );
        return true;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return false;
        throw operatorErrorOf(what('PutItem'), thrown);
      }
    },
    async delete(pk, sk, body) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: keyOf(pk, sk),
            ...(body === undefined
              ? { ConditionExpression: 'attribute_exists(pk)' }
              : {
                  ConditionExpression: '#body = :body',
                  ExpressionAttributeNames: { '#body': JOURNAL_KEYS.body },
                  ExpressionAttributeValues: { ':body': { S: body } },
                }),
          }),
        );
        return true;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return false;
        throw operatorErrorOf(what('DeleteItem'), thrown);
      }
    },
  };
}
