import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { IdentityId, parseJson, type UploadState } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { clientOf } from '../chaos/sandbox-client.ts';
import { freePort } from '../support/free-port.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const CHILD = 'arn:aws:states:us-east-1:111122223333:stateMachine:Child';
/** What somebody may really have: JSONata, variables, a distributed Map, a nested execution, a token, services of every kind. */
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Remember',
  States: {
    Remember: {
      Type: 'Pass',
      Assign: { key: '{% $states.input.detail.object.key %}' },
      Output: { items: '{% [1..4] %}' },
      Next: 'Each item',
    },
    'Each item': {
      Type: 'Map',
      Label: 'Items',
      Items: '{% $states.input.items %}',
      ItemBatcher: { MaxItemsPerBatch: 2 },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Double',
        States: { Double: { Type: 'Pass', Output: '{% $states.input.Items.($ * 2) %}', End: true } },
      },
      ResultWriter: { WriterConfig: { Transformation: 'FLATTEN', OutputType: 'JSON' } },
      Assign: { doubled: '{% $states.result %}' },
      Next: 'Nested',
    },
    Nested: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: CHILD, Input: { sum: '{% $sum($doubled) %}' } },
      Assign: { sum: '{% $states.result.Output.sum %}' },
      Next: 'Ask',
    },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: {
        QueueUrl: 'QUEUE_URL',
        MessageBody: { token: '{% $states.context.Task.Token %}', sum: '{% $sum %}' },
      },
      HeartbeatSeconds: 120,
      Next: 'Made up',
    },
    'Made up': {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:rekognition:detectLabels',
      Arguments: { Image: { S3Object: { Bucket: 'b', Name: '{% $key %}' } } },
      Output: { labels: '{% $count($states.result.Labels) %}', answer: '{% $states.input.answer %}' },
      Next: 'Approved',
    },
    // Nobody has this function, so nobody would send its token back.
    Approved: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'approve', Payload: { token: '{% $states.context.Task.Token %}' } },
      Output: '{% $states.input %}',
      Next: 'Stored',
    },
    Stored: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:putObject',
      Arguments: { Bucket: 'BUCKET', Key: 'results/last.json', Body: '{% $string($states.input) %}' },
      Output: '{% $states.input %}',
      End: true,
    },
  },
};
const child = { StartAt: 'C', States: { C: { Type: 'Pass', Parameters: { 'sum.$': '$.sum' }, End: true } } };

let folder = '';
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-any-'));
  const port = await freePort();
  const text = JSON.stringify(definition)
    .replace('BUCKET', 'stepcast-uploads-111122223333')
    .replace('QUEUE_URL', `http://127.0.0.1:${port}/aws/sqs/111122223333/questions`);
  const file = join(folder, 'any.asl.json');
  await writeFile(file, text);
  sandbox = await startTestSandbox({
    argv: ['--definition', file],
    environment: { PORT: String(port) },
  });
}, 60_000);
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

it('carries a workflow of JSONata, distributed Map, nested execution, task token and stand-ins from upload to complete', async () => {
  const { info, access } = sandbox;
  const aws = { region: info.region, credentials: access.root };
  const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
  const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
  const s3 = new S3Client({ ...aws, endpoint: info.endpoints.s3, forcePathStyle: true });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'questions' }));
  sandbox.emulation.stepFunctions.createStateMachine({
    name: 'Child',
    definition: JSON.stringify(child),
    roleArn: 'arn:aws:iam::111122223333:role/Child',
  });
  expect(info.standIns).toEqual([
    'arn:aws:states:::aws-sdk:rekognition:detectLabels',
    'arn:aws:states:::lambda:invoke.waitForTaskToken',
  ]);

  const person = await signIn(info, 'alice');
  await person.provision();
  const client = clientOf(sandbox, person);
  const key = `users/${IdentityId.parse(person.identityId)}/photo.txt`;
  const watch = client.watch({ bucket: info.bucket, key });
  let state: UploadState | undefined;
  watch.on('state', (newest) => {
    state = newest;
  });
  const { promise: complete, resolve } = Promise.withResolvers<undefined>();
  watch.on('complete', () => resolve(undefined));
  await client.whenLive();
  await person.s3.send(new PutObjectCommand({ Bucket: info.bucket, Key: key, Body: 'x' }));

  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle }));
  const message = parseJson(z.object({ token: z.string(), sum: z.number() }), Messages?.[0]?.Body ?? '');
  if (!message.ok) throw new TypeError('the message has no token');
  expect(message.value.sum).toBe(20);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: message.value.token, output: '{"answer":"yes"}' }));
  await complete;
  expect(state?.status).toBe('succeeded');

  const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: info.stateMachineArn }));
  const { events } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn: executions?.[0]?.executionArn }),
  );
  const mapRunArn = events?.find(({ type }) => type === 'MapRunStarted')?.mapRunStartedEventDetails
    ?.mapRunArn;
  expect(await sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
    status: 'SUCCEEDED',
    itemCounts: { total: 4, succeeded: 4 },
    executionCounts: { total: 2, succeeded: 2 },
  });
  const children = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
  expect(children.executions?.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const stored = await s3.send(new GetObjectCommand({ Bucket: info.bucket, Key: 'results/last.json' }));
  expect(await stored.Body?.transformToString()).toBe('{"labels":1,"answer":"yes"}');

  await client.close();
  for (const one of [sqs, sfn, s3]) one.destroy();
}, 120_000);

it('shows an execution that failed and was redriven, and one of an Express machine beside it', async () => {
  const { info, access } = sandbox;
  const aws = { region: info.region, credentials: access.root };
  const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
  const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'questions' }));
  const nextToken = async (): Promise<string> => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle }));
    const body = parseJson(z.object({ token: z.string() }), Messages?.[0]?.Body ?? '');
    if (!body.ok) throw new TypeError('the message has no token');
    return body.value.token;
  };

  const person = await signIn(info, 'alice');
  await person.provision();
  const client = clientOf(sandbox, person);
  const key = `users/${IdentityId.parse(person.identityId)}/redriven.txt`;
  const watch = client.watch({ bucket: info.bucket, key });
  const states: UploadState[] = [];
  const waiting = new Set<() => void>();
  watch.on('state', (newest) => {
    states.push(newest);
    for (const check of waiting) check();
  });
  const until = (holds: (state: UploadState) => boolean): Promise<UploadState> =>
    new Promise((resolve) => {
      const check = (): void => {
        const newest = states.at(-1);
        if (newest === undefined || !holds(newest)) return;
        waiting.delete(check);
        resolve(newest);
      };
      waiting.add(check);
      check();
    });
  await client.whenLive();
  await person.s3.send(new PutObjectCommand({ Bucket: info.bucket, Key: key, Body: 'x' }));

  await sfn.send(
    new SendTaskFailureCommand({ taskToken: await nextToken(), error: 'No', cause: 'not today' }),
  );
  const failed = await until(({ status }) => status === 'failed');
  const executionArn = failed.executions[0]?.executionArn;
  await sfn.send(new RedriveExecutionCommand({ executionArn }));
  await sfn.send(new SendTaskSuccessCommand({ taskToken: await nextToken(), output: '{"answer":"yes"}' }));
  await until(({ status }) => status === 'succeeded');
  const { input, ...described } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  expect(described).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });

  const { loggingConfiguration } = await sfn.send(
    new DescribeStateMachineCommand({ stateMachineArn: info.stateMachineArn }),
  );
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: 'Quick',
      type: 'EXPRESS',
      definition: JSON.stringify({ StartAt: 'Q', States: { Q: { Type: 'Pass', End: true } } }),
      roleArn: 'arn:aws:iam::111122223333:role/Quick',
      loggingConfiguration,
    }),
  );
  const express = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
  expect(express.executionArn).toContain(':express:Quick:');
  await until(({ executions }) =>
    executions.some((one) => one.executionArn === express.executionArn && one.status === 'succeeded'),
  );

  await client.close();
  for (const one of [sqs, sfn]) one.destroy();
}, 120_000);
