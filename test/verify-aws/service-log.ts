import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import { must } from '../deployed/run.ts';
import { type Deployed } from '../deployed/stack.ts';

/** Log group of a container, as the stack has made it. */
export function logGroupOf({ resources }: Deployed, service: string): string {
  const found = resources.find(
    ({ type, id }) => type === 'AWS::Logs::LogGroup' && id.endsWith(`/${service}`),
  );
  must(found !== undefined, `the stack has no log group of ${service}`);
  return found.id;
}

/**
 * A relay of ours, labelled as such wherever it is used: the emulator runs no containers, so what a service writes of its metrics
 * gets into its log group by this, as the log driver of ECS has it.
 * @returns passes on what is new
 */
export function serviceLogRelay(
  logs: CloudWatchLogsClient,
  { logGroupName, written }: { readonly logGroupName: string; readonly written: () => string },
): () => Promise<void> {
  const logStreamName = 'relay/metrics';
  const passed = new Set<string>();
  return async () => {
    // The last one may be half a line.
    const lines = written().split('\n').slice(0, -1);
    const fresh = lines.filter((line) => line.startsWith('{"_aws"') && !passed.has(line));
    if (fresh.length === 0) return;
    if (passed.size === 0) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    const timestamp = Date.now();
    await logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName,
        logEvents: fresh.map((message) => ({ timestamp, message })),
      }),
    );
    for (const line of fresh) passed.add(line);
  };
}
