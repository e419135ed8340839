import { paginateFilterLogEvents, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

/** What is in a log group, line by line. A page may be empty and not be the last. */
export async function linesIn(
  client: CloudWatchLogsClient,
  logGroupName: string,
  startTime = 0,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime }))
    lines.push(...events.map(({ message = '' }) => message));
  return lines;
}

/** A record as Step Functions logs it; every other key stays as it came. */
const Record = z.looseObject({
  id: z.string(),
  type: z.string(),
  execution_arn: z.string(),
  details: z.looseObject({}).optional(),
});
export type LoggedRecord = z.output<typeof Record>;

/** What state machines have logged. The line by which a log group is tried, and whatever else is no record, is left out. */
export async function recordsIn(
  client: CloudWatchLogsClient,
  logGroupName: string,
): Promise<readonly LoggedRecord[]> {
  const lines = await linesIn(client, logGroupName);
  return lines.flatMap((line) => {
    const parsed = parseJson(Record, line);
    return parsed.ok ? [parsed.value] : [];
  });
}
