import type { SucceedState } from '../definition/schema.ts';
import { effectiveInput, selectOutput } from './outcome.ts';
import type { StateScope } from './run.ts';
import type { StateOutcome } from './run-states.ts';

export function runSucceed(state: SucceedState, scope: StateScope): StateOutcome {
  return { output: selectOutput(state, scope, effectiveInput(state, scope)), next: undefined };
}
