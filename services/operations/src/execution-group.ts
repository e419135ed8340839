import { hexDigest } from '@stepcast/kit';

/**
 * FIFO group of an execution on the events queue, the same as the forwarder's: what an operator sends stays in order with what
 * comes from the logs. SQS takes 128 characters; an ARN may be longer.
 */
export function groupOfExecution(executionArn: string): string {
  return hexDigest(executionArn);
}
