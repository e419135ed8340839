import { isObject, parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import type { CallContext, JsonService, Keeper } from '../core/index.ts';

const Request = z.looseObject({});
const MachineArn = z.looseObject({ stateMachineArn: z.string() });
const ActivityArn = z.looseObject({ activityArn: z.string() });

/** Operations that make something, and where its ARN is in the answer; what deletes it. */
const made = [
  { create: 'CreateStateMachine', remove: 'DeleteStateMachine', arn: MachineArn, member: 'stateMachineArn' },
  { create: 'CreateActivity', remove: 'DeleteActivity', arn: ActivityArn, member: 'activityArn' },
] as const;

/**
 * Keeps the state machines and activities that clients have made by the API: their requests, which are made again after a restart.
 * Executions keep themselves; see `keep-executions.ts`.
 */
export function keepMachines(service: JsonService, keeper: Keeper): JsonService {
  const operations = { ...service.operations };
  for (const { create, remove, arn, member } of made) {
    const inner = service.operations[create];
    if (inner !== undefined)
      operations[create] = async (input, call) => {
        const answer = await inner(input, call);
        const found = parseValue(arn, answer);
        if (found.ok) keeper.put(String(found.value[member]), JSON.stringify({ create, input }));
        return answer;
      };
    const removing = service.operations[remove];
    if (removing !== undefined)
      operations[remove] = async (input, call) => {
        const answer = await removing(input, call);
        const found = parseValue(arn, input);
        if (found.ok) keeper.delete(String(found.value[member]));
        return answer;
      };
  }
  const update = service.operations['UpdateStateMachine'];
  if (update !== undefined)
    operations['UpdateStateMachine'] = async (input, call) => {
      const answer = await update(input, call);
      const found = parseValue(MachineArn, input);
      if (found.ok) amend(keeper, found.value.stateMachineArn, found.value);
      return answer;
    };
  return { ...service, operations };
}

/** The request that makes a machine again has what it was changed to. */
function amend(keeper: Keeper, arn: string, change: Readonly<Record<string, unknown>>): void {
  const stored = keeper.entries().find(([key]) => key === arn);
  const before = stored === undefined ? undefined : parseJson(StoredRequest, stored[1]);
  if (before?.ok !== true) return;
  const { stateMachineArn: _arn, ...changed } = change;
  keeper.put(arn, JSON.stringify({ ...before.value, input: { ...before.value.input, ...changed } }));
}

const StoredRequest = z.object({ create: z.enum(made.map(({ create }) => create)), input: Request });

/** Makes again what was stored. What is not taken any more is left out: another version refuses it, and says so in no request. */
export async function restoreMachines(
  service: JsonService,
  keeper: Keeper,
  call: CallContext,
  onRefused: (thrown: unknown) => void,
): Promise<void> {
  for (const [, text] of keeper.entries()) {
    const stored = parseJson(StoredRequest, text);
    if (!stored.ok) continue;
    try {
      await service.operations[stored.value.create]?.(
        isObject(stored.value.input) ? stored.value.input : {},
        call,
      );
    } catch (thrown) {
      onRefused(thrown);
    }
  }
}
