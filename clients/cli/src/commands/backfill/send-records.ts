import type { ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { QUEUE_NAMES, recordBatchBodies, type ExecutionRecord } from '@stepcast/wire';
import { groupOfExecution, type Operator } from '@stepcast/operations';

/** Sends records of an execution to the correlator, which reads anew what is stored of it before it processes them. */
export async function sendRecords(
  { queues, newId }: Pick<Operator, 'queues' | 'newId'>,
  executionArn: ExecutionArn,
  records: readonly ExecutionRecord[],
): Promise<void> {
  const nonce = newId();
  for (const [index, body] of recordBatchBodies({ executionArn, records, reload: true }).entries())
    await queues.send(QUEUE_NAMES.events, body, {
      groupId: groupOfExecution(executionArn),
      deduplicationId: hexDigest(`${nonce}${index}`),
    });
}
