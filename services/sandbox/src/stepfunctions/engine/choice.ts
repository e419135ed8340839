import { DataProblem } from '../data/problems.ts';
import type { ChoiceState } from '../definition/schema.ts';
import { holds } from './choice-rules.ts';
import { effectiveInput, selectOutput, type StateOutcome } from './outcome.ts';
import { evaluationOf, type StateScope } from './run.ts';

export function runChoice(state: ChoiceState, scope: StateScope): StateOutcome {
  const input = effectiveInput(state, scope);
  const evaluation = evaluationOf(scope, input);
  const next = state.Choices.find((rule) => holds(rule, evaluation))?.Next ?? state.Default;
  // States.NoChoiceMatched is in the language; what the service reports is this.
  if (next === undefined)
    throw new DataProblem('Failed to transition out of the state. The state does not point to a next state.');
  return { output: selectOutput(state, scope, input), next };
}
