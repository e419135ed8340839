import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListDeadLetterSourceQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type Endpoints, eventually, REGION, startEndpoints } from '../testing/endpoint-harness.ts';
import { createSqsService, type SqsService } from './index.ts';

let endpoints: Endpoints;
let service: SqsService;
let sqs: SQSClient;
const url = (name: string) => service.queueUrl(`${endpoints.origin}/aws/sqs`, name);

beforeAll(async () => {
  service = createSqsService({ accountId: ACCOUNT, region: REGION });
  await service.createQueue({ name: 'dead' });
  await service.createQueue({ name: 'plain', deadLetters: { queueName: 'dead', maxReceiveCount: 2 } });
  await service.createQueue({ name: 'ordered.fifo' });
  endpoints = await startEndpoints([
    { prefix: '/aws/sqs', cors: true, service: { kind: 'http', service: service.service } },
  ]);
  sqs = new SQSClient({
    endpoint: `${endpoints.origin}/aws/sqs`,
    region: REGION,
    credentials: endpoints.rootKeys,
    maxAttempts: 1,
  });
});

afterEach(() => {
  endpoints.authorizer.denies = () => false;
  endpoints.authorizer.asked.length = 0;
});

afterAll(async () => {
  sqs.destroy();
  await service.close();
  await endpoints.close();
  expect(endpoints.errors).toEqual([]);
});

const receive = async (name: string, more: object = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl: url(name), MaxNumberOfMessages: 10, ...more })))
    .Messages ?? [];
const remove = (name: string, handle: string | undefined) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl: url(name), ReceiptHandle: handle }));

describe('queues', () => {
  it('hand out URLs and ARNs of this front and this account, which work as they are', async () => {
    const made = await sqs.send(new CreateQueueCommand({ QueueName: 'made' }));
    expect(made.QueueUrl).toBe(`${endpoints.origin}/aws/sqs/${ACCOUNT}/made`);
    const found = await sqs.send(new GetQueueUrlCommand({ QueueName: 'made' }));
    expect(found.QueueUrl).toBe(made.QueueUrl);
    const attributes = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url('plain'), AttributeNames: ['All'] }),
    );
    expect(attributes.Attributes).toMatchObject({
      QueueArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:plain`,
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`,
        maxReceiveCount: 2,
      }),
    });
    const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'ma' }));
    expect(listed.QueueUrls).toEqual([made.QueueUrl]);
  });

  it('are answered to a client that calls the host by another name', async () => {
    const other = new SQSClient({
      endpoint: `${endpoints.origin.replace('127.0.0.1', 'localhost')}/aws/sqs`,
      region: REGION,
      credentials: endpoints.rootKeys,
    });
    const found = await other.send(new GetQueueUrlCommand({ QueueName: 'plain' }));
    expect(found.QueueUrl).toBe(url('plain').replace('127.0.0.1', 'localhost'));
    await other.send(new SendMessageCommand({ QueueUrl: found.QueueUrl, MessageBody: 'hello' }));
    const [message] = await receive('plain');
    expect(message?.Body).toBe('hello');
    await remove('plain', message?.ReceiptHandle);
    other.destroy();
  });

  it('that are not there, and dead-letter queues that are not there, are errors', async () => {
    await expect(receive('missing')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    await expect(
      sqs.send(
        new CreateQueueCommand({
          QueueName: 'bad',
          Attributes: {
            RedrivePolicy: JSON.stringify({
              deadLetterTargetArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:nowhere`,
              maxReceiveCount: 1,
            }),
          },
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('a FIFO queue', () => {
  it('keeps the order of a group, drops duplicates and waits for deletion', async () => {
    const entries = [1, 2, 3].map((number) => ({
      Id: `m${number}`,
      MessageBody: `body ${number} arn:aws:sqs:${REGION}:000000000000:kept`,
      MessageGroupId: 'group',
      MessageDeduplicationId: `d${number}`,
    }));
    const sent = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: url('ordered.fifo'), Entries: entries }),
    );
    expect(sent.Successful).toHaveLength(3);
    const again = await sqs.send(
      new SendMessageCommand({
        QueueUrl: url('ordered.fifo'),
        MessageBody: 'body 1 again',
        MessageGroupId: 'group',
        MessageDeduplicationId: 'd1',
      }),
    );
    expect(again.MessageId).toBe(sent.Successful?.[0]?.MessageId);
    const bodies: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const [message] = await receive('ordered.fifo', { MessageSystemAttributeNames: ['All'] });
      expect(message?.Attributes).toMatchObject({ MessageGroupId: 'group', ApproximateReceiveCount: '1' });
      expect(await receive('ordered.fifo')).toEqual([]);
      bodies.push(message?.Body);
      await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: url('ordered.fifo'),
          Entries: [{ Id: 'one', ReceiptHandle: message?.ReceiptHandle }],
        }),
      );
    }
    expect(bodies).toEqual(entries.map((entry) => entry.MessageBody));
    expect(await receive('ordered.fifo')).toEqual([]);
  });

  it('gives messages back when their receiver goes away during a long poll', async () => {
    const abort = new AbortController();
    const asked = endpoints.authorizer.asked.length;
    const waiting = sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url('ordered.fifo'), WaitTimeSeconds: 20 }),
      { abortSignal: abort.signal },
    );
    await eventually(() => {
      expect(endpoints.authorizer.asked.length).toBeGreaterThan(asked);
    });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url('ordered.fifo'),
        MessageBody: 'for the next one',
        MessageGroupId: 'late',
        MessageDeduplicationId: 'late',
      }),
    );
    const [message] = await receive('ordered.fifo', { WaitTimeSeconds: 5 });
    expect(message?.Body).toBe('for the next one');
    await remove('ordered.fifo', message?.ReceiptHandle);
  });
});

it.each(['emoji 😀 and more 👩‍🚀', 'private \ue000 use \ue0001f600;', 'plain'])(
  'a message of any characters that SQS has comes as it was sent: %j',
  async (text) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody: text }));
    const { Successful = [], Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: url('plain'),
        Entries: [{ Id: 'a', MessageBody: `${text}!` }],
      }),
    );
    expect([Successful.length, Failed.length]).toEqual([1, 0]);
    // The client itself holds the digests against what it sent and got.
    const messages = await receive('plain');
    expect(messages.map(({ Body }) => Body)).toEqual([text, `${text}!`]);
    for (const { ReceiptHandle } of messages) await remove('plain', ReceiptHandle);
  },
);

it('half of a character beyond U+FFFF is refused, as by SQS', async () => {
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody: 'half \ud83d of it' })),
  ).rejects.toMatchObject({ name: 'InvalidMessageContents' });
});

it('hides a message no longer than the service allows, whatever the consumer asks for', async () => {
  const hasty = createSqsService({ accountId: ACCOUNT, region: REGION, maxVisibilitySeconds: 1 });
  await hasty.createQueue({ name: 'hasty' });
  const front = await startEndpoints([
    { prefix: '/aws/sqs', cors: true, service: { kind: 'http', service: hasty.service } },
  ]);
  const client = new SQSClient({
    endpoint: `${front.origin}/aws/sqs`,
    region: REGION,
    credentials: front.rootKeys,
  });
  const QueueUrl = hasty.queueUrl(`${front.origin}/aws/sqs`, 'hasty');
  const take = async () =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600, WaitTimeSeconds: 5 })))
      .Messages?.[0];
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'again' }));
  const first = await take();
  await client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: first?.ReceiptHandle,
      VisibilityTimeout: 600,
    }),
  );
  expect((await take())?.Body).toBe('again');
  client.destroy();
  await hasty.close();
  await front.close();
});

it('a message that keeps failing goes to the dead-letter queue', async () => {
  await sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody: 'poison' }));
  for (let turn = 0; turn < 2; turn++) {
    const [message] = await receive('plain');
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url('plain'),
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
  }
  expect(await receive('plain')).toEqual([]);
  expect((await receive('dead')).map((message) => message.Body)).toEqual(['poison']);
});

it('each operation is authorized by its action on the queue, batches by the single one', async () => {
  endpoints.authorizer.denies = ({ action }) => action === 'sqs:SendMessage';
  await expect(
    sqs.send(
      new SendMessageBatchCommand({ QueueUrl: url('plain'), Entries: [{ Id: 'a', MessageBody: 'a' }] }),
    ),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(await receive('plain')).toEqual([]);
  expect(endpoints.authorizer.asked.map(({ action, resource }) => [action, resource])).toEqual([
    ['sqs:SendMessage', `arn:aws:sqs:${REGION}:${ACCOUNT}:plain`],
    ['sqs:ReceiveMessage', `arn:aws:sqs:${REGION}:${ACCOUNT}:plain`],
  ]);
});

it('what is not there and what is malformed are errors, not crashes', async () => {
  await expect(
    sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url('dead') })),
  ).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody: '' })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl: url('plain'), MessageBody: 'x'.repeat(1_100_000) })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});
