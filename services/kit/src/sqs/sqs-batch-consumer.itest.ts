import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../logger.ts';
import type { QueueVerdict } from '../queue.ts';
import { createSqsBatchConsumer } from './sqs-batch-consumer.adapter.ts';
import { startSqsServer } from './testing/sqs-server.ts';

describe('the SQS consumer', () => {
  it('ends each message by its verdict, and retries those without one', async () => {
    const server = await startSqsServer();
    const client = new SQSClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    });
    server.messages.push('done', 'later', 'forgotten');
    const verdicts = new Map<string, QueueVerdict>([
      ['id-done', 'done'],
      ['id-later', { retryAfterMs: 4_200 }],
    ]);
    const consumer = createSqsBatchConsumer({
      client,
      queueUrl: 'http://queue/1/q',
      logger: silentLogger,
      handle: () => Promise.resolve(verdicts),
      pollers: 1,
      waitTimeSeconds: 1,
      retryAfterMs: 7_000,
    });
    consumer.start();
    await server.until(() => server.deleted.length === 1 && server.changed.length === 2);
    expect(server.deleted).toEqual(['handle-done']);
    expect(server.changed.toSorted()).toEqual([
      ['handle-forgotten', 7],
      ['handle-later', 5],
    ]);
    expect(consumer.status()).toMatchObject({ failingSinceMs: undefined, inHand: 0 });
    await consumer.stop({ force: false });
    await server.close();
  });
});
