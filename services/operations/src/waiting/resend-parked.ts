import type { ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { correlationKeys, CORRELATION_KEYS, QUEUE_NAMES, queueText, type ParkedBody } from '@stepcast/wire';
import { groupOfExecution } from '../execution-group.ts';
import type { Operator } from '../operator.ts';
import { count } from '../words.ts';

/** Records of one message: a record without input is under 2 KB. */
const MAX_RECORDS = 100;

/**
 * Has the correlator read anew what is stored of an execution, and check its parked records again: they are sent once more,
 * in order. What stays unproven is parked as before, for the same record is parked once.
 */
export async function resendParked(
  { queues, newId }: Pick<Operator, 'queues' | 'newId'>,
  executionArn: ExecutionArn,
  parked: readonly ParkedBody[],
): Promise<string> {
  const records = parked.flatMap((item) => item.records).toSorted((one, other) => one.id - other.id);
  if (records.length === 0) return 'nothing is parked but a status; the sweep checks it within a minute';
  const nonce = newId();
  for (let start = 0; start < records.length; start += MAX_RECORDS)
    await queues.send(
      QUEUE_NAMES.events,
      queueText({
        version: 1,
        executionArn,
        records: records.slice(start, start + MAX_RECORDS),
        reload: true,
      }),
      { groupId: groupOfExecution(executionArn), deduplicationId: hexDigest(`${nonce}${start}`) },
    );
  return `${count(records.length, 'record')} sent to ${QUEUE_NAMES.events} again`;
}

/** Deletes parked records for good. */
export async function dropParked(
  { table }: Pick<Operator, 'table'>,
  digest: string,
  parked: readonly ParkedBody[],
): Promise<string> {
  if (parked.length === 0) return 'it has no records to drop; "release" ends a quarantine';
  for (const { key } of parked)
    await table.delete(correlationKeys.execution(digest), `${CORRELATION_KEYS.parkedPrefix}${key}`);
  return `${count(
    parked.reduce((sum, { records }) => sum + records.length, 0),
    'record',
  )} dropped`;
}
