import { afterAll, beforeAll } from 'vitest';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createProgressQueueOutbox } from '@stepcast/correlator';
import { describeOutbox } from '@stepcast/correlator/testing/outbox-conformance';
import type { Sandbox } from '@stepcast/sandbox';
import { decodeHandover, QUEUE_NAMES, type Handover } from '@stepcast/wire';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let correlator: SQSClient;
let publisher: SQSClient;
let queueUrl: string;

beforeAll(async () => {
  // No services in it: the publisher would take the messages.
  sandbox = await startTestSandbox({
    environment: { STEPCAST_SANDBOX_FORWARDER_URL: 'http://127.0.0.1:9' },
  });
  const { info, access } = sandbox;
  // Under the roles of the two services, so that the policies of both ends are tried as well.
  const clientFor = ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) =>
    new SQSClient({
      endpoint: info.endpoints.sqs,
      region: info.region,
      credentials: { accessKeyId, secretAccessKey },
    });
  correlator = clientFor(access.services.correlator);
  publisher = clientFor(access.services.publisher);
  queueUrl = `${info.endpoints.sqs}/${info.accountId}/${QUEUE_NAMES.progress}`;
});

afterAll(async () => {
  correlator.destroy();
  publisher.destroy();
  await sandbox.stop({ force: true });
});

async function take(count: number): Promise<readonly Handover[]> {
  const taken: Handover[] = [];
  while (taken.length < count) {
    const { Messages = [] } = await publisher.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length === 0) break;
    for (const { Body = '' } of Messages) {
      const handover = decodeHandover(Body);
      if (!handover.ok) throw new Error(`no handover: ${JSON.stringify(handover.issues)}`);
      taken.push(handover.value);
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await publisher.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  return taken;
}

describeOutbox('the progress queue of the sandbox', () => ({
  outbox: createProgressQueueOutbox(correlator, queueUrl),
  take,
}));
