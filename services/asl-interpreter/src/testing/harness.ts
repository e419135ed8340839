import type { Clock, Timers } from '@stepcast/kit';
import { Execution } from '../engine/execution.ts';
import { startedOf } from '../engine/started.ts';
import { statusChangeOf } from '../engine/status-change.ts';
import { readDefinition } from '../definition/validate.ts';
import type { Definition } from '../definition/schema.ts';
import { jsonOfText, type Json } from '../json.ts';
import type { MapRunProgress } from '../map-run/progress.ts';
import { ServiceError, type ListedObject, type Ports, type ServiceCall } from '../ports.ts';
import { Activities } from '../tasks/activities.ts';
import { TaskTokens } from '../tasks/task-tokens.ts';
import type { ExecutionIdentity, HistoryEvent, InvokeFunction, StatusChangeDetail } from '../types.ts';
import { FakeTime } from './fake-time.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/ProgressPipelineRole`;
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
export const machineArn = (name: string): string =>
  `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;

export type Handler = (
  payload: unknown,
  invocation: { readonly signal: AbortSignal; readonly attempt: number },
) => unknown;

export interface HarnessOptions {
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: () => number;
  readonly functionTimeoutMs?: number;
  readonly callService?: (call: ServiceCall) => Json | Promise<Json>;
  readonly mocks?: Ports['mocks'];
  /** `bucket/key` to body. */
  readonly objects?: Map<string, string | Buffer>;
  /** The only buckets that there are; Maps stand in for others. Without it every bucket is there. */
  readonly buckets?: readonly string[];
}

/** Executions with fake time, ids 1, 2, 3…, functions given by name and objects in memory. */
export function sandbox(handlers: Readonly<Record<string, Handler>> = {}, options: HarnessOptions = {}) {
  const time = new FakeTime();
  const executions = new Map<string, Execution>();
  const machines = new Map<string, Definition>();
  const statuses: StatusChangeDetail[] = [];
  const errors: unknown[] = [];
  const mapRuns = new Map<string, MapRunProgress>();
  const tokens = new TaskTokens();
  const activities = new Activities();
  const objects = options.objects ?? new Map<string, string | Buffer>();
  let idCount = 0;
  const ids = (): string => {
    idCount += 1;
    return `00000000-0000-4000-8000-${String(idCount).padStart(12, '0')}`;
  };
  const invokeFunction: InvokeFunction = (name, payload, invocation) =>
    Promise.resolve().then(() => {
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
      if (handler === undefined)
        throw Object.assign(new Error(`Function not found: ${functionArn(name)}`), {
          name: 'Lambda.ResourceNotFoundException',
        });
      return handler(payload, invocation);
    });

  function launch(identity: ExecutionIdentity, definition: Definition, input: string): Execution {
    const execution = new Execution({
      identity,
      definition,
      definitionText: JSON.stringify(definition),
      roleArn: ROLE,
      loggingConfiguration: { level: 'OFF', includeExecutionData: false, destinations: [] },
      machineUpdatedAtMs: 0,
      revisionId: 'r',
      input,
      clock: options.clock ?? time,
      timers: options.timers ?? time,
      environment: {
        region: REGION,
        random: options.random ?? (() => 0.5),
        ids,
        invokeFunction,
        functionTimeoutMs: options.functionTimeoutMs ?? 900_000,
        ports,
      },
      onEvent: () => undefined,
      onStatus: (one) => void statuses.push(statusChangeOf(one)),
      onError: (error) => void errors.push(error),
    });
    executions.set(identity.executionArn, execution);
    execution.start();
    return execution;
  }
  function identityOf(
    stateMachineName: string,
    executionName: string,
    mapRunArn?: string,
  ): ExecutionIdentity {
    return {
      executionArn: `arn:aws:states:${REGION}:${ACCOUNT}:execution:${stateMachineName}:${executionName}`,
      executionName,
      stateMachineArn: machineArn(stateMachineName),
      stateMachineName,
      redriveCount: 0,
      ...(mapRunArn === undefined ? {} : { mapRunArn }),
    };
  }

  const checkBucket = (bucket: string): void => {
    if (options.buckets?.includes(bucket) === false)
      throw new ServiceError('S3.NoSuchBucketException', 'The specified bucket does not exist');
  };
  const bodyOf = (bucket: string, key: string): string | Buffer => {
    checkBucket(bucket);
    const body = objects.get(`${bucket}/${key}`);
    if (body === undefined)
      throw new ServiceError('S3.NoSuchKeyException', 'The specified key does not exist.');
    return body;
  };
  const ports: Ports = {
    ...(options.mocks === undefined ? {} : { mocks: options.mocks }),
    callService: (call) =>
      Promise.resolve().then(() => {
        if (options.callService === undefined) throw new ServiceError('No.Service', 'there is no service');
        return options.callService(call);
      }),
    executions: {
      has: (arn) => machines.has(arn),
      start: ({ stateMachineArn, name, input }) => {
        const definition = machines.get(stateMachineArn);
        if (definition === undefined) throw new ServiceError('StepFunctions.Gone', stateMachineArn);
        const machine = stateMachineArn.split(':').at(-1) ?? '';
        return startedOf(launch(identityOf(machine, name ?? ids()), definition, input));
      },
      startChild: (parentArn, { label, machine, mapRunArn, input }) => {
        const parent = parentArn.split(':').at(-2) ?? '';
        return startedOf(launch(identityOf(`${parent}/${label}`, ids(), mapRunArn), machine, input));
      },
      redriveChild: (executionArn) => {
        const child = executions.get(executionArn);
        if (child === undefined || child.notRedrivable !== undefined) return undefined;
        child.redrive();
        return startedOf(child);
      },
      onMapRun: (progress) => void mapRuns.set(progress.mapRunArn, progress),
    },
    objects: {
      standIns: options.buckets !== undefined,
      read: (bucket, key) => Promise.resolve().then(() => Buffer.from(bodyOf(bucket, key))),
      write: (bucket, key, body) =>
        Promise.resolve().then(() => {
          checkBucket(bucket);
          objects.set(`${bucket}/${key}`, body);
        }),
      list: (bucket, prefix) =>
        Promise.resolve(
          [...objects]
            .filter(([name]) => name.startsWith(`${bucket}/${prefix}`))
            .map(([name, body]): ListedObject => ({
              key: name.slice(bucket.length + 1),
              size: Buffer.byteLength(body),
              etag: '"e"',
              lastModifiedMs: 0,
            })),
        ),
    },
    tokens,
    activities,
  };

  const define = (name: string, definition: object): string => {
    const read = readDefinition(JSON.stringify(definition));
    if (!read.ok) throw new Error(read.problem);
    machines.set(machineArn(name), read.definition);
    return machineArn(name);
  };
  let runs = 0;
  const start = (definition: object, input: Json = {}): string => {
    runs += 1;
    const name = `ProgressPipeline${runs === 1 ? '' : runs}`;
    define(name, definition);
    const read = readDefinition(JSON.stringify(definition));
    if (!read.ok) throw new Error(read.problem);
    return launch(identityOf(name, 'run'), read.definition, JSON.stringify(input)).options.identity
      .executionArn;
  };
  /** Runs a machine to its end, time passing as it has to. */
  const run = async (definition: object, input: Json = {}): Promise<RunResult> => {
    const executionArn = start(definition, input);
    const execution = executions.get(executionArn);
    await time.run(() => execution?.status !== 'RUNNING');
    await execution?.settled;
    return result(executionArn);
  };
  const result = (executionArn: string): RunResult => {
    const execution = executions.get(executionArn);
    const end = execution?.end;
    return {
      executionArn,
      status: execution?.status ?? 'RUNNING',
      output: end?.output === undefined ? undefined : jsonOfText(end.output),
      error: end?.error,
      cause: end?.cause,
      events: execution?.history.events ?? [],
    };
  };
  const stop = async (executionArn: string): Promise<void> => {
    const execution = executions.get(executionArn);
    execution?.stop(undefined, undefined);
    await execution?.settled;
  };
  /** Redrives an execution to its next end. */
  const redrive = async (executionArn: string): Promise<RunResult> => {
    const execution = executions.get(executionArn);
    if (execution === undefined || execution.notRedrivable !== undefined)
      throw new Error(execution?.notRedrivable ?? `there is no ${executionArn}`);
    execution.redrive();
    await time.run(() => execution.status !== 'RUNNING');
    await execution.settled;
    return result(executionArn);
  };
  const all = (): readonly RunResult[] => [...executions.keys()].map(result);
  return {
    time,
    statuses,
    errors,
    tokens,
    activities,
    objects,
    mapRuns,
    define,
    start,
    run,
    result,
    stop,
    redrive,
    all,
  };
}

export interface RunResult {
  readonly executionArn: string;
  readonly status: string;
  readonly output: Json | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly events: readonly HistoryEvent[];
}

/** `5 MapStateStarted<-4`: what the recordings are compared in. */
export function chain(events: readonly HistoryEvent[]): string[] {
  return events.map(
    ({ id, previousEventId, type, details }) =>
      `${id} ${type}${details.index === undefined ? '' : `[${details.index}]`}<-${previousEventId}`,
  );
}
