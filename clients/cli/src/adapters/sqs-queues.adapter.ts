import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { QueueSource } from '../ports/sources.port.ts';
import { lookUp, named } from './answer.ts';

const Redrive = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() });

/** Queues by name: their kind, policy, redrive and how many messages wait. */
export function createSqsQueues(client: SQSClient, urlOf?: (name: string) => string): QueueSource {
  return {
    queue: (name) =>
      lookUp(
        `sqs:GetQueueAttributes ${name}`,
        named('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
        async () => {
          const QueueUrl =
            urlOf?.(name) ?? (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
          const { Attributes = {} } = await client.send(
            new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
          );
          const policy =
            Attributes.Policy === undefined ? undefined : parseJson(z.unknown(), Attributes.Policy);
          const redrive =
            Attributes.RedrivePolicy === undefined ? undefined : parseJson(Redrive, Attributes.RedrivePolicy);
          return {
            arn: Attributes.QueueArn ?? '',
            fifo: Attributes.FifoQueue === 'true',
            messages: Number(Attributes.ApproximateNumberOfMessages ?? 0),
            policy: policy === undefined ? undefined : policy.ok ? policy.value : Attributes.Policy,
            redrive:
              redrive?.ok === true
                ? {
                    targetArn: redrive.value.deadLetterTargetArn,
                    maxReceiveCount: redrive.value.maxReceiveCount,
                  }
                : undefined,
          };
        },
      ),
  };
}
