import type { SucceedState } from '../definition/schema.ts';
import { passOn, type StateOutcome } from './outcome.ts';
import type { StateScope } from './run.ts';

export function runSucceed(state: SucceedState, scope: StateScope): StateOutcome | Promise<StateOutcome> {
  return passOn(state, scope, undefined);
}
