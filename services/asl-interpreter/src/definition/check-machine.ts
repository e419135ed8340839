import { isJsonArray, isJsonObject, memberOf, type Json, type JsonObject } from '../json.ts';
import { checkState } from './check-state.ts';
import { SCHEMA, stepTo, type Problem, type Report } from './problem.ts';
import type { QueryLanguage } from './schema.ts';

const target = 'MISSING_TRANSITION_TARGET';
/** Longest name of a state. A quota of Step Functions. */
const maxNameLength = 80;

/** Everything in a definition that Step Functions would refuse, in the order of the definition. */
export function findProblems(definition: JsonObject): Problem[] {
  const found: Problem[] = [];
  const report: Report = (code, text, at) => void found.push({ code, text, at });
  const names = new Set<string>();

  function checkMachine(machine: JsonObject, at: string, outer: QueryLanguage): void {
    const states = memberOf(machine, 'States');
    if (!isJsonObject(states)) return;
    const language = languageOf(machine, outer);
    checkTransitions(machine, states, at, report);
    for (const [name, state] of Object.entries(states)) {
      const here = `${at}.States${stepTo(name)}`;
      if (names.has(name)) report('DUPLICATE_STATE_NAME', `There is another state '${name}'`, here);
      names.add(name);
      if (name.length > maxNameLength)
        report(SCHEMA, `The name has more than ${maxNameLength} characters`, here);
      if (!isJsonObject(state)) continue;
      checkState(state, here, languageOf(state, language), report);
      for (const [inner, place] of machinesIn(state)) checkMachine(inner, `${here}${place}`, language);
    }
  }

  checkMachine(definition, '$', 'JSONPath');
  return found;
}

function languageOf(owner: JsonObject, outer: QueryLanguage): QueryLanguage {
  const own = memberOf(owner, 'QueryLanguage');
  return own === 'JSONata' || own === 'JSONPath' ? own : outer;
}

/** The machines inside a state, with their places. */
export function machinesIn(state: JsonObject): readonly (readonly [JsonObject, string])[] {
  const found: (readonly [JsonObject, string])[] = [];
  for (const field of ['ItemProcessor', 'Iterator']) {
    const inner = memberOf(state, field);
    if (isJsonObject(inner)) found.push([inner, `.${field}`]);
  }
  const branches = memberOf(state, 'Branches');
  if (branches !== undefined && isJsonArray(branches))
    for (const [index, branch] of branches.entries())
      if (isJsonObject(branch)) found.push([branch, `.Branches[${index}]`]);
  return found;
}

function checkTransitions(machine: JsonObject, states: JsonObject, at: string, report: Report): void {
  const reached = new Set<string>();
  const follow = (next: Json | undefined, field: string, here: string): void => {
    if (typeof next !== 'string') return;
    reached.add(next);
    if (!Object.hasOwn(states, next)) report(target, `Missing '${field}' target: ${next}`, here);
  };
  follow(memberOf(machine, 'StartAt'), 'StartAt', `${at}.StartAt`);
  let hasEnd = false;
  for (const [name, state] of Object.entries(states)) {
    if (!isJsonObject(state)) return;
    const here = `${at}.States${stepTo(name)}`;
    const type = memberOf(state, 'Type');
    hasEnd ||= type === 'Succeed' || type === 'Fail' || memberOf(state, 'End') === true;
    follow(memberOf(state, 'Next'), 'Next', `${here}.Next`);
    follow(memberOf(state, 'Default'), 'Default', `${here}.Default`);
    for (const field of ['Choices', 'Catch']) {
      const list = memberOf(state, field);
      if (list === undefined || !isJsonArray(list)) continue;
      for (const [index, one] of list.entries())
        if (isJsonObject(one)) follow(memberOf(one, 'Next'), 'Next', `${here}.${field}[${index}].Next`);
    }
  }
  for (const name of Object.keys(states))
    if (!reached.has(name)) report(target, `State "${name}" is not reachable`, `${at}.States${stepTo(name)}`);
  if (!hasEnd) report('MISSING_TERMINAL_STATE', 'No state ends the machine', `${at}.States`);
}

/** The states that a state names as the next one. */
export function targetsOf(state: JsonObject): readonly string[] {
  const lists = ['Choices', 'Catch'].flatMap((field) => {
    const list = memberOf(state, field);
    return list !== undefined && isJsonArray(list) ? list : [];
  });
  return [
    memberOf(state, 'Next'),
    memberOf(state, 'Default'),
    ...lists.map((one) => (isJsonObject(one) ? memberOf(one, 'Next') : undefined)),
  ].filter((one) => typeof one === 'string');
}
