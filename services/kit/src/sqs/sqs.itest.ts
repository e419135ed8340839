import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AwsCallError } from '../aws/aws-call-error.ts';
import { startJsonServer, type JsonServer } from '../aws/testing/json-server.ts';
import { createSqs, type Sqs } from './sqs.adapter.ts';

const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/123456789012/q.fifo';

describe('SQS over plain HTTP', () => {
  let server: JsonServer;
  let sqs: Sqs;
  let reply: string;

  beforeEach(async () => {
    reply = '{}';
    server = await startJsonServer(() => ({ status: 200, body: reply }));
    const client = new SQSClient({
      endpoint: server.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    });
    sqs = createSqs({ client });
  });
  afterEach(async () => {
    await sqs.close();
    await server.close();
  });

  const sent = () => {
    const body: unknown = JSON.parse(server.seen[0]?.body ?? '');
    return { target: server.seen[0]?.headers['x-amz-target'], body };
  };

  it('sends a batch, and says by place which entries were refused', async () => {
    reply = '{"Successful":[],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}';
    const entries = [{ body: 'Résumé ✓', groupId: 'g', deduplicationId: 'd' }, { body: 'b' }];
    expect(await sqs.sendBatch(QUEUE, entries)).toEqual([
      { index: 1, code: 'InternalError', senderFault: false },
    ]);
    expect(sent()).toEqual({
      target: 'AmazonSQS.SendMessageBatch',
      body: {
        QueueUrl: QUEUE,
        Entries: [
          { Id: '0', MessageBody: 'Résumé ✓', MessageGroupId: 'g', MessageDeduplicationId: 'd' },
          { Id: '1', MessageBody: 'b' },
        ],
      },
    });
  });

  it('receives messages with what it asks for', async () => {
    reply = JSON.stringify({
      Messages: [
        {
          MessageId: 'id',
          ReceiptHandle: 'handle',
          MD5OfBody: 'unused',
          Body: 'body',
          Attributes: { ApproximateReceiveCount: '3', MessageGroupId: 'g', SentTimestamp: '1700000000000' },
        },
      ],
    });
    const how = { maxMessages: 10, waitTimeSeconds: 8, visibilityTimeoutSeconds: 60, attemptId: 'attempt-1' };
    expect(await sqs.receive(QUEUE, how)).toEqual([
      {
        id: 'id',
        receiptHandle: 'handle',
        body: 'body',
        receiveCount: 3,
        groupId: 'g',
        sentAtMs: 1_700_000_000_000,
      },
    ]);
    expect(sent()).toEqual({
      target: 'AmazonSQS.ReceiveMessage',
      body: {
        QueueUrl: QUEUE,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 8,
        VisibilityTimeout: 60,
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId', 'SentTimestamp'],
        ReceiveRequestAttemptId: 'attempt-1',
      },
    });
  });

  it('receives nothing from an empty queue', async () => {
    const how = { maxMessages: 1, waitTimeSeconds: 0, visibilityTimeoutSeconds: 60 };
    expect(await sqs.receive(QUEUE, how)).toEqual([]);
  });

  it('deletes by receipt handle', async () => {
    await sqs.deleteBatch(QUEUE, ['a', 'b']);
    expect(sent()).toEqual({
      target: 'AmazonSQS.DeleteMessageBatch',
      body: {
        QueueUrl: QUEUE,
        Entries: [
          { Id: '0', ReceiptHandle: 'a' },
          { Id: '1', ReceiptHandle: 'b' },
        ],
      },
    });
  });

  it('changes visibility by receipt handle', async () => {
    await sqs.changeVisibilityBatch(QUEUE, [{ receiptHandle: 'a', visibilityTimeoutSeconds: 0 }]);
    expect(sent()).toEqual({
      target: 'AmazonSQS.ChangeMessageVisibilityBatch',
      body: { QueueUrl: QUEUE, Entries: [{ Id: '0', ReceiptHandle: 'a', VisibilityTimeout: 0 }] },
    });
  });

  it('says that it did not understand an answer', async () => {
    reply = '<html>';
    await expect(sqs.deleteBatch(QUEUE, ['a'])).rejects.toMatchObject({
      reason: 'answer not understood',
      retryable: false,
    });
    await expect(sqs.deleteBatch(QUEUE, ['a'])).rejects.toBeInstanceOf(AwsCallError);
  });
});
