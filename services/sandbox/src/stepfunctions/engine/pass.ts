import type { PassState } from '../definition/schema.ts';
import { finish, payloadOf } from './outcome.ts';
import type { StateScope } from './run.ts';
import type { StateOutcome } from './run-states.ts';

export function runPass(state: PassState, scope: StateScope): StateOutcome {
  return finish(state, scope, state.Result ?? payloadOf(state, scope));
}
