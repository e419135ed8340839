import { gzipSync } from 'node:zlib';
import type { LogRecord, SubscriptionMessage, SubscriptionPayload } from './types.ts';

export interface PayloadSource {
  readonly accountId: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilter: string;
}

/** Wraps records as CloudWatch Logs hands them to a Lambda function. */
export function subscriptionPayload(
  source: PayloadSource,
  logEvents: readonly LogRecord[],
): SubscriptionPayload {
  const message: SubscriptionMessage = {
    messageType: 'DATA_MESSAGE',
    owner: source.accountId,
    logGroup: source.logGroup,
    logStream: source.logStream,
    subscriptionFilters: [source.subscriptionFilter],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') } };
}
