import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  CreateTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, type Endpoints, REGION, startEndpoints } from '../../testing/endpoint-harness.ts';
import { createDynamoDbService, type DynamoDbService } from '../index.ts';

const TableName = 'journal';
let endpoints: Endpoints;
let service: DynamoDbService;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  service = createDynamoDbService({ accountId: ACCOUNT, region: REGION, path: undefined });
  endpoints = await startEndpoints([
    { prefix: '/aws/dynamodb', cors: true, service: { kind: 'http', service: service.service } },
  ]);
  dynamodb = new DynamoDBClient({
    endpoint: `${endpoints.origin}/aws/dynamodb`,
    region: REGION,
    credentials: endpoints.rootKeys,
    maxAttempts: 1,
  });
  await dynamodb.send(
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
});

beforeEach(() => {
  endpoints.authorizer.denies = () => false;
  endpoints.authorizer.asked.length = 0;
});

afterAll(async () => {
  dynamodb.destroy();
  await endpoints.close();
  await service.close();
  expect(endpoints.errors).toEqual([]);
});

const insert = (pk: string, sk: string, more: Record<string, AttributeValue> = {}, table = TableName) => ({
  Statement: `INSERT INTO "${table}" VALUE {${['pk', 'sk', ...Object.keys(more)].map((name) => `'${name}': ?`).join(', ')}}`,
  Parameters: [{ S: pk }, { S: sk }, ...Object.values(more)],
});
const batch = (Statements: BatchStatementRequest[], ReturnConsumedCapacity?: 'TOTAL' | 'INDEXES' | 'NONE') =>
  dynamodb.send(new BatchExecuteStatementCommand({ Statements, ReturnConsumedCapacity }));
const stored = async (pk: string, sk: string) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }))).Item;

describe('the rights of statements', () => {
  it('are asked for one by one, as PartiQLInsert on the table with its partition key', async () => {
    await batch([insert('asked-1', '1'), insert('asked-2', '1'), insert('asked-3', '1', {}, 'other')]);
    await dynamodb.send(new ExecuteStatementCommand(insert('asked-4', '1')));
    const asked = endpoints.authorizer.asked.map(({ action, resource, context }) => [
      action,
      resource,
      context,
    ]);
    const table = service.tableArn(TableName);
    expect(asked).toEqual([
      ['dynamodb:PartiQLInsert', table, { 'dynamodb:LeadingKeys': ['asked-1'] }],
      ['dynamodb:PartiQLInsert', table, { 'dynamodb:LeadingKeys': ['asked-2'] }],
      ['dynamodb:PartiQLInsert', service.tableArn('other'), {}],
      ['dynamodb:PartiQLInsert', table, { 'dynamodb:LeadingKeys': ['asked-4'] }],
    ]);
  });

  it('deny one statement and leave its neighbours alone', async () => {
    endpoints.authorizer.denies = ({ action, context }) =>
      action === 'dynamodb:PartiQLInsert' && context['dynamodb:LeadingKeys']?.includes('denied') === true;
    const { Responses } = await batch([
      insert('right-1', '1'),
      insert('denied', '1'),
      insert('right-2', '1'),
    ]);
    expect(Responses).toEqual([
      { TableName },
      {
        Error: {
          Code: 'AccessDenied',
          Message: expect.stringContaining('is not authorized to perform: dynamodb:PartiQLInsert') as unknown,
        },
      },
      { TableName },
    ]);
    expect(await stored('denied', '1')).toBeUndefined();
    await expect(dynamodb.send(new ExecuteStatementCommand(insert('denied', '1')))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('say nothing of whether a table is there to one who may not write into it', async () => {
    endpoints.authorizer.denies = () => true;
    const { Responses } = await batch([insert('a', '1', {}, 'not-there')]);
    expect(Responses?.map(({ Error: error }) => error?.Code)).toEqual(['AccessDenied']);
  });
});

describe('the capacity of statements', () => {
  const big = { body: { S: 'x'.repeat(2_500) } };

  it('is listed in their order for those that have written, when it is asked for', async () => {
    const statements = [insert('capacity', '1'), insert('capacity', '2', big), insert('capacity', '1')];
    const { Responses, ConsumedCapacity } = await batch(statements, 'TOTAL');
    expect(Responses?.map(({ Error: error }) => error?.Code)).toEqual([
      undefined,
      undefined,
      'DuplicateItem',
    ]);
    expect(ConsumedCapacity).toEqual([
      { TableName, CapacityUnits: 1 },
      { TableName, CapacityUnits: 3 },
    ]);
  });

  it('has the part of the table with INDEXES, and is absent without a question', async () => {
    const asked = await dynamodb.send(
      new ExecuteStatementCommand({ ...insert('capacity', '3', big), ReturnConsumedCapacity: 'INDEXES' }),
    );
    expect(asked.ConsumedCapacity).toEqual({ TableName, CapacityUnits: 3, Table: { CapacityUnits: 3 } });
    expect((await batch([insert('capacity', '4')])).ConsumedCapacity).toBeUndefined();
  });
});

describe('what the sandbox does not understand', () => {
  it.each([
    [{ Statement: `SELECT pk FROM "${TableName}"` }, 'PartiQL with SELECT'],
    [{ Statement: `INSERT INTO "${TableName}" VALUE {'pk': 'a'}` }, 'not a parameter'],
  ])('is NotImplemented by name, and nothing of the batch has run: %j', async (statement, what) => {
    await expect(batch([insert('before', '1'), statement])).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(what) as unknown,
    });
    await expect(dynamodb.send(new ExecuteStatementCommand(statement))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
    expect(await stored('before', '1')).toBeUndefined();
  });

  it('is refused before anything runs when the request has not DynamoDB’s form', async () => {
    for (const statements of [[], [{ ...insert('form', '1'), Parameters: [] }], [{ Statement: '' }]])
      await expect(batch(statements)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(batch([insert('form', '1'), { Statement: 'x'.repeat(8_193) }])).rejects.toMatchObject({
      name: 'ValidationException',
    });
    expect(await stored('form', '1')).toBeUndefined();
  });
});
