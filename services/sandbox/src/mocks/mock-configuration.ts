import { readFile } from 'node:fs/promises';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError, StepcastError } from '@stepcast/kit';
import type { MockAnswer, Ports } from '@stepcast/asl-interpreter';
import * as z from 'zod';

/** `--mocks` cannot be used. The message says which file and what is wrong. */
export class MockConfigurationError extends StepcastError {
  readonly code = 'SANDBOX_MOCKS_INVALID';
  readonly retryable = false;
}

const Response = z.union([
  z.strictObject({ Return: z.json() }),
  z.strictObject({
    Throw: z.strictObject({ Error: z.string().optional(), Cause: z.string().optional() }),
  }),
]);

/** The configuration of mocked service integrations of Step Functions Local. */
const MockConfiguration = z.looseObject({
  StateMachines: z.record(
    z.string(),
    z.looseObject({ TestCases: z.record(z.string(), z.record(z.string(), z.string())) }),
  ),
  MockedResponses: z.record(z.string(), z.record(z.string().regex(/^\d+(?:-\d+)?$/), Response)),
});
export type MockConfiguration = z.infer<typeof MockConfiguration>;

/**
 * Reads `FILE` or `FILE#TestCase`; without a test case the first one counts.
 * @param states names of the states that there are
 * @throws MockConfigurationError for a file that is none, a test case or response that is not there, a mock of a missing state
 */
export async function loadMocks(
  given: string,
  states: readonly string[],
): Promise<NonNullable<Ports['mocks']>> {
  const [file = '', wanted] = given.split('#', 2);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new MockConfigurationError(`--mocks ${file} cannot be read: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
  const parsed = parseJson(MockConfiguration, text);
  if (!parsed.ok)
    throw new MockConfigurationError(`${file} is no mock configuration: ${describeIssues(parsed.issues)}`);
  return mocksOf(parsed.value, file, wanted, states);
}

/** @throws MockConfigurationError */
export function mocksOf(
  configuration: MockConfiguration,
  file: string,
  wanted: string | undefined,
  states: readonly string[],
): NonNullable<Ports['mocks']> {
  const cases = casesOf(configuration);
  const testCase = cases.find(([name]) => wanted === undefined || name === wanted);
  if (testCase === undefined)
    throw new MockConfigurationError(
      `${file} has no test case ${wanted ?? ''}; it has: ${cases.map(([name]) => name).join(', ')}`,
    );
  const responses = new Map<string, readonly Step[]>();
  for (const [state, name] of Object.entries(testCase[1])) {
    if (!states.includes(state))
      throw new MockConfigurationError(
        `${file}: test case ${testCase[0]} mocks the state "${state}", which the definition does not have`,
      );
    const steps = configuration.MockedResponses[name];
    if (steps === undefined)
      throw new MockConfigurationError(`${file}: there is no mocked response "${name}" (state "${state}")`);
    responses.set(state, stepsOf(steps));
  }
  return playing(responses);
}

interface Step {
  readonly from: number;
  readonly to: number;
  readonly answer: MockAnswer;
}

function casesOf(configuration: MockConfiguration) {
  return Object.values(configuration.StateMachines).flatMap(({ TestCases }) => Object.entries(TestCases));
}

function stepsOf(steps: MockConfiguration['MockedResponses'][string]): readonly Step[] {
  return Object.entries(steps).map(([range, response]) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return {
      from,
      to,
      answer:
        'Return' in response
          ? { result: response.Return }
          : { error: response.Throw.Error, cause: response.Throw.Cause },
    };
  });
}

/** Executions whose calls are counted at most. */
const maxCounted = 10_000;

/** Each execution plays the responses of a state from the first: its n-th call gets the n-th. */
function playing(responses: ReadonlyMap<string, readonly Step[]>): NonNullable<Ports['mocks']> {
  const counts = new Map<string, number>();
  return ({ executionArn, stateName }) => {
    const steps = responses.get(stateName);
    if (steps === undefined) return undefined;
    const key = `${executionArn} ${stateName}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const [oldest] = counts.keys();
    if (counts.size > maxCounted && oldest !== undefined) counts.delete(oldest);
    return (
      steps.find(({ from, to }) => count >= from && count <= to)?.answer ?? {
        error: 'States.Runtime',
        cause: `The mock of the state '${stateName}' has no response for its call ${count}.`,
      }
    );
  };
}
