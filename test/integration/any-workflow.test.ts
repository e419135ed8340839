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
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IdentityId, parseJson, type UploadState } from '@stepcast/contracts';
import { silentLogger } from '@stepcast/kit';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser } from 'playwright-core';
import * as z from 'zod';
import { clientOf } from '../chaos/sandbox-client.ts';
import { watchForProblems } from '../e2e/browser.ts';
import { startBrowser } from '../e2e/start-browser.ts';
import { buildPage } from '../support/built-page.ts';
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
let browser: Browser | undefined;
let page: Awaited<ReturnType<typeof buildPage>> | undefined;
const logged: unknown[] = [];
beforeAll(async () => {
  browser = await startBrowser('any workflow in the page (test/integration/any-workflow.test.ts)');
  page = browser === undefined ? undefined : await buildPage();
  folder = await mkdtemp(join(tmpdir(), 'stepcast-any-'));
  const port = await freePort();
  const text = JSON.stringify(definition)
    .replace('BUCKET', 'stepcast-uploads-111122223333')
    .replace('QUEUE_URL', `http://127.0.0.1:${port}/aws/sqs/111122223333/questions`);
  const file = join(folder, 'any.asl.json');
  await writeFile(file, text);
  const handlers = join(folder, 'handlers.mjs');
  await writeFile(handlers, `export const double = async ({ n }) => ({ n: 2 * n });`);
  sandbox = await startTestSandbox({
    argv: ['--definition', file, '--handlers', handlers],
    environment: { PORT: String(port) },
    logger: { ...silentLogger, info: (fields) => void logged.push(fields) },
    ...(page === undefined ? {} : { pageDirectory: page.directory }),
  });
});
afterAll(async () => {
  await browser?.close();
  await page?.remove();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The machine that the workflow starts. */
function putChild(): void {
  sandbox.emulation.stepFunctions.putStateMachine({
    name: 'Child',
    definition: JSON.stringify(child),
    roleArn: 'arn:aws:iam::111122223333:role/Child',
  });
}

/** Does what somebody does who is asked: takes the token from the queue and sends it back. */
async function tokenOfQuestion(sqs: SQSClient, QueueUrl: string | undefined): Promise<string> {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const [asked] = Messages ?? [];
  const message = parseJson(z.object({ token: z.string(), sum: z.number() }), asked?.Body ?? '');
  if (!message.ok) throw new TypeError('the message has no token');
  expect(message.value.sum).toBe(20);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: asked?.ReceiptHandle }));
  return message.value.token;
}

async function answerQuestion(sqs: SQSClient, sfn: SFNClient, QueueUrl: string | undefined): Promise<void> {
  const taskToken = await tokenOfQuestion(sqs, QueueUrl);
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"answer":"yes"}' }));
}

it('carries a workflow of JSONata, distributed Map, nested execution, task token and stand-ins from upload to complete', async () => {
  const { info, access } = sandbox;
  const aws = { region: info.region, credentials: access.root };
  const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
  const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
  const s3 = new S3Client({ ...aws, endpoint: info.endpoints.s3, forcePathStyle: true });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'questions' }));
  putChild();
  expect(info.standIns).toEqual(['arn:aws:states:::aws-sdk:rekognition:detectLabels']);

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

  await answerQuestion(sqs, sfn, QueueUrl);
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
});

it('carries it to its end in the page too, where what stand-ins did is marked', async () => {
  if (browser === undefined) return;
  const { info, access } = sandbox;
  const aws = { region: info.region, credentials: access.root };
  const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
  const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'questions' }));
  putChild();
  const tab = await browser.newPage({ reducedMotion: 'reduce' });
  const problems = watchForProblems(tab);
  await tab.goto(sandbox.url);
  const bob = tab.getByRole('region', { name: 'Bob', exact: true });
  await bob.getByRole('button', { name: /Sign in/ }).click();
  await bob.getByText('Live', { exact: true }).waitFor();
  const file = { name: 'order.png', mimeType: 'image/png', buffer: Buffer.from('x') };
  await bob.locator('input[type=file]').setInputFiles(file);
  const card = bob.getByRole('article', { name: 'order.png' });
  await card.getByText('Ask', { exact: true }).first().waitFor();
  await answerQuestion(sqs, sfn, QueueUrl);
  await card.getByText('Finished').waitFor();
  await card.getByRole('tab', { name: 'Steps' }).click();
  const steps = await card.getByRole('listitem').allTextContents();
  const stepOf = (name: string) => steps.find((text) => text.startsWith(name)) ?? '';
  expect(
    ['Each item', 'Nested', 'Ask', 'Made up', 'Stored'].map((name) => /done/.test(stepOf(name))),
  ).toEqual(Array.from({ length: 5 }, () => true));
  expect(steps.filter((text) => text.includes('stand-in')).map((text) => text.split(',')[0])).toEqual([
    'Made up',
  ]);
  expect(logged).toContainEqual({ state: 'Made up', service: 'aws-sdk:rekognition', action: 'detectLabels' });
  expect(problems).toEqual([]);
  await tab.close();
  sqs.destroy();
  sfn.destroy();
});

it('shows an execution that failed and was redriven, and one of an Express machine beside it', async () => {
  const { info, access } = sandbox;
  const aws = { region: info.region, credentials: access.root };
  const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
  const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
  putChild();
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'questions' }));
  const nextToken = () => tokenOfQuestion(sqs, QueueUrl);

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
});
