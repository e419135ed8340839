import type { Clock, Timers } from '@stepcast/kit';
import type { Evaluation } from '../data/intrinsics.ts';
import type { ExpressionScope } from '../data/jsonata/evaluate.ts';
import type { QueryLanguage } from '../definition/schema.ts';
import type { JsonObject } from '../json.ts';
import type { Ports } from '../ports.ts';
import type { InvokeFunction } from '../types.ts';

/** What every state of one execution shares. */
export interface Run {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly region: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** How many times faster than they say Waits and the pauses before retries pass. Default 1. */
  readonly speed?: number | undefined;
  readonly random: () => number;
  readonly ids: () => string;
  readonly invokeFunction: InvokeFunction;
  readonly functionTimeoutMs: number;
  readonly ports: Ports;
  /** Of states that have none of their own. */
  readonly queryLanguage: QueryLanguage;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject;
}

/** What is known while one state runs. */
export interface StateScope {
  readonly run: Run;
  readonly name: string;
  readonly language: QueryLanguage;
  /** The state's input as it came, before `InputPath`. */
  readonly rawInput: Evaluation['input'];
  /** Context object: that of the run, plus `State` and, within a Map, `Map`. */
  readonly context: JsonObject;
  /** The event that entered the state, and the one before it. */
  readonly entered: { readonly id: number; readonly from: number };
  /** As they were when the state was entered: what it assigns is there for the next one. */
  readonly variables: JsonObject;
}

/** Builds what paths and templates of a state are evaluated with. */
export function evaluationOf(
  scope: StateScope,
  input: Evaluation['input'],
  extra: JsonObject = {},
): Evaluation {
  return {
    input,
    context: { ...scope.context, ...extra },
    variables: scope.variables,
    random: scope.run.random,
    uuid: scope.run.ids,
  };
}

/**
 * Builds what JSONata expressions of a state are evaluated with.
 * @param states `result` or `errorOutput` of `$states`, where there is one
 * @param extra goes over the context object
 */
export function expressionScopeOf(
  scope: StateScope,
  states: JsonObject = {},
  extra: JsonObject = {},
): ExpressionScope {
  const { run, rawInput, context, variables } = scope;
  return {
    states: { input: rawInput, context: { ...context, ...extra }, ...states },
    variables,
    random: run.random,
    uuid: run.ids,
    nowMs: () => run.clock.nowMs(),
  };
}
