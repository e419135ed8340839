import type { SucceedState } from '../definition/schema.ts';
import { effectiveInput, selectOutput, type StateOutcome } from './outcome.ts';
import type { StateScope } from './run.ts';

export function runSucceed(state: SucceedState, scope: StateScope): StateOutcome {
  return { output: selectOutput(state, scope, effectiveInput(state, scope)), next: undefined };
}
