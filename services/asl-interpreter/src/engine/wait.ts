import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { lookup } from '../data/path/json-path.ts';
import { DataProblem } from '../data/problems.ts';
import { parseTimestamp } from '../data/timestamp.ts';
import type { WaitState } from '../definition/schema.ts';
import { textOfJson, type Json } from '../json.ts';
import type { Branch } from './branch.ts';
import { wholeNumberIn } from './numbers.ts';
import { effectiveInput, passOn, type Conclusion } from './outcome.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from './run.ts';
import { sleep } from './sleep.ts';

/** Longest wait that the service takes: 2^31 - 1 seconds, 68 years. */
const maxWaitSeconds = 2_147_483_647;

export async function runWait(state: WaitState, scope: StateScope, branch: Branch): Promise<Conclusion> {
  branch.open = { type: 'Wait', name: scope.name };
  const delayMs =
    scope.language === 'JSONata'
      ? await delayByExpression(state, scope)
      : delayOf(state, scope, effectiveInput(state, scope));
  if (delayMs > maxWaitSeconds * 1000) throw new DataProblem('Wait state delay is too long.');
  if (delayMs > 0) await sleep(scope.run.timers, delayMs / (scope.run.speed ?? 1), branch.signal);
  return () => passOn(state, scope, state.Next);
}

async function delayByExpression(state: WaitState, scope: StateScope): Promise<number> {
  const seconds = await wholeNumberIn('Seconds', state.Seconds, scope);
  if (seconds !== undefined) return seconds * 1000;
  const timestamp = await evaluateExpressions(state.Timestamp ?? '', 'Timestamp', expressionScopeOf(scope));
  const time = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined;
  if (time !== undefined) return Math.max(0, time - scope.run.clock.nowMs());
  throw new DataProblem(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${
      typeof timestamp === 'string' ? timestamp : textOfJson(timestamp)
    }`,
    'States.QueryEvaluationError',
    'Timestamp',
  );
}

function delayOf(state: WaitState, scope: StateScope, input: Json): number {
  if (typeof state.Seconds === 'number') return state.Seconds * 1000;
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
