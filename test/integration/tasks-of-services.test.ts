import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { startTestSandbox } from '../support/sandbox.ts';

let folder = '';
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-services-'));
  const [definition, handlers] = [join(folder, 'echo.asl.json'), join(folder, 'handlers.mjs')];
  await writeFile(definition, JSON.stringify({ StartAt: 'S', States: { S: { Type: 'Pass', End: true } } }));
  await writeFile(
    handlers,
    `export const double = async ({ n }) => ({ n: 2 * n });
     export const fail = async () => { throw Object.assign(new Error('on purpose'), { name: 'Broken' }); };`,
  );
  sandbox = await startTestSandbox({ argv: ['--definition', definition, '--handlers', handlers] });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a service that the sandbox has', () => {
  const bucket = 'stepcast-uploads-111122223333';
  const self = 'arn:aws:states:us-east-1:111122223333:stateMachine:Echo';
  const item = { id: { S: 'a' } };
  const queue = () => `${sandbox.info.endpoints.sqs}/111122223333/answers`;
  const event = (fields: object = {}) => ({
    Entries: [{ Source: 'orders', DetailType: 'Made', Detail: { id: 1 }, ...fields }],
  });
  let sfn: SFNClient;
  let count = 0;
  beforeAll(async () => {
    const aws = { region: 'us-east-1', credentials: sandbox.access.root };
    sfn = new SFNClient({ ...aws, endpoint: sandbox.info.endpoints.stepFunctions });
    const sqs = new SQSClient({ ...aws, endpoint: sandbox.info.endpoints.sqs });
    const dynamodb = new DynamoDBClient({ ...aws, endpoint: sandbox.info.endpoints.dynamodb });
    await sqs.send(new CreateQueueCommand({ QueueName: 'answers' }));
    await dynamodb.send(
      new CreateTableCommand({
        TableName: 'Orders',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists(
      { client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
      { TableName: 'Orders' },
    );
    sqs.destroy();
    dynamodb.destroy();
    create('Echo', { Type: 'Pass', End: true });
  });
  afterAll(() => {
    sfn.destroy();
  });

  function create(name: string, state: object): string {
    return sandbox.emulation.stepFunctions.createStateMachine({
      name,
      definition: JSON.stringify({ StartAt: 'S', States: { S: state } }),
      roleArn: 'arn:aws:iam::111122223333:role/Any',
    }).stateMachineArn;
  }

  /** Runs one task; gives its output, or its error. */
  async function run(resource: string, Parameters: object): Promise<unknown> {
    count += 1;
    const stateMachineArn = create(`Task${count}`, {
      Type: 'Task',
      Resource: `arn:aws:states:::${resource}`,
      Parameters,
      End: true,
    });
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
    for (;;) {
      const ended = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (ended.status === 'RUNNING') continue;
      const output = parseJson(z.unknown(), ended.output ?? 'null');
      return ended.error ?? (output.ok ? output.value : undefined);
    }
  }

  it('is Lambda: the handlers', async () => {
    const call = { FunctionName: 'double', Payload: { n: 4 } };
    expect(await run('lambda:invoke', call)).toMatchObject({ StatusCode: 200, Payload: { n: 8 } });
    expect(await run('aws-sdk:lambda:invoke', call)).toEqual({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: '{"n":8}',
    });
    expect(await run('lambda:invoke', { FunctionName: 'fail' })).toBe('Broken');
    expect(await run('aws-sdk:lambda:invoke', { FunctionName: 'fail', Payload: '{}' })).toMatchObject({
      FunctionError: 'Unhandled',
      Payload: '{"errorType":"Broken","errorMessage":"on purpose"}',
    });
  });

  it('is SQS', async () => {
    for (const resource of ['sqs:sendMessage', 'aws-sdk:sqs:sendMessage'])
      expect(await run(resource, { QueueUrl: queue(), MessageBody: { resource } })).toMatchObject({
        MessageId: expect.any(String),
      });
    const received = await run('aws-sdk:sqs:receiveMessage', { QueueUrl: queue(), MaxNumberOfMessages: 10 });
    expect(received).toMatchObject({
      Messages: [
        { Body: '{"resource":"sqs:sendMessage"}' },
        { Body: '{"resource":"aws-sdk:sqs:sendMessage"}' },
      ],
    });
  });

  it('is DynamoDB, whose errors have another name by each way', async () => {
    const put = { TableName: 'Orders', Item: item };
    const again = { ...put, ConditionExpression: 'attribute_not_exists(id)' };
    expect(await run('dynamodb:putItem', put)).toEqual({});
    expect(await run('dynamodb:getItem', { TableName: 'Orders', Key: item })).toEqual({ Item: item });
    expect(await run('aws-sdk:dynamodb:scan', { TableName: 'Orders' })).toMatchObject({ Items: [item] });
    expect(await run('dynamodb:putItem', again)).toBe('DynamoDB.ConditionalCheckFailedException');
    expect(await run('aws-sdk:dynamodb:putItem', again)).toBe('DynamoDb.ConditionalCheckFailedException');
  });

  it('is S3', async () => {
    const at = { Bucket: bucket, Key: 'tried/a.json' };
    expect(await run('aws-sdk:s3:putObject', { ...at, Body: { a: 1 } })).toMatchObject({
      ETag: expect.any(String),
    });
    expect(await run('aws-sdk:s3:getObject', at)).toMatchObject({ Body: '{"a":1}' });
    expect(await run('aws-sdk:s3:headObject', at)).toMatchObject({ ContentLength: 7 });
    expect(
      await run('aws-sdk:s3:putObjectTagging', { ...at, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }),
    ).toEqual({});
    expect(await run('aws-sdk:s3:getObjectTagging', at)).toMatchObject({
      TagSet: [{ Key: 'k', Value: 'v' }],
    });
    expect(
      await run('aws-sdk:s3:deleteObjects', { Bucket: bucket, Delete: { Objects: [{ Key: at.Key }] } }),
    ).toMatchObject({
      Deleted: [{ Key: at.Key }],
    });
    expect(await run('aws-sdk:s3:headObject', at)).toBe('S3.NoSuchKeyException');
    expect(await run('aws-sdk:s3:getObject', at)).toBe('S3.NoSuchKeyException');
  });

  it('is Step Functions', async () => {
    const start = { StateMachineArn: self, Input: { a: 1 } };
    expect(await run('states:startExecution.sync:2', start)).toMatchObject({ Output: { a: 1 } });
    const started = await run('aws-sdk:sfn:startExecution', start);
    expect(started).toMatchObject({
      ExecutionArn: expect.any(String),
      StartDate: expect.stringMatching(/^20.*Z$/),
    });
    const { ExecutionArn } = z.object({ ExecutionArn: z.string() }).parse(started);
    expect(await run('aws-sdk:sfn:describeExecution', { ExecutionArn })).toMatchObject({ Output: '{"a":1}' });
    expect(await run('aws-sdk:sfn:listExecutions', { StateMachineArn: self })).toMatchObject({
      Executions: [{ ExecutionArn, Status: 'SUCCEEDED' }, {}],
    });
  });

  it('is EventBridge', async () => {
    for (const resource of ['events:putEvents', 'aws-sdk:eventbridge:putEvents'])
      expect(await run(resource, event())).toMatchObject({
        FailedEntryCount: 0,
        Entries: [{ EventId: expect.any(String) }],
      });
    const broken = event({ Detail: '{' });
    expect(await run('events:putEvents', broken)).toBe('EventBridge.FailedEntry');
    expect(await run('aws-sdk:eventbridge:putEvents', broken)).toMatchObject({ FailedEntryCount: 1 });
  });

  it('has a stand-in for a function that would have to send a token back', async () => {
    const Payload = { 'token.$': '$$.Task.Token' };
    const invoke = { FunctionName: 'nobody', Payload };
    expect(await run('lambda:invoke.waitForTaskToken', invoke)).toEqual(expect.any(Object));
  });

  it('has a stand-in for what it cannot do, and for what was never made', async () => {
    const mark = { SdkResponseMetadata: { RequestId: expect.stringMatching(/^stand-in-/) } };
    expect(await run('aws-sdk:dynamodb:describeBackup', { BackupArn: 'x' })).toMatchObject(mark);
    expect(await run('dynamodb:getItem', { TableName: 'Nowhere', Key: item })).toMatchObject(mark);
    expect(await run('aws-sdk:s3:headObject', { Bucket: 'never-made-here', Key: 'k' })).toMatchObject(mark);
    expect(await run('events:putEvents', event({ EventBusName: 'nowhere' }))).toMatchObject(mark);
  });
});
