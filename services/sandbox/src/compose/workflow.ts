import { randomUUID } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { errorFields, systemClock, systemTimers, type Lifecycle, type Logger } from '@stepcast/kit';
import type { SandboxConfig } from '../config.ts';
import { globalArn } from '../core/index.ts';
import {
  createStepFunctions,
  type RecordedHistory,
  type StatusChangeDetail,
  type StepFunctions,
} from '../stepfunctions/index.ts';
import {
  loadUserWorkflow,
  ObjectTooLarge,
  photoWorkflow,
  type HandlerContext,
  type Workflow,
} from '../workflow/index.ts';
import type { Place } from './place.ts';

export interface WorkflowOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly logger: Logger;
  readonly listeners: {
    readonly onHistoryEvents: (history: RecordedHistory) => void;
    readonly onStatusChange: (detail: StatusChangeDetail) => void;
  };
  readonly lifecycle: Lifecycle;
  /** For functions of the workflow, which reach S3 as any client does. Known once the server listens. */
  readonly s3Client: () => S3Client;
}

/** No function of the demo takes longer, and there are few threads. */
const PHOTO_FUNCTION_MS = 60_000;

/** The state machine that uploads start: the demo's, or the user's own. @throws UserWorkflowError, AwsError */
export async function createWorkflow({
  config,
  place,
  logger,
  listeners,
  lifecycle,
  s3Client,
}: WorkflowOptions): Promise<StepFunctions> {
  const workflow =
    config.workflow === undefined
      ? photoWorkflow(place, systemTimers)
      : await loadUserWorkflow(
          { definition: config.workflow.definitionPath, handlers: config.workflow.handlersPath },
          systemTimers,
        );
  lifecycle.onStop('handlers', () => workflow.handlers.close());
  const stepFunctions = createStepFunctions({
    region: place.region,
    accountId: place.accountId,
    clock: systemClock,
    timers: systemTimers,
    ids: randomUUID,
    random: Math.random,
    invokeFunction: (functionName, payload, invocation) =>
      invoke(workflow, functionName, payload, {
        ...s3Access(s3Client),
        signal: invocation.signal,
        attempt: invocation.attempt + 1,
        executionArn: invocation.executionArn,
        functionName,
      }),
    ...(config.workflow === undefined ? { functionTimeoutMs: PHOTO_FUNCTION_MS } : {}),
    onHistoryEvents: listeners.onHistoryEvents,
    onStatusChange: listeners.onStatusChange,
    onError: (thrown) => logger.error(errorFields(thrown), 'history listener failed'),
  });
  stepFunctions.createStateMachine({
    name: place.stateMachineName,
    definition: workflow.definition,
    roleArn: globalArn(place, 'iam', `role/${place.stateMachineName}Role`),
    loggingConfiguration: {
      level: 'ALL',
      includeExecutionData: true,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: place.logGroupArn } }],
    },
  });
  return stepFunctions;
}

/** Stands for a function that does not exist; the name is the one by which Step Functions reports it. */
class FunctionNotFoundError extends Error {
  override readonly name = 'Lambda.ResourceNotFoundException';
}

async function invoke(
  { functions, handlers }: Workflow,
  functionName: string,
  payload: unknown,
  context: HandlerContext,
): Promise<unknown> {
  if (!functions.includes(functionName))
    throw new FunctionNotFoundError(`Function not found: ${functionName}`);
  return handlers.run(payload, context);
}

function s3Access(client: () => S3Client): Pick<HandlerContext, 'getObject' | 'putObject'> {
  return {
    async getObject(bucket, key, limits = {}) {
      const { maxBytes = Infinity, firstBytes } = limits;
      const head = await client().send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      if (firstBytes === undefined && (head.ContentLength ?? 0) > maxBytes)
        throw new ObjectTooLarge(`s3://${bucket}/${key} has more than ${maxBytes} bytes`);
      // S3 has no range of an empty object to give.
      if (head.ContentLength === 0) return Buffer.alloc(0);
      const answer = await client().send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ...(firstBytes === undefined ? {} : { Range: `bytes=0-${Math.max(0, firstBytes - 1)}` }),
        }),
      );
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    },
    async putObject(bucket, key, body, { contentType } = {}) {
      await client().send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ...(contentType === undefined ? {} : { ContentType: contentType }),
        }),
      );
    },
  };
}
