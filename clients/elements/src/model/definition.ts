import type { UploadState, WorkflowOutline } from '@stepcast/contracts';
import { workflowName } from './tree.ts';

/** The outline of the workflow, or those of several, of which the one of the upload is taken by its name. */
export type Definition = WorkflowOutline | readonly WorkflowOutline[] | null;

/** The outline of the workflow that runs for an upload; before one does, the only one that there is. */
export function definitionFor(definition: Definition, state: UploadState | null): WorkflowOutline | null {
  if (definition === null || 'states' in definition) return definition;
  const execution = state?.executions.findLast(({ nested }) => nested !== true);
  if (execution === undefined) return definition.length === 1 ? (definition[0] ?? null) : null;
  const name = workflowName(execution.executionArn);
  return definition.find((one) => one.name === name) ?? null;
}
