import type { PassState } from '../definition/schema.ts';
import { finish, payloadOf, type StateOutcome } from './outcome.ts';
import type { StateScope } from './run.ts';

export function runPass(state: PassState, scope: StateScope): StateOutcome {
  return finish(state, scope, state.Result ?? payloadOf(state, scope));
}
