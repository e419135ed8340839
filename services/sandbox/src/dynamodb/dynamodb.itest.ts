import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type Endpoints, eventually, REGION, startEndpoints } from '../testing/endpoint-harness.ts';
import { createDynamoDbService, type DynamoDbService } from './index.ts';

const TableName = 'journal';
let endpoints: Endpoints;
let service: DynamoDbService;
let dynamodb: DynamoDBClient;

function clientOf(one: Endpoints): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: `${one.origin}/aws/dynamodb`,
    region: REGION,
    credentials: one.rootKeys,
    maxAttempts: 1,
  });
}

/** As on AWS, a new table refuses items until it is active. */
async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName });
}

function start(path: string | undefined) {
  const one = createDynamoDbService({ accountId: ACCOUNT, region: REGION, path });
  return {
    one,
    mounts: [
      { prefix: '/aws/dynamodb', cors: true, service: { kind: 'http' as const, service: one.service } },
    ],
  };
}

beforeAll(async () => {
  const { one, mounts } = start(undefined);
  service = one;
  endpoints = await startEndpoints(mounts);
  dynamodb = clientOf(endpoints);
  await createTable(dynamodb);
});

afterEach(() => {
  endpoints.authorizer.denies = () => false;
  endpoints.authorizer.asked.length = 0;
});

afterAll(async () => {
  dynamodb.destroy();
  await endpoints.close();
  await service.close();
  expect(endpoints.errors).toEqual([]);
});

const put = (pk: string, sk: string, more: Record<string, AttributeValue> = {}, condition?: string) =>
  dynamodb.send(
    new PutItemCommand({
      TableName,
      Item: { pk: { S: pk }, sk: { S: sk }, ...more },
      ConditionExpression: condition,
    }),
  );
const get = async (pk: string, sk: string) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }))).Item;

describe('items', () => {
  it('are put under a condition by exactly one of many', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        put('race', '1', { by: { N: String(index) } }, 'attribute_not_exists(pk)'),
      ),
    );
    const failed = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(failed).toHaveLength(19);
    for (const error of failed) expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('are found by a query in order of their sort key', async () => {
    await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [TableName]: ['3', '1', '2'].map((sk) => ({
            PutRequest: { Item: { pk: { S: 'many' }, sk: { S: sk } } },
          })),
        },
      }),
    );
    const found = await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk > :from',
        ExpressionAttributeValues: { ':pk': { S: 'many' }, ':from': { S: '1' } },
      }),
    );
    expect(found.Items?.map((item) => item['sk']?.S)).toEqual(['2', '3']);
  });

  it('count exactly when many add at once', async () => {
    await Promise.all(
      Array.from({ length: 50 }, () =>
        dynamodb.send(
          new UpdateItemCommand({
            TableName,
            Key: { pk: { S: 'counter' }, sk: { S: '1' } },
            UpdateExpression: 'ADD hits :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        ),
      ),
    );
    expect(await get('counter', '1')).toMatchObject({ hits: { N: '50' } });
  });

  it('keep every character and arn that they hold', async () => {
    const text = 'ünïcödé 🎉 arn:aws:dynamodb:us-east-1:000000000000:table/other';
    await put('text', '1', { text: { S: text } });
    expect(await get('text', '1')).toMatchObject({ text: { S: text } });
  });
});

describe('tables', () => {
  it('are described with ARNs of this account', async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TableName}`,
    });
  });

  it('on disk are there again after a restart', async () => {
    const path = await mkdtemp(join(tmpdir(), 'stepcast-dynamodb-'));
    try {
      for (const run of [1, 2]) {
        const { one, mounts } = start(path);
        const again = await startEndpoints(mounts);
        const client = clientOf(again);
        if (run === 1) {
          await createTable(client);
          await client.send(
            new PutItemCommand({ TableName, Item: { pk: { S: 'stored' }, sk: { S: '1' }, n: { N: '7' } } }),
          );
        } else {
          const { Item } = await client.send(
            new GetItemCommand({ TableName, Key: { pk: { S: 'stored' }, sk: { S: '1' } } }),
          );
          expect(Item).toMatchObject({ n: { N: '7' } });
        }
        client.destroy();
        await again.close();
        await one.close();
      }
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  });

  it('forget items whose time to live is over, and no others', async () => {
    await dynamodb.send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );
    const described = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(described.TimeToLiveDescription).toEqual({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'expiresAt',
    });
    await put('ttl', 'over', { expiresAt: { N: '1000' } });
    await put('ttl', 'later', { expiresAt: { N: '3000' } });
    await put('ttl', 'never');
    await put('ttl', 'text', { expiresAt: { S: '1000' } });
    expect(await service.sweepExpired(2_000_000)).toBe(1);
    expect(await get('ttl', 'over')).toBeUndefined();
    for (const sk of ['later', 'never', 'text']) expect(await get('ttl', sk)).toBeDefined();
  });
});

describe('refusals', () => {
  it('every operation is authorized on its table, and a denied one changes nothing', async () => {
    endpoints.authorizer.denies = ({ action }) => action === 'dynamodb:PutItem';
    await expect(put('denied', '1')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('is not authorized to perform: dynamodb:PutItem') as unknown,
    });
    expect(await get('denied', '1')).toBeUndefined();
    expect(endpoints.authorizer.asked.map(({ action, resource }) => [action, resource])).toEqual([
      ['dynamodb:PutItem', service.tableArn(TableName)],
      ['dynamodb:GetItem', service.tableArn(TableName)],
    ]);
  });

  it('every operation on items names its partition keys to the authorizer, and a scan names none', async () => {
    const Key = { pk: { S: 'named-1' }, sk: { S: '1' } };
    await put('named-1', '1');
    await dynamodb.send(new GetItemCommand({ TableName, Key }));
    await dynamodb.send(new UpdateItemCommand({ TableName, Key }));
    await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: '#key = :key AND sk BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#key': 'pk' },
        ExpressionAttributeValues: { ':key': { S: 'named-2' }, ':from': { S: '0' }, ':to': { S: '9' } },
      }),
    );
    await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [TableName]: [
            { PutRequest: { Item: { pk: { S: 'named-3' }, sk: { S: '1' } } } },
            { DeleteRequest: { Key } },
          ],
        },
      }),
    );
    await dynamodb.send(new ScanCommand({ TableName }));
    expect(
      endpoints.authorizer.asked.map(({ action, context }) => [action, context['dynamodb:LeadingKeys']]),
    ).toEqual([
      ['dynamodb:PutItem', ['named-1']],
      ['dynamodb:GetItem', ['named-1']],
      ['dynamodb:UpdateItem', ['named-1']],
      ['dynamodb:Query', ['named-2']],
      ['dynamodb:BatchWriteItem', ['named-3', 'named-1']],
      ['dynamodb:Scan', undefined],
    ]);
  });

  it('what dynalite lacks or would drop is NotImplemented', async () => {
    await expect(
      dynamodb.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName, Item: { pk: { S: 'a' }, sk: { S: 'a' } } } }],
        }),
      ),
    ).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(
      dynamodb.send(
        new PutItemCommand({
          TableName,
          Item: { pk: { S: 'a' }, sk: { S: 'a' } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    ).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it.each(['GetItem', 'PutItem', 'Query', 'Scan', 'BatchWriteItem', 'CreateTable'])(
    'a body of %s that is no request at all is an error of DynamoDB',
    async (operation) => {
      const broken = clientOf(endpoints);
      broken.middlewareStack.add(
        (next) => (args) => {
          const { request: sent } = args;
          if (sent !== null && typeof sent === 'object' && 'body' in sent && 'headers' in sent) {
            sent.body = '{"Nonsense":[1,{"deep":null}]}';
            Object.assign(sent.headers as object, {
              'x-amz-target': `DynamoDB_20120810.${operation}`,
              'content-length': '30',
            });
          }
          return next(args);
        },
        { step: 'build', priority: 'low' },
      );
      await expect(broken.send(new DescribeTableCommand({ TableName }))).rejects.toMatchObject({
        name: 'ValidationException',
      });
      broken.destroy();
    },
  );

  it('a client that goes away in the middle of its body ends nothing', async () => {
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', listener);
    for (let turn = 0; turn < 10; turn++) {
      const closed = Promise.withResolvers<undefined>();
      const sending = request(`${endpoints.origin}/aws/dynamodb`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.PutItem',
          'content-length': '1000',
        },
      });
      sending.on('error', () => closed.resolve(undefined));
      sending.write('{"TableName":', () => sending.destroy(new Error('gone')));
      await closed.promise;
    }
    await eventually(async () => {
      await put('after', 'abort');
      expect(await get('after', 'abort')).toBeDefined();
    });
    process.off('uncaughtException', listener);
    expect(uncaught).toEqual([]);
  });
});
