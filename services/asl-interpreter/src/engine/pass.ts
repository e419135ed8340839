import type { PassState } from '../definition/schema.ts';
import { finish, passOn, payloadOf, type StateOutcome } from './outcome.ts';
import type { StateScope } from './run.ts';

export function runPass(state: PassState, scope: StateScope): StateOutcome | Promise<StateOutcome> {
  if (scope.language === 'JSONata') return passOn(state, scope, state.Next);
  return finish(state, scope, state.Result ?? payloadOf(state, scope));
}
