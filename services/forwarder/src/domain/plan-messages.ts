import {
  base32Digest,
  queueText,
  type ExecutionArn,
  type ExecutionRecord,
  type RecordBatch,
} from '@stepcast/contracts';
import type { OutgoingMessage } from '@stepcast/kit';

/** Records of one execution. */
export interface ExecutionRecords {
  readonly executionArn: ExecutionArn;
  readonly records: readonly ExecutionRecord[];
}

/** FIFO group of an execution: everything of it stays in order on the queue. */
export function messageGroupOf(executionArn: string): string {
  return base32Digest(executionArn, 32);
}

/** Gathers records by execution, each in order of id. Repeated records stay: whoever counts them is further on. */
export function groupByExecution(
  records: Iterable<{ readonly executionArn: ExecutionArn; readonly record: ExecutionRecord }>,
): ExecutionRecords[] {
  const groups = new Map<ExecutionArn, ExecutionRecord[]>();
  for (const { executionArn, record } of records) {
    const group = groups.get(executionArn);
    if (group === undefined) groups.set(executionArn, [record]);
    else group.push(record);
  }
  return [...groups].map(([executionArn, group]) => ({
    executionArn,
    records: group.toSorted((one, other) => one.id - other.id),
  }));
}

/** Names which redrive and which ids a message carries, as short as can be: `0.1-4,6`. */
function idsOf(records: readonly ExecutionRecord[]): string {
  return records.map((record) => `${record.redriveCount}.${record.id}`).join(',');
}

/**
 * The messages for one execution: as few as keep each body within `maxBodyBytes`. A single record over the limit
 * travels alone and whole: the cut bounds it well below what SQS takes.
 *
 * The deduplication ID holds a nonce of this invocation on purpose. SQS then absorbs only what the SDK itself sends
 * twice; a record that CloudWatch delivers twice travels on, and the journal, which recognises it, counts it. Without
 * the nonce records would vanish inside SQS without a trace in any counter.
 */
export function planMessages(
  { executionArn, records }: ExecutionRecords,
  options: { readonly maxBodyBytes: number; readonly nonce: string },
): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  const groupId = messageGroupOf(executionArn);
  const overhead = 128 + executionArn.length;
  let chunk: ExecutionRecord[] = [];
  let bytes = overhead;
  const flush = () => {
    if (chunk.length === 0) return;
    const batch: RecordBatch = { version: 1, executionArn, records: chunk };
    messages.push({
      body: queueText(batch),
      groupId,
      deduplicationId: base32Digest(
        `${executionArn}\n${idsOf(chunk)}\n${messages.length}\n${options.nonce}`,
        52,
      ),
    });
    chunk = [];
    bytes = overhead;
  };
  for (const record of records) {
    const size = Buffer.byteLength(queueText(record)) + 1;
    if (bytes + size > options.maxBodyBytes) flush();
    chunk.push(record);
    bytes += size;
  }
  flush();
  return messages;
}
