import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError } from '../core/index.ts';

const entry = z.looseObject({ Id: z.string() });
const queue = z.looseObject({ QueueUrl: z.string() });
const attributes = z.record(z.string(), z.string());

/**
 * What each operation must bring for the store behind not to trip over it, by operation. The store checks the rest
 * itself. Operations that are not here are not there.
 */
const requests = {
  CreateQueue: z.looseObject({ QueueName: z.string(), Attributes: attributes.optional() }),
  DeleteQueue: queue,
  GetQueueUrl: z.looseObject({ QueueName: z.string() }),
  ListQueues: z.looseObject({ QueueNamePrefix: z.string().optional() }),
  GetQueueAttributes: queue.extend({ AttributeNames: z.array(z.string()).optional() }),
  SetQueueAttributes: queue.extend({ Attributes: attributes }),
  PurgeQueue: queue,
  SendMessage: queue.extend({ MessageBody: z.string().min(1) }),
  SendMessageBatch: queue.extend({ Entries: z.array(entry.extend({ MessageBody: z.string().min(1) })) }),
  ReceiveMessage: queue.extend({
    MaxNumberOfMessages: z.int().optional(),
    VisibilityTimeout: z.int().optional(),
    WaitTimeSeconds: z.int().optional(),
  }),
  DeleteMessage: queue.extend({ ReceiptHandle: z.string() }),
  DeleteMessageBatch: queue.extend({ Entries: z.array(entry.extend({ ReceiptHandle: z.string() })) }),
  ChangeMessageVisibility: queue.extend({ ReceiptHandle: z.string(), VisibilityTimeout: z.int() }),
  ChangeMessageVisibilityBatch: queue.extend({
    Entries: z.array(entry.extend({ ReceiptHandle: z.string(), VisibilityTimeout: z.int() })),
  }),
} as const;

export type SqsOperation = keyof typeof requests;

export function isSqsOperation(name: string): name is SqsOperation {
  return Object.hasOwn(requests, name);
}

/** A request of SQS: the fields that matter here, and all others as they came. */
export interface SqsRequest {
  readonly [field: string]: unknown;
  readonly QueueUrl?: string | undefined;
  readonly QueueName?: string | undefined;
  readonly QueueOwnerAWSAccountId?: unknown;
}

const Common = z.looseObject({
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
});

/** @throws AwsError `SerializationException` or `InvalidParameterValue`, naming the field */
export function parseSqsRequest(operation: SqsOperation, body: string): SqsRequest {
  const shape = parseJson(Common, body);
  if (!shape.ok) throw new AwsError('SerializationException', 400, describeIssues(shape.issues));
  const parsed = parseJson<z.core.$ZodType>(requests[operation], body);
  if (!parsed.ok)
    throw new AwsError('InvalidParameterValue', 400, `SQS ${operation}: ${describeIssues(parsed.issues)}`);
  return shape.value;
}

/** IAM knows the batch operations by the name of the single one. */
export function iamActionOf(operation: SqsOperation): string {
  return `sqs:${operation.replace(/Batch$/, '')}`;
}
