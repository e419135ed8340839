import { parseJson, type StepRef } from '@stepcast/contracts';
import * as z from 'zod';
import type { ProfileMachine, ProfileState } from '../domain/percent.ts';

/** The part of an Amazon States Language definition that progress is measured by. */
interface MachineText {
  StartAt: string;
  States: Record<string, StateText>;
}
interface StateText {
  Type: string;
  Next?: string | undefined;
  Default?: string | undefined;
  Choices?: { Next?: string | undefined }[] | undefined;
  Branches?: MachineText[] | undefined;
  Iterator?: MachineText | undefined;
  ItemProcessor?: MachineText | undefined;
}

const Machine: z.ZodType<MachineText> = z.object({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Next: z.string().optional(),
      Default: z.string().optional(),
      Choices: z.array(z.object({ Next: z.string().optional() })).optional(),
      get Branches() {
        return z.array(Machine).optional();
      },
      get Iterator() {
        return Machine.optional();
      },
      get ItemProcessor() {
        return Machine.optional();
      },
    }),
  ),
});

const types = new Map<string, StepRef['type']>(
  (['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'] as const).map((type) => [
    type,
    type,
  ]),
);

function stateOf(text: StateText): ProfileState {
  const processor = text.ItemProcessor ?? text.Iterator;
  return {
    type: types.get(text.Type) ?? 'Unknown',
    next: [text.Next, text.Default, ...(text.Choices ?? []).map((choice) => choice.Next)].filter(
      (name) => name !== undefined,
    ),
    inner: [...(text.Branches ?? []), ...(processor === undefined ? [] : [processor])].map(machineOf),
  };
}

function machineOf(text: MachineText): ProfileMachine {
  return {
    startAt: text.StartAt,
    states: new Map(Object.entries(text.States).map(([name, state]) => [name, stateOf(state)])),
  };
}

/** Reads a definition. Undefined when it does not read: then nothing is known to measure progress by, no more. */
export function profileOf(definition: string): ProfileMachine | undefined {
  const parsed = parseJson(Machine, definition);
  return parsed.ok ? machineOf(parsed.value) : undefined;
}
