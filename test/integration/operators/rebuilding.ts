import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  paginateFilterLogEvents,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { parseJson, uploadIdOf, type UploadId } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { signIn } from '../../support/person.ts';
import { stepcast } from './command.ts';

const Shown = z.looseObject({ events: z.array(z.looseObject({ percent: z.number().nullish() })) });
const FoundUploads = z.object({
  uploads: z.array(
    z.object({
      epochs: z.array(
        z.object({
          epoch: z.string(),
          status: z.string().nullable(),
          executions: z.array(z.object({ executionArn: z.string() })),
        }),
      ),
    }),
  ),
});

/** An upload whose workflow has ended. */
export interface EndedUpload {
  readonly identityId: string;
  readonly key: string;
  readonly uploadId: UploadId;
  readonly executionArn: string;
}

async function json<S extends z.ZodType>(
  sandbox: Sandbox,
  schema: S,
  ...line: readonly string[]
): Promise<z.output<S>> {
  const { out, err } = await stepcast(...line, '--json', '--endpoint', sandbox.url);
  const parsed = parseJson(schema, out);
  if (parsed.ok) return parsed.value;
  throw new Error(`${out}${err}`);
}

/** Asks until it holds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The versions of an upload, as `lookup` sees them. */
export async function epochsOf(sandbox: Sandbox, uploadId: string) {
  const { code } = await stepcast('lookup', uploadId, '--endpoint', sandbox.url);
  return code === 0 ? ((await json(sandbox, FoundUploads, 'lookup', uploadId)).uploads[0]?.epochs ?? []) : [];
}

/** Uploads a text as a user, and waits until its newest version has ended. */
export async function uploadToEnd(sandbox: Sandbox, user: string, name: string): Promise<EndedUpload> {
  const person = await signIn(sandbox.info, user);
  const { bucket } = sandbox.info;
  const key = `users/${person.identityId}/${name}`;
  const uploadId = uploadIdOf(bucket, key);
  await person.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'one two\nthree\nfour five six\n' }),
  );
  let executionArn = '';
  await until(`the end of ${key}`, async () => {
    const [epoch] = await epochsOf(sandbox, uploadId);
    executionArn = epoch?.executions[0]?.executionArn ?? '';
    return epoch?.status === 'succeeded' && executionArn !== '';
  });
  return { identityId: person.identityId, key, uploadId, executionArn };
}

/** The events of a stream. */
export const shown = (sandbox: Sandbox, uploadId: string) =>
  json(sandbox, Shown, 'journal', 'show', uploadId);

/** What is estimated may differ: the definition of the workflow has to be read before, and durations are learned from what ran. */
export function withoutEstimates(value: object): string {
  return JSON.stringify(value, (name, part: unknown) =>
    name === 'percent' || name === 'etaSeconds' ? undefined : part,
  );
}

/**
 * Owner, proofs, topics, state. Into how many entries events are cut, and when an execution leaves the watch list, is not part
 * of what happened.
 */
export async function correlationOf(sandbox: Sandbox, what: string): Promise<string> {
  const { out } = await stepcast('lookup', what, '--json', '--endpoint', sandbox.url);
  return out.replaceAll(/"(entries|watchedSince)": [^,\n]*/g, '"$1": 0');
}

const connection = ({ info, access }: Sandbox, endpoint: string) => ({
  region: info.region,
  endpoint,
  credentials: access.root,
});

/** What AWS keeps of an execution when the journal is gone, as the AWS CLI prints it. */
export async function recordingOf(sandbox: Sandbox, executionArn: string): Promise<object> {
  const sfn = new SFNClient(connection(sandbox, sandbox.info.endpoints.stepFunctions));
  try {
    const [execution, history, stateMachine] = await Promise.all([
      sfn.send(new DescribeExecutionCommand({ executionArn })),
      sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 })),
      sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    ]);
    return { execution, history, stateMachine };
  } finally {
    sfn.destroy();
  }
}

/** Uses CloudWatch Logs of a sandbox as root. */
export async function withLogs<T>(
  sandbox: Sandbox,
  work: (logs: CloudWatchLogsClient) => Promise<T>,
): Promise<T> {
  const logs = new CloudWatchLogsClient(connection(sandbox, sandbox.info.endpoints.logs));
  try {
    return await work(logs);
  } finally {
    logs.destroy();
  }
}

/** What the log group of the workflow has, as CloudWatch Logs gives it. */
export async function logOf(sandbox: Sandbox) {
  return withLogs(sandbox, async (client) => {
    const events: { readonly stream: string; readonly timestamp: number; readonly message: string }[] = [];
    const pages = paginateFilterLogEvents({ client }, { logGroupName: sandbox.info.logGroupName });
    for await (const page of pages)
      for (const { logStreamName = '', timestamp = 0, message = '' } of page.events ?? [])
        events.push({ stream: logStreamName, timestamp, message });
    return events;
  });
}

/** Restores a log into a new group of a sandbox. No subscription filter is on it, so nothing of it is delivered. */
export async function restoreLog(
  sandbox: Sandbox,
  logGroupName: string,
  events: readonly { readonly stream: string; readonly timestamp: number; readonly message: string }[],
): Promise<void> {
  await withLogs(sandbox, async (client) => {
    await client.send(new CreateLogGroupCommand({ logGroupName }));
    for (const logStreamName of new Set(events.map(({ stream }) => stream))) {
      await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
      const logEvents = events
        .filter(({ stream }) => stream === logStreamName)
        .map(({ timestamp, message }) => ({ timestamp, message }))
        .toSorted((one, other) => one.timestamp - other.timestamp);
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    }
  });
}
