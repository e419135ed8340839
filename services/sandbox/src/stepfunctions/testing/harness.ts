import {
  jsonOfText,
  validateDefinition,
  readDefinition,
  type HistoryEvent,
  type Json,
  type StatusChangeDetail,
} from '@stepcast/asl-interpreter';
import { FakeTime } from '@stepcast/asl-interpreter/testing';
import type { CallContext } from '../../core/index.ts';
import { assemble } from '../assemble.ts';
import { Engine } from '../engine.ts';
import type { StepFunctionsOptions } from '../index.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/ProgressPipelineRole`;
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

export type Handler = (
  payload: unknown,
  invocation: { readonly signal: AbortSignal; readonly attempt: number },
) => unknown;

/** Who may do everything; remembers what was asked. */
export function callContext(): CallContext & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    requestId: 'request-1',
    principal: { kind: 'root', accountId: ACCOUNT },
    authorize: (action, resource) => void asked.push(`${action} ${resource}`),
    asked,
  };
}

/** Step Functions with fake time, ids 1, 2, 3… and functions given by name. */
export function sandbox(
  handlers: Readonly<Record<string, Handler>> = {},
  options: Partial<StepFunctionsOptions> = {},
  { fullValidation = false } = {},
) {
  const time = new FakeTime();
  const events = new Map<string, HistoryEvent[]>();
  const statuses: StatusChangeDetail[] = [];
  const errors: unknown[] = [];
  let ids = 0;
  const engineOptions: StepFunctionsOptions = {
    region: REGION,
    accountId: ACCOUNT,
    clock: time,
    timers: time,
    ids: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
    },
    random: () => 0.5,
    invokeFunction: (name, payload, invocation) =>
      Promise.resolve().then(() => {
        const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
        if (handler === undefined)
          throw Object.assign(new Error(`Function not found: ${functionArn(name)}`), {
            name: 'Lambda.ResourceNotFoundException',
          });
        return handler(payload, invocation);
      }),
    onHistoryEvents: ({ execution, events: recorded }) => {
      const list = events.get(execution.executionArn) ?? [];
      list.push(...recorded);
      events.set(execution.executionArn, list);
    },
    onStatusChange: (detail) => void statuses.push(detail),
    onError: (error) => void errors.push(error),
    ...options,
  };
  // What the States Language allows is checked in definition/ and api/; here it would take most of the time.
  const stepFunctions = assemble(
    new Engine(engineOptions, (text) => (fullValidation ? validateDefinition(text) : readDefinition(text))),
  );

  const call = async (
    operation: string,
    input: object,
    context: CallContext = callContext(),
  ): Promise<unknown> => {
    const handle = stepFunctions.service.operations[operation];
    if (handle === undefined) throw new Error(`no operation ${operation}`);
    return handle(input, context);
  };

  let machines = 0;
  const start = (definition: object, input: Json = {}): string => {
    machines += 1;
    const { stateMachineArn } = stepFunctions.createStateMachine({
      name: `ProgressPipeline${machines === 1 ? '' : machines}`,
      definition: JSON.stringify(definition),
      roleArn: ROLE,
    });
    return stepFunctions.startExecution({ stateMachineArn, name: 'run', input: JSON.stringify(input) })
      .executionArn;
  };

  const finalOf = (executionArn: string): StatusChangeDetail | undefined =>
    statuses.find((one) => one.executionArn === executionArn && one.status !== 'RUNNING');

  /** Runs a machine to its end, time passing as it has to. */
  const run = async (definition: object, input: Json = {}): Promise<RunResult> => {
    const executionArn = start(definition, input);
    await time.run(() => finalOf(executionArn) !== undefined);
    return result(executionArn);
  };
  const result = (executionArn: string): RunResult => {
    const final = finalOf(executionArn);
    const output = final?.output ?? undefined;
    return {
      executionArn,
      status: final?.status ?? 'RUNNING',
      output: output === undefined ? undefined : jsonOfText(output),
      error: final?.error ?? undefined,
      cause: final?.cause ?? undefined,
      events: events.get(executionArn) ?? [],
    };
  };
  return { stepFunctions, time, events, statuses, errors, call, start, run, result };
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
