import { lookup } from '../data/json-path.ts';
import { DataProblem } from '../data/problems.ts';
import { parseTimestamp } from '../data/timestamp.ts';
import type { WaitState } from '../definition/schema.ts';
import { textOfJson, type Json } from '../json.ts';
import type { Branch } from './branch.ts';
import { effectiveInput, selectOutput, type Conclusion } from './outcome.ts';
import { evaluationOf, type StateScope } from './run.ts';
import { sleep } from './sleep.ts';

/** Longest wait that the service takes: 2^31 - 1 seconds, 68 years. */
const maxWaitSeconds = 2_147_483_647;

export async function runWait(state: WaitState, scope: StateScope, branch: Branch): Promise<Conclusion> {
  branch.open = { type: 'Wait', name: scope.name };
  const input = effectiveInput(state, scope);
  const delayMs = delayOf(state, scope, input);
  if (delayMs > maxWaitSeconds * 1000) throw new DataProblem('Wait state delay is too long.');
  if (delayMs > 0) await sleep(scope.run.timers, delayMs, branch.signal);
  return () => ({ output: selectOutput(state, scope, input), next: state.Next });
}

function delayOf(state: WaitState, scope: StateScope, input: Json): number {
  if (state.Seconds !== undefined) return state.Seconds * 1000;
  if (state.SecondsPath !== undefined) return secondsAt(state.SecondsPath, scope, input) * 1000;
  if (state.Timestamp !== undefined) return msUntil(state.Timestamp, scope, () => 'Timestamp');
  const path = state.TimestampPath ?? '';
  const value = valueAt('TimestampPath', path, scope, input);
  return msUntil(
    typeof value === 'string' ? value : textOfJson(value),
    scope,
    (text) =>
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${text}`,
  );
}

function valueAt(field: string, path: string, scope: StateScope, input: Json): Json {
  const found = lookup(path, evaluationOf(scope, input));
  if (!found.found)
    throw new DataProblem(`The ${field} parameter does not reference an input value: ${path}`);
  return found.value;
}

function secondsAt(path: string, scope: StateScope, input: Json): number {
  const value = valueAt('SecondsPath', path, scope, input);
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new DataProblem(
      `The SecondsPath parameter cannot be parsed as a long value: ${path} == ${textOfJson(value)}`,
    );
  if (value < 0)
    throw new DataProblem(
      `The SecondsPath parameter references a negative value: ${path} == ${textOfJson(value)}`,
    );
  return value;
}

function msUntil(text: string, scope: StateScope, problem: (text: string) => string): number {
  const time = parseTimestamp(text);
  if (time === undefined) throw new DataProblem(problem(text));
  return Math.max(0, time - scope.run.clock.nowMs());
}
