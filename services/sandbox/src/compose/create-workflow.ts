import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { TaskTokens } from '@stepcast/asl-interpreter';
import { isObject, readJson } from '@stepcast/contracts';
import {
  asError,
  errorFields,
  pause,
  StepcastError,
  systemClock,
  systemTimers,
  type Lifecycle,
  type Logger,
} from '@stepcast/kit';
import type { SandboxConfig } from '../config.ts';
import { AwsError, globalArn } from '../core/index.ts';
import type { DataFolder } from '../data/data-folder.ts';
import {
  createStepFunctions,
  type Invocation,
  type RecordedHistory,
  type StatusChangeDetail,
  type StepFunctions,
} from '../stepfunctions/index.ts';
import { describeWarning, watchFiles, type Printing } from '../workflow/index.ts';
import type { Access } from './access.ts';
import { isReportLine } from '@stepcast/wire';
import { createExecutionKeeper } from './keep-executions.ts';
import { objectsPort } from './object-calls.ts';
import type { Place } from './place.ts';
import { s3Access } from './s3-access.ts';
import { createTaskServices } from './task-services.ts';
import { loadParts, type WorkflowParts } from './workflow-parts.ts';
import type { WorkflowWords } from './workflow-words.ts';

/** No function of the demo takes longer, and there are few threads. */
const PHOTO_FUNCTION_MS = 60_000;

export interface WorkflowOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly listeners: {
    readonly onHistoryEvents: (history: RecordedHistory) => void;
    readonly onStatusChange: (detail: StatusChangeDetail) => void;
    /** A line that a function printed, as the filter of the log groups lets it through. */
    readonly onFunctionLine: (functionName: string, line: string) => void;
  };
  /** What a report of a function has to bring along. */
  readonly reportToken: string;
  readonly s3Client: () => S3Client;
  readonly ownUrl: string;
  /** What is stored across restarts; undefined: nothing is. */
  readonly data: DataFolder | undefined;
  /** Says a line to the person who started the sandbox. */
  readonly say: (line: string) => void;
}

export interface CreatedWorkflow {
  readonly stepFunctions: StepFunctions;
  /** What stand-ins answer for now. */
  readonly standIns: () => StandIns;
  /** How a page may speak of the workflow, as its files say now. */
  readonly words: () => WorkflowWords;
}

export interface StandIns {
  /** What the tasks call: functions and service integrations by their resource. */
  readonly resources: readonly string[];
  /** Names of the states with those tasks. */
  readonly states: readonly string[];
}

/**
 * The state machine that uploads start: the demo's, or the user's own. With `--watch`, changed files replace it.
 * @throws UserWorkflowError, TemplateError, MockConfigurationError, StandInSettingsError, AwsError
 */
export async function createWorkflow(options: WorkflowOptions): Promise<CreatedWorkflow> {
  const { config, place, access, logger, listeners, lifecycle, s3Client } = options;
  /** As Lambda's runtime: what a function prints is in its log group. What is no report, who started the sandbox sees too. */
  const onLine: Printing['onLine'] = (line, functionName) => {
    if (functionName !== undefined && meansToReport(line)) listeners.onFunctionLine(functionName, line);
    else options.say(line);
  };
  const printing = { onLine, reportToken: options.reportToken };
  let parts = await loadParts(config, place, printing);
  for (const warning of parts.workflow.warnings) options.say(describeWarning(warning));
  lifecycle.onStop('handlers', () => parts.workflow.handlers?.close() ?? Promise.resolve());
  /** States whose stand-ins have answered, also those of which nobody knew before: of a table that was never made. */
  const answered = new Set<string>();
  const onStandIn = (state: string, what: Readonly<Record<string, string>>): void => {
    answered.add(state);
    logger.info({ state, ...what }, 'stand-in answered');
  };
  const contextOf = (
    functionName: string,
    call: Pick<Invocation, 'signal' | 'attempt' | 'executionArn'>,
  ) => ({
    ...s3Access(s3Client),
    signal: call.signal,
    attempt: call.attempt + 1,
    executionArn: call.executionArn,
    functionName,
  });
  const callService = createTaskServices({
    place,
    access,
    onStandIn,
    timers: systemTimers,
    standIn: (call) => parts.standIn(call),
    plan: (...call) => parts.plan(...call),
    speed: config.speed,
    runHandler: (name, call) => {
      const { handlers, functions } = parts.workflow;
      return functions.includes(name) ? handlers?.run(call.parameters, contextOf(name, call)) : undefined;
    },
    invokeFunction: (...call) => invoke(...call),
    s3Client,
    baseUrl: options.ownUrl,
  });

  async function invoke(
    functionName: string,
    payload: unknown,
    invocation: Invocation,
    tokens?: TaskTokens,
  ): Promise<unknown> {
    const { workflow, plan, skeleton } = parts;
    if (workflow.handlers !== undefined && workflow.functions.includes(functionName))
      return workflow.handlers.run(payload, contextOf(functionName, invocation));
    const { stateName, attempt, signal } = invocation;
    const { seconds, failure } = plan(stateName, attempt);
    await pause(systemTimers, (seconds * 1_000) / config.speed, signal);
    onStandIn(stateName, { function: functionName });
    if (failure !== undefined) throw Object.assign(new Error(failure.cause), { name: failure.error });
    // A stand-in tells nobody of its token, so it sends it back itself.
    if (invocation.taskToken !== undefined) tokens?.succeed(invocation.taskToken, skeleton);
    // What it was given, and whatever else the definition reads.
    return { ...skeleton, ...(isObject(payload) ? payload : {}) };
  }

  const created: { stepFunctions?: StepFunctions } = {};
  const keeper =
    options.data === undefined
      ? undefined
      : createExecutionKeeper(options.data.executions, () => created.stepFunctions);
  const stepFunctions = (created.stepFunctions = createStepFunctions({
    region: place.region,
    accountId: place.accountId,
    clock: systemClock,
    timers: systemTimers,
    ids: randomUUID,
    random: Math.random,
    callService,
    objects: objectsPort(s3Client),
    mocks: (request) => parts.mocks?.(request),
    speed: config.speed,
    invokeFunction: invoke,
    ...(config.workflow === undefined ? { functionTimeoutMs: PHOTO_FUNCTION_MS } : {}),
    onHistoryEvents: (history) => {
      keeper?.keepHistory(history);
      listeners.onHistoryEvents(history);
    },
    onMapRun: (progress) => keeper?.keepMapRun(progress),
    onStatusChange: listeners.onStatusChange,
    onError: (thrown) => logger.error(errorFields(thrown), 'history listener failed'),
  }));
  stepFunctions.putStateMachine({
    ...machineOf(place, place.stateMachineName, parts.workflow.definition),
    loggingConfiguration: {
      level: 'ALL',
      includeExecutionData: true,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: place.logGroupArn } }],
    },
  });
  putBesides(stepFunctions, place, parts);

  /** Takes what the files say now, or leaves everything as it is. */
  async function reload(): Promise<string> {
    let next: WorkflowParts;
    try {
      next = await loadParts(config, place, printing);
    } catch (thrown) {
      return brokenLine(thrown);
    }
    try {
      stepFunctions.updateStateMachine(place.stateMachineArn, next.workflow.definition);
    } catch (thrown) {
      await next.workflow.handlers?.close();
      return brokenLine(thrown, `${next.workflow.label}: `);
    }
    const { handlers } = parts.workflow;
    parts = next;
    answered.clear();
    putBesides(stepFunctions, place, parts);
    void handlers?.retire();
    for (const warning of parts.workflow.warnings) options.say(describeWarning(warning));
    return `Reloaded ${next.workflow.label}. Executions that run end with the definition they began with.`;
  }
  if (config.watch) {
    const watching = keepReloading(() => parts.watched, reload, options.say);
    lifecycle.onStop('file watch', () => watching.stop());
  }

  return {
    stepFunctions,
    standIns: () => ({
      resources: [...new Set(parts.standIns.map(({ resource }) => resource))],
      states: [...new Set([...parts.standIns.map(({ state }) => state), ...answered])],
    }),
    words: () => parts.words,
  };
}

/** What the pattern of the subscription filter finds. */
function meansToReport(line: string): boolean {
  const json = line.startsWith('{') ? readJson(line) : undefined;
  return json?.ok === true && isReportLine(json.value);
}

function machineOf(place: Place, name: string, definition: string) {
  return { name, definition, roleArn: globalArn(place, 'iam', `role/${place.stateMachineName}Role`) };
}

/** The machines beside the chosen one. One that cannot run here has a stand-in, as any that is not here. */
function putBesides(stepFunctions: StepFunctions, place: Place, { workflow }: WorkflowParts): void {
  for (const { name, definition } of workflow.machines)
    try {
      stepFunctions.putStateMachine(machineOf(place, name, definition));
    } catch (thrown) {
      if (!(thrown instanceof AwsError)) throw thrown;
    }
}

/** One line, whatever was wrong. */
function brokenLine(thrown: unknown, where = ''): string {
  const isExpected = thrown instanceof StepcastError || thrown instanceof AwsError;
  if (!isExpected) throw thrown;
  return `Not reloaded, the version before stays: ${where}${asError(thrown).message.replaceAll(/\s+/g, ' ')}`;
}

/** Reloads after every change, one at a time; a change during a reload is followed by another. */
function keepReloading(
  watched: () => WorkflowParts['watched'],
  reload: () => Promise<string>,
  say: (line: string) => void,
) {
  let running: Promise<void> = Promise.resolve();
  let isDue = false;
  let isStopped = false;
  let watcher = watchFiles(watched(), { timers: systemTimers, onChange });

  function onChange(): void {
    if (isDue || isStopped) return;
    isDue = true;
    running = running.then(once);
  }
  async function once(): Promise<void> {
    isDue = false;
    if (isStopped) return;
    try {
      say(await reload());
    } catch (thrown) {
      say(`Not reloaded: ${asError(thrown).message}`);
    }
    // A template may name other files now. What has changed meanwhile is not forgotten.
    const before = watcher;
    try {
      watcher = watchFiles(watched(), { timers: systemTimers, onChange });
    } catch (thrown) {
      // Its folder has gone. Until the sandbox is started again, changes are not seen.
      say(`Not watched any more: ${asError(thrown).message}`);
      return;
    }
    if (before.close()) onChange();
  }
  return {
    stop: async () => {
      isStopped = true;
      watcher.close();
      await running;
      watcher.close();
    },
  };
}
