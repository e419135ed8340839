import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { wrongType } from '../data/jsonata/wrong-type.ts';
import { DataProblem } from '../data/problems.ts';
import type { ChoiceRule, ChoiceState } from '../definition/schema.ts';
import { isJson } from '../json.ts';
import { holds } from './choice-rules.ts';
import {
  assignedByPath,
  concludeJsonata,
  effectiveInput,
  selectOutput,
  type StateOutcome,
} from './outcome.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from './run.ts';

export function runChoice(state: ChoiceState, scope: StateScope): StateOutcome | Promise<StateOutcome> {
  if (scope.language === 'JSONata') return chooseByExpressions(state, scope);
  const input = effectiveInput(state, scope);
  const evaluation = evaluationOf(scope, input);
  const rule = state.Choices.find((one) => holds(one, evaluation));
  // What a rule assigns goes with the rule; the state's own Assign with its Default.
  const assigned = assignedByPath((rule ?? state).Assign, scope, input);
  return { output: selectOutput(state, scope, input), next: nextOf(state, rule), assigned };
}

async function chooseByExpressions(state: ChoiceState, scope: StateScope): Promise<StateOutcome> {
  let chosen: ChoiceRule | undefined;
  for (const [index, rule] of state.Choices.entries()) {
    const condition = rule.Condition;
    const field = `Choices[${index}]/Condition`;
    const value = isJson(condition)
      ? await evaluateExpressions(condition, field, expressionScopeOf(scope))
      : undefined;
    if (typeof value !== 'boolean')
      throw wrongType(field, typeof condition === 'string' ? condition : '', 'boolean', value ?? null);
    if (!value) continue;
    chosen = rule;
    break;
  }
  return concludeJsonata(chosen ?? state, scope, nextOf(state, chosen), scope.rawInput);
}

function nextOf(state: ChoiceState, rule: ChoiceRule | undefined): string {
  const next = rule?.Next ?? state.Default;
  // States.NoChoiceMatched is in the language; what the service reports is this.
  if (next === undefined)
    throw new DataProblem('Failed to transition out of the state. The state does not point to a next state.');
  return next;
}
