import { describeIssues, parseValue } from '@stepcast/contracts';
import { z } from 'zod';
import { arnProblem, type ArnKind } from '../arns.ts';
import { apiErrors } from './errors.ts';

const maxResults = z.optional(z.int().gte(0).lte(1000));
const nextToken = z.optional(z.string().min(1).max(3096));
export const page = { maxResults, nextToken };
const arn = z.string().min(1).max(256);
const includedData = z.optional(z.enum(['ALL_DATA', 'METADATA_ONLY']));

const LoggingConfiguration = z.object({
  level: z.optional(z.enum(['ALL', 'ERROR', 'FATAL', 'OFF'])),
  includeExecutionData: z.optional(z.boolean()),
  destinations: z.optional(
    z.array(z.object({ cloudWatchLogsLogGroup: z.object({ logGroupArn: z.string().min(1).max(256) }) })),
  ),
});
export type LoggingRequest = z.infer<typeof LoggingConfiguration>;

const machineFields = {
  loggingConfiguration: z.optional(LoggingConfiguration),
  publish: z.optional(z.boolean()),
  versionDescription: z.optional(z.string()),
  // X-Ray and keys of the customer change nothing that a workflow can see: taken, and without effect.
  tracingConfiguration: z.optional(z.object({ enabled: z.optional(z.boolean()) })),
  encryptionConfiguration: z.optional(z.unknown()),
};

export const requests = {
  createStateMachine: z.object({
    name: z.string().min(1).max(80),
    definition: z.string().min(1),
    roleArn: arn,
    type: z.optional(z.enum(['STANDARD', 'EXPRESS'])),
    tags: z.optional(z.array(z.object({ key: z.string(), value: z.optional(z.string()) }))),
    ...machineFields,
  }),
  updateStateMachine: z.object({
    stateMachineArn: arn,
    definition: z.optional(z.string().min(1)),
    roleArn: z.optional(arn),
    ...machineFields,
  }),
  describeStateMachine: z.object({ stateMachineArn: arn, includedData }),
  listStateMachines: z.object(page),
  startExecution: z.object({
    stateMachineArn: arn,
    name: z.optional(z.string().min(1).max(80)),
    input: z.optional(z.string().max(262_144)),
    traceHeader: z.optional(z.string().max(256)),
  }),
  redriveExecution: z.object({ executionArn: arn, clientToken: z.optional(z.string().min(1).max(64)) }),
  stopExecution: z.object({
    executionArn: arn,
    error: z.optional(z.string().max(256)),
    cause: z.optional(z.string().max(32_768)),
  }),
  describeExecution: z.object({ executionArn: arn, includedData }),
  describeStateMachineForExecution: z.object({ executionArn: arn, includedData }),
  describeMapRun: z.object({ mapRunArn: z.string().min(1).max(2_000) }),
  listExecutions: z.object({
    stateMachineArn: z.optional(arn),
    mapRunArn: z.optional(z.string()),
    statusFilter: z.optional(
      z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
    ),
    redriveFilter: z.optional(z.enum(['REDRIVEN', 'NOT_REDRIVEN'])),
    ...page,
  }),
  getExecutionHistory: z.object({
    executionArn: arn,
    reverseOrder: z.optional(z.boolean()),
    includeExecutionData: z.optional(z.boolean()),
    ...page,
  }),
};

/** Reads a request. Throws `ValidationException` with every field that is wrong. */
export function readRequest<S extends z.core.$ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = parseValue(schema, input);
  if (!parsed.ok) throw apiErrors.validation(describeIssues(parsed.issues));
  return parsed.value;
}

/** Throws `InvalidArn`. */
export function checkArn(value: string, kind: ArnKind): string {
  const problem = arnProblem(value, kind);
  if (problem !== undefined) throw apiErrors.invalidArn(problem);
  return value;
}
