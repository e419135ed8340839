import { type ExecutionArn } from '@stepcast/contracts';
import { recordBatchBodies, reportBatchBody, type ExecutionRecord, type TargetReports } from '@stepcast/wire';
import { hexDigest, type OutgoingMessage } from '@stepcast/kit';

/** Records of one execution. */
export interface ExecutionRecords {
  readonly executionArn: ExecutionArn;
  readonly records: readonly ExecutionRecord[];
}

/** FIFO group of an execution: everything of it stays in order on the queue. */
function messageGroupOf(executionArn: string): string {
  return hexDigest(executionArn);
}

/** Gathers records by execution, each in order of id. Repeated records stay: they are counted further on. */
export function groupByExecution(
  records: Iterable<{ readonly executionArn: ExecutionArn; readonly record: ExecutionRecord }>,
): ExecutionRecords[] {
  const groups = new Map<ExecutionArn, ExecutionRecord[]>();
  let lastArn: ExecutionArn | undefined;
  let group: ExecutionRecord[] = [];
  for (const { executionArn, record } of records) {
    // Most records follow one of the same execution: comparing two ARNs takes less than hashing one.
    if (executionArn !== lastArn) {
      group = groups.get(executionArn) ?? [];
      if (group.length === 0) groups.set(executionArn, group);
      lastArn = executionArn;
    }
    group.push(record);
  }
  const all: ExecutionRecords[] = [];
  for (const [executionArn, one] of groups) all.push({ executionArn, records: inOrder(one) });
  return all;
}

/** Sorts only what is not in order: nearly always it is. */
function inOrder(records: readonly ExecutionRecord[]): readonly ExecutionRecord[] {
  let previous = 0;
  for (const { id } of records) {
    if (id < previous) return records.toSorted((one, other) => one.id - other.id);
    previous = id;
  }
  return records;
}

/**
 * The messages for the records of one payload, in order within an execution, and for its reports.
 *
 * The deduplication ID holds a nonce of this invocation on purpose. SQS then absorbs only what the SDK itself sends
 * twice; a record that CloudWatch delivers twice travels on, and the journal, which recognises it, counts it. Without
 * the nonce records would vanish inside SQS without a trace in any counter.
 */
export function planMessages(
  executions: readonly ExecutionRecords[],
  options: { readonly maxBodyBytes: number; readonly nonce: string },
  reports: readonly TargetReports[] = [],
): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  for (const execution of executions) {
    const groupId = messageGroupOf(execution.executionArn);
    for (const body of recordBatchBodies(execution, options.maxBodyBytes))
      messages.push({ body, groupId, deduplicationId: `${options.nonce}.${messages.length}` });
  }
  for (const one of reports) {
    const deduplicationId = `${options.nonce}.${messages.length}`;
    // A group of its own: reports have an order of their own, and one that waits for its step must not hold up records.
    messages.push({ body: reportBatchBody(one), groupId: `report.${deduplicationId}`, deduplicationId });
  }
  return messages;
}
