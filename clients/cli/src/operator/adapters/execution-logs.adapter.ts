import {
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import type { ExecutionArn } from '@stepcast/contracts';
import { asError, pause, type Clock, type Timers } from '@stepcast/kit';
import { asking, operatorErrorOf, UnknownSubjectError } from '@stepcast/operations';
import type { LogQuestion, OperatorLogs } from '../../commands/backfill/ports.ts';

/** Some regions take five calls per second of the whole account (CloudWatch Logs quotas). */
const CALL_MS = 250;
const MAX_PATTERN_CHARS = 1_024;
/** Of Step Functions are the records that name an execution. */
const EVERY_EXECUTION = '{ $.execution_arn = * }';

/**
 * Log records by `FilterLogEvents`: it reads all streams of a group at once, for an execution may be in several, gives whole
 * messages, has no end before the last page, and costs nothing. A query of Logs Insights ends at 10,000 results and is paid by
 * what it scans; `GetLogEvents` reads one stream.
 */
export function createExecutionLogs(
  client: CloudWatchLogsClient,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
): OperatorLogs {
  let lastMs = -Infinity;

  async function page(question: LogQuestion, filterPattern: string, nextToken: string | undefined) {
    const waitMs = lastMs + CALL_MS - clock.nowMs();
    if (waitMs > 0) await pause(timers, waitMs);
    lastMs = clock.nowMs();
    try {
      return await client.send(
        new FilterLogEventsCommand({
          logGroupName: question.logGroup,
          startTime: question.fromMs,
          endTime: question.toMs,
          filterPattern,
          nextToken,
        }),
      );
    } catch (thrown) {
      if (asError(thrown).name !== 'ResourceNotFoundException')
        throw operatorErrorOf('logs:FilterLogEvents', thrown);
      throw new UnknownSubjectError(
        `there is no log group ${question.logGroup} here`,
        [
          '"aws stepfunctions describe-state-machine" names the log group of a state machine (loggingConfiguration).',
        ],
        { cause: thrown },
      );
    }
  }

  return {
    async *read(question) {
      const filterPattern = patternOf(question.executionArns);
      let nextToken: string | undefined;
      do {
        // A page may be empty and still lead on.
        const { events = [], nextToken: next } = await page(question, filterPattern, nextToken);
        yield events.flatMap(({ message, timestamp = 0 }) =>
          message === undefined ? [] : [{ message, timestampMs: timestamp }],
        );
        nextToken = next;
      } while (nextToken !== undefined);
    },
    async retentionDays(logGroup) {
      const { logGroups = [] } = await asking('logs:DescribeLogGroups', () =>
        client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroup })),
      );
      return logGroups.find(({ logGroupName }) => logGroupName === logGroup)?.retentionInDays;
    },
  };
}

/** A pattern for a few executions; where they do not fit, one for all of them. */
function patternOf(executionArns: readonly ExecutionArn[]): string {
  if (executionArns.length === 0) return EVERY_EXECUTION;
  const pattern = `{ ${executionArns.map((arn) => `($.execution_arn = "${arn}")`).join(' || ')} }`;
  return pattern.length <= MAX_PATTERN_CHARS ? pattern : EVERY_EXECUTION;
}
