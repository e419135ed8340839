import type { Clock, Timers } from '@stepcast/kit';
import type { Evaluation } from '../data/intrinsics.ts';
import type { JsonObject } from '../json.ts';
import type { InvokeFunction } from '../types.ts';

/** What every state of one execution shares. */
export interface Run {
  readonly executionArn: string;
  readonly region: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly ids: () => string;
  readonly invokeFunction: InvokeFunction;
  readonly functionTimeoutMs: number;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject;
}

/** What is known while one state runs. */
export interface StateScope {
  readonly run: Run;
  readonly name: string;
  /** The state's input as it came, before `InputPath`. */
  readonly rawInput: Evaluation['input'];
  /** Context object: that of the run, plus `State` and, within a Map, `Map`. */
  readonly context: JsonObject;
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
    random: scope.run.random,
    uuid: scope.run.ids,
  };
}
