import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { encodeHandover, handoverQueueIds, type Handover } from '@stepcast/wire';
import { buildApp } from 'fauxqs';
import { createTestTable, type TestTable } from './dynalite-table.ts';

/** Queues and the journal table on loopback, as the service finds them in AWS. */
export interface TestCloud {
  readonly sqs: SQSClient;
  readonly table: TestTable;
  readonly endpoint: string;
  readonly progressQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Sends a handover as the correlator does. */
  hand(handover: Handover): Promise<void>;
  /** Sends anything to the progress queue. */
  sendRaw(groupId: string, body: string, deduplicationId?: string): Promise<void>;
  close(): Promise<void>;
}

export async function startTestCloud(): Promise<TestCloud> {
  const table = await createTestTable();
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const sqs = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const create = async (QueueName: string, fifo: boolean) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName, ...(fifo ? { Attributes: { FifoQueue: 'true' } } : {}) }),
    );
    // fauxqs names itself as AWS does; the SDK would follow that name instead of the endpoint.
    return new URL(new URL(QueueUrl).pathname, endpoint).href;
  };
  const progressQueueUrl = await create('progress.fifo', true);
  const deadLetterQueueUrl = await create('dead-letters', false);
  async function sendRaw(groupId: string, body: string, deduplicationId = 'raw'): Promise<void> {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: progressQueueUrl,
        MessageBody: body,
        MessageGroupId: groupId.replaceAll(' ', '-'),
        MessageDeduplicationId: deduplicationId,
      }),
    );
  }
  return {
    sqs,
    table,
    endpoint,
    progressQueueUrl,
    deadLetterQueueUrl,
    hand(handover) {
      const { groupId, deduplicationId } = handoverQueueIds(handover);
      return sendRaw(groupId, encodeHandover(handover), deduplicationId);
    },
    sendRaw,
    async close() {
      sqs.destroy();
      await table.close();
      await app.close();
    },
  };
}
