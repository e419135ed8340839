import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdentityRegistry } from '../cognito/identity-registry.ts';
import { storedSigningKey } from '../cognito/index.ts';
import { InMemoryKeeper } from '../core/testing/in-memory-keeper.ts';
import { createAttachments } from '../iot/attachments.ts';
import { createS3Service, type ObjectCreated } from '../s3/index.ts';
import { createSqsService, type SqsService } from '../sqs/index.ts';
import { ACCOUNT, REGION, startEndpoints, type Endpoints } from '../testing/endpoint-harness.ts';

const bucket = 'stored-objects';
const keepers = () => ({
  buckets: new InMemoryKeeper(),
  objects: new InMemoryKeeper(),
  queues: new InMemoryKeeper(),
  messages: new InMemoryKeeper(),
});

let directory = '';
let stored: ReturnType<typeof keepers>;
let endpoints: Endpoints;
let queues: SqsService;
let s3: S3Client;
let sqs: SQSClient;
const created: ObjectCreated[] = [];

/** Starts both services on what is stored; whatever ran before is left behind as a killed process leaves it. */
async function start(): Promise<void> {
  const objects = createS3Service({
    accountId: ACCOUNT,
    region: REGION,
    directory,
    keepers: stored,
    nowMs: Date.now,
    newId: randomUUID,
    onObjectCreated: (event) => created.push(event),
  });
  objects.createBucket(bucket);
  queues = createSqsService({ accountId: ACCOUNT, region: REGION, keepers: stored });
  await queues.createQueue({ name: 'plain' });
  await queues.createQueue({ name: 'ordered.fifo', attributes: { ContentBasedDeduplication: 'true' } });
  await queues.restore();
  endpoints = await startEndpoints([
    { prefix: '/aws/s3', cors: true, service: { kind: 'http', service: objects.service } },
    { prefix: '/aws/sqs', cors: true, service: { kind: 'http', service: queues.service } },
  ]);
  const client = { region: REGION, credentials: endpoints.rootKeys, maxAttempts: 1 };
  s3 = new S3Client({ ...client, endpoint: `${endpoints.origin}/aws/s3`, forcePathStyle: true });
  sqs = new SQSClient({ ...client, endpoint: `${endpoints.origin}/aws/sqs` });
}

async function end(): Promise<void> {
  s3.destroy();
  sqs.destroy();
  await queues.close();
  await endpoints.close();
  expect(endpoints.errors).toEqual([]);
}

async function restart(): Promise<void> {
  await end();
  await start();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-stored-'));
  stored = keepers();
  created.length = 0;
  await start();
});
afterEach(async () => {
  await end();
  await rm(directory, { recursive: true, force: true });
});

describe('objects that are stored', () => {
  const put = (Key: string, Body: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));
  const read = async (Key: string) => {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }));
    return { ...answer, text: await answer.Body?.transformToString() };
  };

  it('are there again with headers, tags, checksum and times; what was overwritten or deleted is not', async () => {
    await put('a/ü b', 'first');
    await put('a/ü b', 'second', { ContentType: 'text/x', Metadata: { of: 'me' }, Tagging: 'k=v' });
    await put('gone', 'gone');
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone' }));
    const before = await read('a/ü b');
    await restart();
    const after = await read('a/ü b');
    const { LastModified, ETag, ChecksumCRC32, ContentType, Metadata, text } = before;
    expect(after).toMatchObject({ LastModified, ETag, ChecksumCRC32, ContentType, Metadata, text });
    const tags = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'a/ü b' }));
    expect(tags.TagSet).toEqual([{ Key: 'k', Value: 'v' }]);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a/ü b']);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('may share their content: it goes with the last of them', async () => {
    await put('one', 'shared');
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'two', CopySource: `${bucket}/one` }));
    await restart();
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'one' }));
    expect((await read('two')).text).toBe('shared');
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'two' }));
    // The stream of the answer above may hold the file a moment longer than the answer takes to be read.
    await expect.poll(() => readdir(directory)).toEqual([]);
  });

  it('get later sequencers than before, and files of an interrupted upload go', async () => {
    await put('a', 'a');
    await writeFile(join(directory, 'blob-77'), 'half of an upload');
    await restart();
    expect(await readdir(directory)).toHaveLength(1);
    await put('a', 'b');
    const [first, second] = created.map(({ sequencer }) => sequencer);
    expect((second ?? '') > (first ?? '')).toBe(true);
    expect((await read('a')).text).toBe('b');
  });
});

describe('messages that are stored', () => {
  const url = (name: string) => queues.queueUrl(`${endpoints.origin}/aws/sqs`, name);
  const receive = async (name: string) =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl: url(name), MaxNumberOfMessages: 10 }))).Messages ??
    [];
  const bodies = async (name: string) => (await receive(name)).map(({ Body }) => Body);

  it('are sent again in their order, also those in flight; what was deleted is not', async () => {
    for (const MessageBody of ['1', '2'])
      await sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody }));
    const Entries = ['3', '4', '5'].map((MessageBody) => ({ Id: `e${MessageBody}`, MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url('plain'), Entries }));
    const inFlight = await receive('plain');
    const handle = (body: string) => inFlight.find(({ Body }) => Body === body)?.ReceiptHandle;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url('plain'), ReceiptHandle: handle('2') }));
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url('plain'),
        Entries: [{ Id: 'd', ReceiptHandle: handle('4') }],
      }),
    );
    await restart();
    const again = await receive('plain');
    expect(again.map(({ Body }) => Body)).toEqual(['1', '3', '5']);
    // What is deleted after a restart is deleted for good, although it has another id now.
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: url('plain'), ReceiptHandle: again[0]?.ReceiptHandle }),
    );
    await restart();
    expect(await bodies('plain')).toEqual(['3', '5']);
    await sqs.send(new PurgeQueueCommand({ QueueUrl: url('plain') }));
    await restart();
    expect(await bodies('plain')).toEqual([]);
  });

  it('keep their group in a FIFO queue, and a duplicate is stored once', async () => {
    const send = (MessageBody: string, MessageGroupId: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: url('ordered.fifo'), MessageBody, MessageGroupId }));
    await send('a1', 'a');
    await send('a1', 'a');
    await send('a2', 'a');
    await send('b1', 'b');
    await restart();
    expect((await bodies('ordered.fifo')).toSorted()).toEqual(['a1', 'b1']);
    expect(stored.messages.entries()).toHaveLength(3);
  });

  it('are in queues with the attributes that they were given', async () => {
    await sqs.send(new CreateQueueCommand({ QueueName: 'own', Attributes: { VisibilityTimeout: '11' } }));
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: url('plain'), Attributes: { VisibilityTimeout: '22' } }),
    );
    await restart();
    for (const [name, timeout] of [
      ['own', '11'],
      ['plain', '22'],
    ] as const) {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url(name), AttributeNames: ['VisibilityTimeout'] }),
      );
      expect(Attributes).toEqual({ VisibilityTimeout: timeout });
    }
  });
});

describe('people and rights that are stored', () => {
  it('are guests, deleted logins, attachments and the key of the tokens', async () => {
    const keeper = new InMemoryKeeper();
    const registry = () =>
      createIdentityRegistry({ region: REGION, identityPoolId: 'p', seed: 's', now: () => 7, keeper });
    const login = { provider: 'p', sub: 'alice', claims: {} };
    const before = registry();
    const guest = before.newGuest();
    const first = before.ofLogin(login);
    before.remove(first.identityId);
    const second = before.ofLogin(login);
    const after = registry();
    expect(after.find(guest.identityId)).toEqual(guest);
    expect(after.find(first.identityId)).toBeUndefined();
    expect(after.ofLogin(login)).toEqual(second);

    const rights = new InMemoryKeeper();
    const attachments = () => createAttachments({ now: () => 7, propagationMs: 0, keeper: rights });
    const given = attachments();
    given.attach('policy', 'one');
    given.attach('policy', 'two');
    given.detach('policy', 'one');
    expect(attachments().listedTargets('policy')).toEqual(['two']);

    const keys = new InMemoryKeeper();
    expect(await storedSigningKey(keys)).toEqual(await storedSigningKey(keys));
  });
});
