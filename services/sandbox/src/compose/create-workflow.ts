import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { JsonObject } from '@stepcast/asl-interpreter';
import { isObject } from '@stepcast/contracts';
import { errorFields, systemClock, systemTimers, type Lifecycle, type Logger } from '@stepcast/kit';
import { standInResources, stateNamesIn } from '../check/tasks-of.ts';
import type { SandboxConfig } from '../config.ts';
import { globalArn } from '../core/index.ts';
import { loadMocks } from '../mocks/mock-configuration.ts';
import {
  createStepFunctions,
  type RecordedHistory,
  type StatusChangeDetail,
  type StepFunctions,
} from '../stepfunctions/index.ts';
import { loadUserWorkflow, photoWorkflow, type HandlerContext, type Workflow } from '../workflow/index.ts';
import { skeletonOf } from '../stand-ins/skeleton.ts';
import type { Access } from './access.ts';
import { objectsPort } from './object-calls.ts';
import type { Place } from './place.ts';
import { s3Access } from './s3-access.ts';
import { createTaskServices, hasService } from './task-services.ts';
import { workflowWords, type WorkflowWords } from './workflow-words.ts';

/** No function of the demo takes longer, and there are few threads. */
const PHOTO_FUNCTION_MS = 60_000;
/** How long the stand-in of a function takes. */
const STAND_IN_MS = 300;

export interface WorkflowOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly listeners: {
    readonly onHistoryEvents: (history: RecordedHistory) => void;
    readonly onStatusChange: (detail: StatusChangeDetail) => void;
  };
  readonly s3Client: () => S3Client;
  readonly ownUrl: string;
}

export interface CreatedWorkflow {
  readonly stepFunctions: StepFunctions;
  /** What stand-ins answer for: functions by name, other tasks by resource. */
  readonly standIns: readonly string[];
  readonly words: WorkflowWords;
}

/**
 * The state machine that uploads start: the demo's, or the user's own.
 * @throws UserWorkflowError, MockConfigurationError, AwsError
 */
export async function createWorkflow(options: WorkflowOptions): Promise<CreatedWorkflow> {
  const { config, place, access, logger, listeners, lifecycle, s3Client } = options;
  const workflow =
    config.workflow === undefined
      ? photoWorkflow(place, systemTimers)
      : await loadUserWorkflow(
          { definition: config.workflow.definitionPath, handlers: config.workflow.handlersPath },
          systemTimers,
          place,
        );
  lifecycle.onStop('handlers', () => workflow.handlers?.close() ?? Promise.resolve());
  const mocks =
    config.mocks === undefined ? undefined : await loadMocks(config.mocks, stateNamesIn(workflow.definition));
  const callService = createTaskServices({
    place,
    access,
    logger,
    timers: systemTimers,
    workflow,
    runHandler: (name, call) =>
      workflow.handlers === undefined || !workflow.functions.includes(name)
        ? undefined
        : workflow.handlers.run(call.parameters, {
            ...s3Access(s3Client),
            signal: call.signal,
            attempt: call.attempt + 1,
            executionArn: call.executionArn,
            functionName: name,
          }),
    s3Client,
    baseUrl: options.ownUrl,
  });
  const skeleton = skeletonOf(workflow.definition);
  const stepFunctions = createStepFunctions({
    region: place.region,
    accountId: place.accountId,
    clock: systemClock,
    timers: systemTimers,
    ids: randomUUID,
    random: Math.random,
    callService,
    objects: objectsPort(s3Client),
    ...(mocks === undefined ? {} : { mocks }),
    invokeFunction: (functionName, payload, invocation) =>
      invoke(workflow, skeleton, logger, functionName, payload, {
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
  const services = standInResources(workflow.definition, { functions: workflow.functions, hasService });
  const name = config.workflow?.definitionPath ?? place.stateMachineName;
  const words = workflowWords(workflow.definition, name, config.workflow === undefined);
  return { stepFunctions, standIns: services, words };
}

/**
 * Calls the handler of a function. The stand-in of one without a handler gives back what it was given, and whatever else the
 * definition reads.
 */
async function invoke(
  { functions, handlers }: Workflow,
  skeleton: JsonObject,
  logger: Logger,
  functionName: string,
  payload: unknown,
  context: HandlerContext,
): Promise<unknown> {
  if (handlers !== undefined && functions.includes(functionName)) return handlers.run(payload, context);
  const { promise, resolve } = Promise.withResolvers<void>();
  systemTimers.after(STAND_IN_MS, resolve);
  await promise;
  logger.info({ function: functionName }, 'stand-in answered');
  return { ...skeleton, ...(isObject(payload) ? payload : {}) };
}
