import * as z from 'zod';

/** As much of a definition in Amazon States Language as names its steps: those of Map and Parallel lie inside. */
interface Workflow {
  readonly States: Readonly<Record<string, Step>>;
}

interface Step {
  readonly Type: string;
  readonly Branches?: readonly Workflow[] | undefined;
  readonly ItemProcessor?: Workflow | undefined;
  /** The older name of `ItemProcessor`. */
  readonly Iterator?: Workflow | undefined;
}

const Step: z.ZodType<Step> = z.lazy(() =>
  z.object({
    Type: z.string(),
    Branches: z.array(Workflow).optional(),
    ItemProcessor: Workflow.optional(),
    Iterator: Workflow.optional(),
  }),
);

/** Reads a definition; what else stands in it does not matter here. */
export const Workflow: z.ZodType<Workflow> = z.lazy(() => z.object({ States: z.record(z.string(), Step) }));

/** Every step with its type, in the order of the definition, one inside of another after it. */
export function stepsOf(workflow: Workflow): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = ({ States }: Workflow): void => {
    for (const [name, step] of Object.entries(States)) {
      if (!found.has(name)) found.set(name, step.Type);
      for (const inner of [...(step.Branches ?? []), step.ItemProcessor, step.Iterator])
        if (inner !== undefined) visit(inner);
    }
  };
  visit(workflow);
  return found;
}

/** A TypeScript module with the names of the steps. @param source what the definition is called, for the first line */
export function moduleOf(steps: ReadonlyMap<string, string>, source: string): string {
  const names = [...steps.keys()].map((name) => `  ${JSON.stringify(name)},`);
  const types = [...steps].map(([name, type]) => `  ${JSON.stringify(name)}: ${JSON.stringify(type)},`);
  return [
    `// Written by: stepcast types ${source}`,
    '// Run it again after a change of the definition.',
    '',
    '/** Every step of the workflow, those inside of a Map or Parallel included. */',
    'export const STEP_NAMES = [',
    ...names,
    '] as const;',
    '',
    '/** The name of a step. */',
    'export type StepName = (typeof STEP_NAMES)[number];',
    '',
    '/** What each step is: Task, Map, Choice, … */',
    'export const STEP_TYPES = {',
    ...types,
    '} as const satisfies Record<StepName, string>;',
    '',
    '/** Whether a name that came with progress is one of these. The deployed workflow may have changed since. */',
    'export function isStepName(name: string): name is StepName {',
    '  return STEP_NAMES.some((known) => known === name);',
    '}',
    '',
  ].join('\n');
}
