import * as z from 'zod/mini';
import { StepRef } from './progress.ts';

/** A state of a workflow: its name, its type, and where it leads. Nothing else of its definition. */
export const OutlineState = z.object({
  name: z.string(),
  type: StepRef.shape.type,
  /** It is the first of its workflow, branch or iteration. */
  start: z.optional(z.literal(true)),
  /** Names of the states that may follow. Absent where it ends its workflow, branch or iteration. */
  next: z.optional(z.array(z.string())),
  /** Names of the states that may follow after an error. */
  caught: z.optional(z.array(z.string())),
  /** Name of the Map or Parallel that it is in. */
  inside: z.optional(z.string()),
  /** In a Parallel: zero-based index of its branch. */
  branch: z.optional(z.int().check(z.gte(0))),
});
export type OutlineState = z.infer<typeof OutlineState>;

/**
 * What a picture of a workflow is drawn from: names, types and edges. Never parameters, resources, conditions or comments.
 * A flat list, because Amazon States Language has names unique in the whole workflow. See `outlineOf`.
 */
export const WorkflowOutline = z.object({
  /** Name of the state machine, where it is one of several. */
  name: z.optional(z.string()),
  states: z.array(OutlineState),
});
export type WorkflowOutline = z.infer<typeof WorkflowOutline>;
