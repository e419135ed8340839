import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { asError } from '@stepcast/kit';
import type { OperatorQueues } from '../ports.ts';
import { asking, operatorErrorOf } from './aws-errors.ts';

const missing = new Set(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']);

/** @param urlOf address of a queue; default: SQS is asked */
export function createSqsOperatorQueues(client: SQSClient, urlOf?: (name: string) => string): OperatorQueues {
  const known = new Map<string, string>();

  async function find(name: string): Promise<string> {
    const before = known.get(name) ?? urlOf?.(name);
    if (before !== undefined) return before;
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    known.set(name, QueueUrl);
    return QueueUrl;
  }

  return {
    async depth(name) {
      try {
        const { Attributes = {} } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: await find(name), AttributeNames: ['All'] }),
        );
        return {
          visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
          inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
          delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
        };
      } catch (thrown) {
        if (missing.has(asError(thrown).name)) return undefined;
        throw operatorErrorOf(`sqs:GetQueueAttributes ${name}`, thrown);
      }
    },
    async send(name, body, fifo) {
      await asking(`sqs:SendMessage ${name}`, async () =>
        client.send(
          new SendMessageCommand({
            QueueUrl: await find(name),
            MessageBody: body,
            ...(fifo === undefined
              ? {}
              : { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
          }),
        ),
      );
    },
    async receive(name, holdSeconds) {
      const { Messages = [] } = await asking(`sqs:ReceiveMessage ${name}`, async () =>
        client.send(
          new ReceiveMessageCommand({
            QueueUrl: await find(name),
            MaxNumberOfMessages: 10,
            VisibilityTimeout: holdSeconds,
            WaitTimeSeconds: 0,
            MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
          }),
        ),
      );
      return Messages.map(({ Body = '', ReceiptHandle = '', MessageId = '', Attributes = {} }) => ({
        body: Body,
        receipt: ReceiptHandle,
        messageId: MessageId,
        sentMs: Attributes.SentTimestamp === undefined ? undefined : Number(Attributes.SentTimestamp),
        groupId: Attributes.MessageGroupId,
      }));
    },
    async delete(name, receipt) {
      await asking(`sqs:DeleteMessage ${name}`, async () =>
        client.send(new DeleteMessageCommand({ QueueUrl: await find(name), ReceiptHandle: receipt })),
      );
    },
    async release(name, receipt) {
      await asking(`sqs:ChangeMessageVisibility ${name}`, async () =>
        client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: await find(name),
            ReceiptHandle: receipt,
            VisibilityTimeout: 0,
          }),
        ),
      );
    },
  };
}
