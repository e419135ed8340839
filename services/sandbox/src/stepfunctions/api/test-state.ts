import {
  isJsonArray,
  isJsonObject,
  jsonOfText,
  jsonProblem,
  memberOf,
  parseTaskResource,
  testState,
  textOfJson,
  validateDefinition,
  type Definition,
  type Json,
  type JsonObject,
  type MockAnswer,
  type State,
} from '@stepcast/asl-interpreter';
import { z } from 'zod';
import type { Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import { apiErrors } from './errors.ts';
import { operation } from './operation.ts';

const request = z.object({
  definition: z.string().min(1).max(1_048_576),
  roleArn: z.optional(z.string().min(1).max(256)),
  input: z.optional(z.string().max(262_144)),
  inspectionLevel: z.optional(z.enum(['INFO', 'DEBUG', 'TRACE'])),
  revealSecrets: z.optional(z.boolean()),
  variables: z.optional(z.string().max(262_144)),
  stateName: z.optional(z.string().min(1).max(80)),
  context: z.optional(z.string().max(262_144)),
  mock: z.optional(
    z.object({
      result: z.optional(z.string().max(262_144)),
      errorOutput: z.optional(z.object({ error: z.optional(z.string()), cause: z.optional(z.string()) })),
      // Results are not checked against the models of services, in no mode.
      fieldValidationMode: z.optional(z.enum(['STRICT', 'PRESENT', 'NONE'])),
    }),
  ),
  stateConfiguration: z.optional(z.looseObject({ retrierRetryCount: z.optional(z.int().nonnegative()) })),
});

/** The name of a state that comes without one. */
const NAMELESS = 'TestState';

/** TestState: one state alone, with its services or a mock. */
export function testStateOperations(engine: Engine): Record<string, Operation> {
  return {
    TestState: operation(request, async (given, call) => {
      call.authorize('states:TestState', '*');
      const { name, state, queryLanguage } = stateOf(given.definition, given.stateName);
      const mock = mockOf(given.mock);
      checkMock(state, mock);
      const { clock, timers } = engine.options;
      const tested = await testState({
        name,
        state,
        queryLanguage,
        input: valueOf(given.input ?? '{}', apiErrors.invalidInput),
        variables: objectOf('variables', given.variables),
        context: objectOf('context', given.context),
        mock,
        retrierRetryCount: given.stateConfiguration?.retrierRetryCount ?? 0,
        roleArn: given.roleArn ?? '',
        clock,
        timers,
        environment: engine.environment,
      });
      const { inspection, errorDetails, ...outcome } = tested;
      const withData = given.inspectionLevel === 'DEBUG' || given.inspectionLevel === 'TRACE';
      return {
        ...outcome,
        ...(withData
          ? {
              inspectionData: {
                ...Object.fromEntries(
                  Object.entries(inspection).map(([step, value]) => [step, textOfJson(value)]),
                ),
                ...(errorDetails === undefined ? {} : { errorDetails }),
              },
            }
          : {}),
      };
    }),
  };
}

type InvalidText = (problem: string) => Error;

function valueOf(text: string, invalid: InvalidText): Json {
  const value = jsonOfText(text);
  if (value === undefined) throw invalid(jsonProblem(text) ?? '');
  return value;
}

function objectOf(field: string, text: string | undefined): JsonObject {
  const value = valueOf(text ?? '{}', (problem) => apiErrors.validation(`$.${field}: ${problem}`));
  if (!isJsonObject(value)) throw apiErrors.validation(`$.${field}: not a JSON object`);
  return value;
}

interface NamedState {
  readonly name: string;
  readonly state: State;
  readonly queryLanguage: Definition['QueryLanguage'];
}

/** The state of a definition that is one, or the named one of a machine, at any depth. */
function stateOf(text: string, stateName: string | undefined): NamedState {
  if (stateName !== undefined) {
    const validated = validateDefinition(text);
    if (!validated.ok) throw apiErrors.invalidDefinition(validated.problem);
    const state = findState(validated.definition, stateName);
    if (state === undefined) throw apiErrors.validation(`State '${stateName}' not found in definition`);
    return { name: stateName, state, queryLanguage: validated.definition.QueryLanguage };
  }
  const json = jsonOfText(text);
  if (!isJsonObject(json)) throw apiErrors.invalidDefinition('INVALID_JSON_DESCRIPTION: not a JSON object');
  const validated = validateDefinition(textOfJson(machineOf(json)));
  if (!validated.ok) throw apiErrors.invalidDefinition(validated.problem);
  const state = validated.definition.States[NAMELESS];
  if (state === undefined) throw apiErrors.invalidDefinition('there is no state');
  return { name: NAMELESS, state, queryLanguage: undefined };
}

/** A machine of one state, whose transitions lead somewhere. */
function machineOf(state: JsonObject): JsonObject {
  const targets = new Set(nextsIn(state).filter((target) => target !== NAMELESS));
  const ends = Object.fromEntries([...targets].map((target) => [target, { Type: 'Succeed' }]));
  return { StartAt: NAMELESS, States: { [NAMELESS]: state, ...ends } };
}

/** Names that the state's own Next, Default, rules and catchers give; those of machines inside it are their own. */
function nextsIn(state: JsonObject): readonly string[] {
  const lists = ['Choices', 'Catch'].flatMap((field) => {
    const list = memberOf(state, field);
    return list !== undefined && isJsonArray(list) ? list : [];
  });
  const texts = [memberOf(state, 'Next'), memberOf(state, 'Default')].concat(
    lists.map((one: Json) => (isJsonObject(one) ? memberOf(one, 'Next') : undefined)),
  );
  return texts.filter((text) => typeof text === 'string');
}

function findState(machine: Pick<Definition, 'States'>, name: string): State | undefined {
  for (const [own, state] of Object.entries(machine.States)) {
    if (own === name) return state;
    const inner =
      state.Type === 'Parallel'
        ? state.Branches
        : state.Type === 'Map'
          ? [state.ItemProcessor ?? state.Iterator].filter((one) => one !== undefined)
          : [];
    for (const one of inner) {
      const found = findState(one, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function mockOf(mock: z.infer<typeof request>['mock']): MockAnswer | undefined {
  if (mock === undefined) return undefined;
  const { result, errorOutput } = mock;
  if ((result === undefined) === (errorOutput === undefined))
    throw apiErrors.validation('$.mock: exactly one of result and errorOutput is needed');
  if (errorOutput !== undefined) return { error: errorOutput.error, cause: errorOutput.cause };
  return { result: valueOf(result ?? '', (problem) => apiErrors.validation(`$.mock.result: ${problem}`)) };
}

/** Source: AWS, API reference of TestState: which states take a mock, and which need one. */
function checkMock(state: State, mock: MockAnswer | undefined): void {
  const takesMock = state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel';
  if (mock !== undefined && !takesMock)
    throw apiErrors.validation(`State type '${state.Type}' is not supported when a mock is specified`);
  if (mock !== undefined) return;
  if (state.Type === 'Map' || state.Type === 'Parallel')
    throw apiErrors.validation(`State type '${state.Type}' is not supported when a mock is not specified`);
  if (state.Type !== 'Task') return;
  const resource = parseTaskResource(state.Resource);
  if (resource?.kind === 'activity' || (resource?.kind === 'service' && resource.pattern !== 'response'))
    throw apiErrors.validation(`Resource '${state.Resource}' is not supported when a mock is not specified`);
}
