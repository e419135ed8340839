import { gzipSync } from 'node:zlib';
import type { ExecutionRecord } from '@stepcast/wire';

/** A payload of the log subscription with records of one execution, as Step Functions writes them. */
export function logPayload(
  executionArn: string,
  records: readonly ExecutionRecord[],
): { readonly awslogs: { readonly data: string } } {
  const logEvents = records.map(({ id, type, previousEventId, timestampMs, redriveCount, details }) => ({
    id: String(id),
    timestamp: timestampMs,
    message: JSON.stringify({
      id: String(id),
      type,
      details,
      previous_event_id: String(previousEventId),
      event_timestamp: String(timestampMs),
      execution_arn: executionArn,
      redrive_count: String(redriveCount),
    }),
  }));
  const message = {
    messageType: 'DATA_MESSAGE',
    owner: '111122223333',
    logGroup: '/aws/vendedlogs/states/ProgressPipeline-Logs',
    logStream: 'states/ProgressPipeline/2026-11-03-10-15/00000000',
    subscriptionFilters: ['stepcast'],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') } };
}
