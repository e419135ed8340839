import { describeIssues, parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError } from '../core/index.ts';

const groupName = z.string().min(1).max(512);
const streamName = z.string().min(1).max(512);
const timeMs = z.int().min(0);

/** CloudWatch Logs API reference. */
export const logsRequests = {
  createLogGroup: z.object({ logGroupName: groupName }),
  createLogStream: z.object({ logGroupName: groupName, logStreamName: streamName }),
  putRetentionPolicy: z.object({ logGroupName: groupName, retentionInDays: z.int().min(1).max(3_653) }),
  putLogEvents: z.object({
    logGroupName: groupName,
    logStreamName: streamName,
    logEvents: z
      .array(z.object({ timestamp: timeMs, message: z.string().min(1) }))
      .min(1)
      .max(10_000),
  }),
  describeLogGroups: z.object({
    logGroupNamePrefix: z.string().max(512).optional(),
    limit: z.int().min(1).max(50).default(50),
    nextToken: z.string().optional(),
  }),
  filterLogEvents: z.object({
    logGroupName: groupName.optional(),
    logGroupIdentifier: z.string().min(1).max(2_048).optional(),
    logStreamNames: z.array(streamName).min(1).max(100).optional(),
    logStreamNamePrefix: streamName.optional(),
    startTime: timeMs.optional(),
    endTime: timeMs.optional(),
    filterPattern: z.string().max(1_024).default(''),
    limit: z.int().min(1).max(10_000).default(10_000),
    nextToken: z.string().optional(),
  }),
};

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', 400, message);

/** @throws AwsError `InvalidParameterException` */
export function readLogsRequest<S extends z.core.$ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = parseValue(schema, input);
  if (!parsed.ok) throw invalidParameter(describeIssues(parsed.issues));
  return parsed.value;
}

/** Where a list goes on: after an element, for the same question. */
const Token = z.object({ of: z.string(), after: z.array(z.union([z.string(), z.number()])) });

export function writeLogsToken(of: string, after: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify({ of, after })).toString('base64url');
}

/** @throws AwsError `InvalidParameterException` for a token of another question */
export function readLogsToken(
  token: string | undefined,
  of: string,
): readonly (string | number)[] | undefined {
  if (token === undefined) return undefined;
  const parsed = parseJson(Token, Buffer.from(token, 'base64url').toString('utf8'));
  if (!parsed.ok || parsed.value.of !== of) throw invalidParameter('The specified nextToken is invalid.');
  return parsed.value.after;
}
