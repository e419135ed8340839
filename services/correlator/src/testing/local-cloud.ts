import { createServer, type IncomingMessage } from 'node:http';
import { SFNClient } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { startDynalite, type LocalDynamo } from './local-dynamo.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };

/** What a Step Functions operation answers: an output, or an error's name. */
export type SfnAnswer = { readonly output: unknown } | { readonly error: string };

/** SQS, DynamoDB and a scripted Step Functions on loopback. */
export interface LocalCloud {
  readonly sqs: SQSClient;
  readonly dynamo: LocalDynamo;
  readonly sfn: SFNClient;
  /** The answer to each operation; `ExecutionDoesNotExist` to those without one. */
  readonly sfnAnswers: Map<string, (input: unknown) => SfnAnswer>;
  readonly sfnCalls: { readonly operation: string; readonly input: unknown }[];
  readonly queues: Readonly<Record<'uploads' | 'status' | 'events' | 'progress' | 'deadLetters', string>>;
  send(queueUrl: string, body: string, group?: string): Promise<void>;
  /** Takes messages off a queue until there are `count`, or none comes for a while. */
  take(queueUrl: string, count: number): Promise<string[]>;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return new Response(Buffer.concat(chunks)).json();
}

export async function startLocalCloud(): Promise<LocalCloud> {
  const dynamo = await startDynalite();
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });

  const sfnAnswers = new Map<string, (input: unknown) => SfnAnswer>();
  const sfnCalls: { operation: string; input: unknown }[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((input) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      sfnCalls.push({ operation, input });
      const answer = sfnAnswers.get(operation)?.(input) ?? { error: 'ExecutionDoesNotExist' };
      const failed = 'error' in answer;
      response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(failed ? { __type: answer.error, message: answer.error } : answer.output));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sfn = new SFNClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });

  async function create(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    // fauxqs names itself as AWS does; the SDK would follow that name instead of the endpoint.
    return new URL(new URL(QueueUrl).pathname, endpoint).href;
  }
  const fifo = { FifoQueue: 'true' };
  const queues = {
    uploads: await create('uploads'),
    status: await create('status'),
    events: await create('events.fifo', fifo),
    progress: await create('progress.fifo', fifo),
    deadLetters: await create('dead-letters'),
  };
  let sent = 0;
  return {
    sqs,
    dynamo,
    sfn,
    sfnAnswers,
    sfnCalls,
    queues,
    async send(QueueUrl, MessageBody, MessageGroupId) {
      sent += 1;
      await sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody,
          ...(MessageGroupId === undefined ? {} : { MessageGroupId, MessageDeduplicationId: `sent-${sent}` }),
        }),
      );
    },
    async take(QueueUrl, count) {
      const bodies: string[] = [];
      while (bodies.length < count) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
        );
        if (Messages.length === 0) return bodies;
        for (const { Body = '', ReceiptHandle } of Messages) {
          bodies.push(Body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
      return bodies;
    },
    async stop() {
      sqs.destroy();
      sfn.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await dynamo.stop();
      await app.close();
    },
  };
}
