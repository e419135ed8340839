import type * as z from 'zod';
import {
  AwsError,
  regionalArn,
  type ArnPlace,
  type CallContext,
  type JsonService,
  type Operation,
} from '../core/index.ts';
import { filterOf } from './filter-pattern.ts';
import type { LogStore, StoredLogEvent } from './log-store.ts';
import {
  invalidParameter,
  logsRequests,
  readLogsRequest,
  readLogsToken,
  writeLogsToken,
} from './logs-requests.ts';
import { putLogEvents } from './put-log-events.ts';

export interface LogsServiceOptions extends ArnPlace {
  readonly store: LogStore;
  readonly nowMs: () => number;
  /** Events that a page of `FilterLogEvents` examines; a page may find none and still lead on. Default 10,000. */
  readonly scannedPerPage?: number;
}

/** A page holds at most so many bytes of messages. */
const PAGE_BYTES = 1024 * 1024;

/**
 * The API of CloudWatch Logs (AWS JSON 1.1), as far as reading and restoring logs needs it: `FilterLogEvents`,
 * `DescribeLogGroups`, `CreateLogGroup`, `CreateLogStream`, `PutLogEvents`, `PutRetentionPolicy`. What is put has no
 * subscription filter: it goes nowhere.
 */
export function createLogsService(options: LogsServiceOptions): JsonService {
  const { store, nowMs, scannedPerPage = 10_000 } = options;
  const arnOf = (resource: string) => regionalArn(options, 'logs', `log-group:${resource}`);

  const operation =
    <S extends z.core.$ZodType>(
      schema: S,
      handle: (request: z.output<S>, call: CallContext) => object,
    ): Operation =>
    (input, call) =>
      new Promise((resolve) => {
        resolve(handle(readLogsRequest(schema, input), call));
      });

  function requireGroup(name: string) {
    const group = store.group(name);
    if (group === undefined) throw notFound('The specified log group does not exist.');
    return group;
  }

  function filterLogEvents(request: z.output<typeof logsRequests.filterLogEvents>, call: CallContext) {
    const name = groupNameOf(request);
    call.authorize('logs:FilterLogEvents', arnOf(`${name}:log-stream:`));
    requireGroup(name);
    const { nextToken, limit, ...question } = request;
    const after = readLogsToken(nextToken, JSON.stringify(question));
    const filter = filterOf(question.filterPattern);
    const rest = store.events(name).filter((event) => isAfter(event, after) && isAsked(event, question));
    const found: StoredLogEvent[] = [];
    let bytes = 0;
    let examined = 0;
    for (const event of rest) {
      const fits = bytes + event.record.message.length <= PAGE_BYTES || found.length === 0;
      if (examined >= scannedPerPage || found.length >= limit || !fits) break;
      examined += 1;
      if (!filter(event.record.message)) continue;
      found.push(event);
      bytes += event.record.message.length;
    }
    const last = rest[examined - 1];
    return {
      events: found.map(({ logStream, record, ingestedMs }) => ({
        logStreamName: logStream,
        timestamp: record.timestamp,
        message: record.message,
        ingestionTime: ingestedMs,
        eventId: record.id,
      })),
      searchedLogStreams: [],
      ...(last === undefined || examined === rest.length
        ? {}
        : {
            nextToken: writeLogsToken(JSON.stringify(question), [last.record.timestamp, last.sequence]),
          }),
    };
  }

  function describeLogGroups(request: z.output<typeof logsRequests.describeLogGroups>, call: CallContext) {
    call.authorize('logs:DescribeLogGroups', arnOf(':log-stream:'));
    const { logGroupNamePrefix = '', limit, nextToken } = request;
    const [after = ''] = readLogsToken(nextToken, logGroupNamePrefix) ?? [];
    const rest = store
      .groups()
      .filter((group) => group.name.startsWith(logGroupNamePrefix) && group.name > String(after));
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      logGroups: page.map((group) => ({
        logGroupName: group.name,
        arn: arnOf(`${group.name}:*`),
        logGroupArn: arnOf(group.name),
        creationTime: group.createdMs,
        logGroupClass: 'STANDARD',
        ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
        metricFilterCount: 0,
        storedBytes: 0,
      })),
      ...(last === undefined || rest.length <= limit
        ? {}
        : { nextToken: writeLogsToken(logGroupNamePrefix, [last.name]) }),
    };
  }

  return {
    name: 'CloudWatch Logs',
    signingName: 'logs',
    targetPrefix: 'Logs_20140328',
    jsonVersion: '1.1',
    publicOperations: new Set(),
    operations: {
      FilterLogEvents: operation(logsRequests.filterLogEvents, filterLogEvents),
      DescribeLogGroups: operation(logsRequests.describeLogGroups, describeLogGroups),
      CreateLogGroup: operation(logsRequests.createLogGroup, ({ logGroupName }, call) => {
        call.authorize('logs:CreateLogGroup', arnOf(logGroupName));
        if (!store.createGroup(logGroupName)) throw exists('The specified log group already exists');
        return {};
      }),
      CreateLogStream: operation(logsRequests.createLogStream, (request, call) => {
        const { logGroupName, logStreamName } = request;
        call.authorize('logs:CreateLogStream', arnOf(`${logGroupName}:log-stream:${logStreamName}`));
        requireGroup(logGroupName);
        if (!store.createStream(logGroupName, logStreamName))
          throw exists('The specified log stream already exists');
        return {};
      }),
      PutRetentionPolicy: operation(logsRequests.putRetentionPolicy, (request, call) => {
        const { logGroupName, retentionInDays } = request;
        call.authorize('logs:PutRetentionPolicy', arnOf(`${logGroupName}:log-stream:`));
        requireGroup(logGroupName);
        store.retain(logGroupName, retentionInDays);
        return {};
      }),
      PutLogEvents: operation(logsRequests.putLogEvents, (request, call) => {
        const { logGroupName, logStreamName } = request;
        call.authorize('logs:PutLogEvents', arnOf(`${logGroupName}:log-stream:${logStreamName}`));
        if (!requireGroup(logGroupName).streams.has(logStreamName))
          throw notFound('The specified log stream does not exist.');
        return putLogEvents(store, request, nowMs());
      }),
    },
  };
}

const notFound = (message: string) => new AwsError('ResourceNotFoundException', 400, message);
const exists = (message: string) => new AwsError('ResourceAlreadyExistsException', 400, message);

/** A group may be named by its ARN. @throws AwsError `InvalidParameterException` unless it is named once */
function groupNameOf({
  logGroupName,
  logGroupIdentifier,
}: z.output<typeof logsRequests.filterLogEvents>): string {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined))
    throw invalidParameter('Exactly one of logGroupName and logGroupIdentifier must be specified.');
  const named = logGroupName ?? logGroupIdentifier ?? '';
  return named.startsWith('arn:') ? (named.split(':log-group:')[1] ?? '').replace(/:\*$/, '') : named;
}

function isAfter({ record, sequence }: StoredLogEvent, after: readonly (string | number)[] | undefined) {
  if (after === undefined) return true;
  const [timestamp = 0, last = 0] = after.map(Number);
  return record.timestamp > timestamp || (record.timestamp === timestamp && sequence > last);
}

function isAsked(
  { logStream, record }: StoredLogEvent,
  question: Pick<
    z.output<typeof logsRequests.filterLogEvents>,
    'startTime' | 'endTime' | 'logStreamNames' | 'logStreamNamePrefix'
  >,
): boolean {
  const { startTime = 0, endTime = Infinity, logStreamNames, logStreamNamePrefix = '' } = question;
  return (
    record.timestamp >= startTime &&
    record.timestamp <= endTime &&
    logStream.startsWith(logStreamNamePrefix) &&
    logStreamNames?.includes(logStream) !== false
  );
}
