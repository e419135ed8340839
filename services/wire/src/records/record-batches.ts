import { queueText } from '../dead-letters/queue-text.ts';
import type { RecordBatch } from './execution-record.ts';

/** Bodies of the events queue stay within this many bytes. SQS takes 1 MiB; smaller is kinder to its readers. */
export const MAX_BATCH_BODY_BYTES = 240_000;

/**
 * The bodies for records of one execution: as few as stay within `maxBodyBytes`. A single record over the limit travels alone
 * and whole: the cut bounds it well below what SQS takes.
 */
export function recordBatchBodies(
  {
    records,
    ...head
  }: Readonly<Omit<RecordBatch, 'version' | 'records'>> & {
    readonly records: readonly RecordBatch['records'][number][];
  },
  maxBodyBytes: number = MAX_BATCH_BODY_BYTES,
): string[] {
  const bodyOf = (some: readonly RecordBatch['records'][number][]): string => {
    const batch: RecordBatch = { version: 1, ...head, records: [...some] };
    return queueText(batch);
  };
  const whole = bodyOf(records);
  if (Buffer.byteLength(whole) <= maxBodyBytes) return [whole];
  const bodies: string[] = [];
  const overhead = 128 + head.executionArn.length;
  let chunk: RecordBatch['records'][number][] = [];
  let bytes = overhead;
  for (const record of records) {
    const size = Buffer.byteLength(queueText(record)) + 1;
    if (chunk.length > 0 && bytes + size > maxBodyBytes) {
      bodies.push(bodyOf(chunk));
      chunk = [];
      bytes = overhead;
    }
    chunk.push(record);
    bytes += size;
  }
  bodies.push(bodyOf(chunk));
  return bodies;
}
