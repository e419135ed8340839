import type { Clock, Timers } from '@stepcast/kit';
import type { Definition, State } from '../definition/schema.ts';
import { Execution, type ExecutionOptions } from '../engine/execution.ts';
import { matchesError, StateFailure } from '../engine/failures.ts';
import { retryDelayMs } from '../engine/retry.ts';
import type { StateScope } from '../engine/run.ts';
import { jsonOfText, textOfJson, type Json, type JsonObject } from '../json.ts';
import type { MockAnswer } from '../ports.ts';
import type { ExecutionIdentity, HistoryEvent } from '../types.ts';
import { inspect, type Inspection } from './inspect.ts';

export interface TestStateOptions {
  readonly name: string;
  readonly state: State;
  readonly queryLanguage: Definition['QueryLanguage'];
  readonly input: Json;
  /** Variables that the state can read. */
  readonly variables: JsonObject;
  /** Goes over the context object. */
  readonly context: JsonObject;
  /** What the work of the state gives, instead of doing it. */
  readonly mock: MockAnswer | undefined;
  /** How often its retriers were used already. */
  readonly retrierRetryCount: number;
  readonly roleArn: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly environment: ExecutionOptions['environment'];
}

/** What one run of one state comes to; the names are those of the operation TestState. */
export interface TestedState {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly nextState: string | undefined;
  readonly inspection: Inspection;
  readonly errorDetails:
    | { readonly catchIndex: number }
    | { readonly retryIndex: number; readonly retryBackoffIntervalSeconds: number }
    | undefined;
}

const arn = (kind: string): string => `arn:aws:states:us-east-1:123456789012:${kind}`;
const identity: ExecutionIdentity = {
  executionArn: arn('express:TestState:TestState:0'),
  executionName: 'TestState',
  stateMachineArn: arn('stateMachine:TestState'),
  stateMachineName: 'TestState',
  redriveCount: 0,
};
/** Sets the variables that a test gives. */
const ASSIGN = 'TestState.Variables';
const defaultMaxAttempts = 3;

/**
 * Runs one state alone. It does not wait for a retry: it answers RETRIABLE. It follows a Catch as far as the next state's name.
 */
export async function testState(options: TestStateOptions): Promise<TestedState> {
  const bare = withoutRecovery(options.mock === undefined ? options.state : mockable(options.state));
  const { result, ...first } = await runOnce(options, bare, options.mock);
  const inspection = await inspect(options.state, scopeOf(options), result);
  const tested = { ...first, inspection, errorDetails: undefined };
  if (first.status === 'SUCCEEDED') return tested;
  const failure = new StateFailure(
    first.error,
    first.cause,
    first.error !== 'States.Runtime' && first.error !== 'States.DataLimitExceeded',
  );
  const recovery = recoveryOf(options.state);
  const retryIndex = recovery.Retry.findIndex((one) => matchesError(one.ErrorEquals, failure));
  const retrier = recovery.Retry[retryIndex];
  if (retrier !== undefined && options.retrierRetryCount < (retrier.MaxAttempts ?? defaultMaxAttempts))
    return {
      ...tested,
      status: 'RETRIABLE',
      errorDetails: {
        retryIndex,
        retryBackoffIntervalSeconds: retryDelayMs(retrier, options.retrierRetryCount) / 1000,
      },
    };
  const catchIndex = recovery.Catch.findIndex((one) => matchesError(one.ErrorEquals, failure));
  if (catchIndex < 0) return tested;
  const catching = { ...mockable(options.state), Retry: undefined };
  const caught = await runOnce(options, catching, { error: first.error, cause: first.cause });
  return {
    ...tested,
    status: 'CAUGHT_ERROR',
    output: caught.output,
    nextState: caught.nextState,
    errorDetails: { catchIndex },
  };
}

interface Ran {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly nextState: string | undefined;
  readonly result: Json | undefined;
}

async function runOnce(options: TestStateOptions, state: State, mock: MockAnswer | undefined): Promise<Ran> {
  const { name, input, roleArn, clock, timers, environment } = options;
  const definition = machineAround(options, state);
  const execution = new Execution({
    identity,
    definition,
    definitionText: '',
    roleArn,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false, destinations: [] },
    machineUpdatedAtMs: 0,
    revisionId: '',
    input: textOfJson(input),
    context: options.context,
    clock,
    timers,
    environment: {
      ...environment,
      ports: mock === undefined ? environment.ports : { ...environment.ports, mocks: () => mock },
    },
    onEvent: () => undefined,
    onStatus: () => undefined,
    onError: () => undefined,
  });
  execution.start();
  const end = await execution.closed;
  const { events } = execution.history;
  const exited = events.findLast(
    (event) => event.type.endsWith('StateExited') && event.details.name === name,
  );
  const next = exited === undefined ? undefined : events.find(({ id }) => id === exited.id + 1);
  const hasExited = exited !== undefined;
  return {
    status: hasExited ? 'SUCCEEDED' : 'FAILED',
    output: exited?.details.output,
    error: hasExited ? undefined : end.error,
    cause: hasExited ? undefined : end.cause,
    nextState: next?.type.endsWith('StateEntered') === true ? next.details.name : undefined,
    result: mock !== undefined && 'result' in mock ? mock.result : resultIn(events),
  };
}

/** What the work of the outermost state gave, as its history has it. */
function resultIn(events: readonly HistoryEvent[]): Json | undefined {
  const done = events.findLast(({ type }) =>
    ['TaskSucceeded', 'LambdaFunctionSucceeded', 'ActivitySucceeded'].includes(type),
  );
  return done?.details.output === undefined ? undefined : jsonOfText(done.details.output);
}

/** The state with every state that it can lead to as an end. */
function machineAround(options: TestStateOptions, state: State): Definition {
  const { name, variables, queryLanguage } = options;
  const ends = Object.fromEntries(
    targetsOf(state)
      .filter((target) => target !== name)
      .map((target) => [target, { Type: 'Succeed' as const }]),
  );
  const hasVariables = Object.keys(variables).length > 0;
  return {
    StartAt: hasVariables ? ASSIGN : name,
    ...(queryLanguage === undefined ? {} : { QueryLanguage: queryLanguage }),
    States: {
      ...(hasVariables
        ? { [ASSIGN]: { Type: 'Pass', QueryLanguage: 'JSONPath', Assign: variables, Next: name } }
        : {}),
      ...ends,
      // A state that leads to itself ends there.
      [name]: state,
    },
  };
}

function targetsOf(state: State): readonly string[] {
  const next = 'Next' in state && state.Next !== undefined ? [state.Next] : [];
  const caught = recoveryOf(state).Catch.map((one) => one.Next);
  const chosen =
    state.Type === 'Choice'
      ? [...state.Choices.map((one) => one.Next), ...(state.Default === undefined ? [] : [state.Default])]
      : [];
  return [...next, ...caught, ...chosen];
}

function recoveryOf(state: State) {
  return state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel'
    ? { Retry: state.Retry ?? [], Catch: state.Catch ?? [] }
    : { Retry: [], Catch: [] };
}

function withoutRecovery(state: State): State {
  return 'Retry' in state || 'Catch' in state ? { ...state, Retry: undefined, Catch: undefined } : state;
}

/** A Task in the place of a Map or Parallel, whose work a mock can stand for. */
function mockable(state: State): State {
  if (state.Type !== 'Map' && state.Type !== 'Parallel') return state;
  const {
    Next,
    End,
    QueryLanguage,
    InputPath,
    OutputPath,
    Output,
    Assign,
    ResultPath,
    ResultSelector,
    Retry,
    Catch,
  } = state;
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:states:describeExecution',
    ...{
      Next,
      End,
      QueryLanguage,
      InputPath,
      OutputPath,
      Output,
      Assign,
      ResultPath,
      ResultSelector,
      Retry,
      Catch,
    },
  };
}

function scopeOf(options: TestStateOptions): StateScope {
  const { name, state, input, variables, environment, clock, timers, context } = options;
  return {
    run: {
      ...environment,
      executionArn: identity.executionArn,
      stateMachineArn: identity.stateMachineArn,
      queryLanguage: options.queryLanguage ?? 'JSONPath',
      clock,
      timers,
      context,
    },
    name,
    language: state.QueryLanguage ?? options.queryLanguage ?? 'JSONPath',
    rawInput: input,
    context: {
      Execution: {
        Id: identity.executionArn,
        Input: input,
        Name: identity.executionName,
        RoleArn: options.roleArn,
      },
      StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
      State: { Name: name },
      ...context,
    },
    entered: { id: 2, from: 0 },
    variables,
  };
}
