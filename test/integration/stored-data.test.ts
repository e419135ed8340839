import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTimeToLiveCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityId, parseValue, type UploadState } from '@stepcast/contracts';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { clientOf } from '../chaos/sandbox-client.ts';
import { freePort } from '../support/free-port.ts';
import { signIn, type Person, type SandboxAddresses } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const Addresses = z.object({
  region: z.string(),
  identityPoolId: z.string(),
  userPoolId: z.string(),
  userPoolClientId: z.string(),
  users: z.array(z.object({ username: z.string(), password: z.string() })),
  bucket: z.string(),
  topicNamespace: z.string(),
  endpoints: z.object({
    cognitoIdp: z.string(),
    cognitoIdentity: z.string(),
    s3: z.string(),
    mqttWss: z.string(),
    provisioner: z.string(),
  }),
});

const task = (resource: string, Parameters: object, Next: string) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Parameters,
  ResultPath: null,
  Next,
});
/** Makes something in every service, and then waits for ever. */
const definitionAt = (port: number) => ({
  StartAt: 'Queue',
  States: {
    Queue: task(
      'aws-sdk:sqs:createQueue',
      { QueueName: 'stored', Attributes: { VisibilityTimeout: '77' } },
      'Send',
    ),
    Send: task(
      'sqs:sendMessage',
      { QueueUrl: `http://127.0.0.1:${port}/aws/sqs/111122223333/stored`, MessageBody: 'first' },
      'Table',
    ),
    Table: task(
      'aws-sdk:dynamodb:createTable',
      {
        TableName: 'Stored',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
      'Time to live',
    ),
    'Time to live': task(
      'aws-sdk:dynamodb:updateTimeToLive',
      { TableName: 'Stored', TimeToLiveSpecification: { AttributeName: 'ends', Enabled: true } },
      'Item',
    ),
    Item: task('dynamodb:putItem', { TableName: 'Stored', Item: { id: { S: 'a' } } }, 'Machine'),
    Machine: task(
      'aws-sdk:sfn:createStateMachine',
      {
        Name: 'Stored',
        RoleArn: 'arn:aws:iam::111122223333:role/Stored',
        Definition: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
      },
      'For ever',
    ),
    'For ever': { Type: 'Wait', Seconds: 100_000, End: true },
  },
});

let folder = '';
let data = '';
let argv: readonly string[] = [];
let port = 0;
let first: RunningChild;
let person: Person;
let sandbox: Sandbox | undefined;
let key = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-stored-'));
  data = join(folder, 'data');
  port = await freePort();
  const definition = join(folder, 'stored.asl.json');
  await writeFile(definition, JSON.stringify(definitionAt(port)));
  argv = ['--definition', definition, '--data', data];
  first = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', join(ROOT, 'services/sandbox/src/main.ts'), ...argv],
    { cwd: ROOT, env: { PATH: '', PORT: String(port) } },
  );
  await first.waitForOutput(/Stepcast is ready/);
});
afterAll(async () => {
  await first.end();
  await sandbox?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function addresses() {
  const response = await fetch(`http://127.0.0.1:${port}/sandbox.json`);
  const parsed = parseValue(Addresses, await response.json());
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** Watches the upload until its newest state is the one that is waited for. */
async function stateOf(
  info: SandboxAddresses,
  isThere: (state: UploadState) => boolean,
  begin: () => Promise<unknown> = () => Promise.resolve(),
): Promise<UploadState> {
  const client = clientOf({ info }, person);
  const { promise, resolve } = Promise.withResolvers<UploadState>();
  client.watch({ bucket: info.bucket, key }).on('state', (state) => {
    if (isThere(state)) resolve(state);
  });
  await client.whenLive();
  await begin();
  const state = await promise;
  await client.close();
  return state;
}

describe('--data', () => {
  it('is refused to a second sandbox while the first runs', async () => {
    await expect(startTestSandbox({ argv })).rejects.toMatchObject({
      code: 'SANDBOX_DATA_UNUSABLE',
      message: `--data ${data} is used by another sandbox; stop that one, or name another folder`,
    });
  });

  it('has everything again after the process was killed', async () => {
    const before = await addresses();
    person = await signIn(before, 'alice');
    await person.provision();
    key = `users/${IdentityId.parse(person.identityId)}/uploads/stored.txt`;
    const put = new PutObjectCommand({
      Bucket: before.bucket,
      Key: key,
      Body: 'content',
      ContentType: 'text/x-stored',
      Metadata: { of: 'alice' },
    });
    await stateOf(
      before,
      ({ steps }) => steps.some(({ name, status }) => name === 'For ever' && status === 'running'),
      () => person.s3.send(put),
    );
    first.signal('SIGKILL');
    await first.exited;

    const again = (sandbox = await startTestSandbox({ argv, environment: { PORT: String(port) } }));
    const { info, access } = again;
    const aws = { region: info.region, credentials: access.root };

    // The token is of the run before, and so is the attachment of the policy: nobody provisions again.
    expect(again.emulation.iot.attachedPolicies(person.identityId)).toEqual([info.iotPolicyName]);
    const ended = await stateOf(info, ({ status }) => status !== 'running' && status !== 'queued');
    expect(ended.status).toBe('aborted');

    const s3 = new S3Client({ ...aws, endpoint: info.endpoints.s3, forcePathStyle: true });
    const object = await s3.send(new GetObjectCommand({ Bucket: info.bucket, Key: key }));
    expect(object).toMatchObject({ ContentType: 'text/x-stored', Metadata: { of: 'alice' } });
    expect(await object.Body?.transformToString()).toBe('content');

    const sqs = new SQSClient({ ...aws, endpoint: info.endpoints.sqs });
    const QueueUrl = `${info.endpoints.sqs}/111122223333/stored`;
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.map(({ Body }) => Body)).toEqual(['first']);

    const dynamodb = new DynamoDBClient({ ...aws, endpoint: info.endpoints.dynamodb });
    const Key = { id: { S: 'a' } };
    expect((await dynamodb.send(new GetItemCommand({ TableName: 'Stored', Key }))).Item).toEqual(Key);
    const timeToLive = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: 'Stored' }));
    expect(timeToLive.TimeToLiveDescription?.AttributeName).toBe('ends');

    const sfn = new SFNClient({ ...aws, endpoint: info.endpoints.stepFunctions });
    const { stateMachineArn } = info;
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions?.map(({ status }) => status)).toEqual(['ABORTED']);
    const { executionArn } = executions?.[0] ?? {};
    const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));
    expect(events?.[0]).toMatchObject({
      type: 'ExecutionAborted',
      executionAbortedEventDetails: { error: 'Sandbox.Stopped' },
    });
    // What a task had done when the process ended is not known, so nothing goes on from there.
    await expect(sfn.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: 'The execution ran before the sandbox was started again',
    });
    const stored = stateMachineArn.replace(/[^:]+$/, 'Stored');
    expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: stored }))).toMatchObject({
      name: 'Stored',
    });
    for (const client of [s3, sqs, dynamodb, sfn]) client.destroy();
  });
});
