import {
  MAX_OUTLINE_BYTES,
  outlineOf,
  readJson,
  type ProvisionReply,
  type WorkflowOutline,
} from '@stepcast/contracts';
import type { Clock, Logger, Timers } from '@stepcast/kit';
import type { WorkflowDefinitions } from '../ports/workflow-definitions.port.ts';

export interface WorkflowOutlinesDependencies {
  readonly definitions: WorkflowDefinitions;
  /** Names of the state machines that people may see; none: the use case asks Step Functions nothing and leaves the reply as it is. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** For so long outlines are remembered, in milliseconds. A workflow that was changed is drawn anew after that. */
const REMEMBER_MS = 300_000;
/** The same when one of them could not be had. */
const REMEMBER_FAILURE_MS = 60_000;
/** So long a reply waits for them. Pictures are no reason to keep somebody from their progress. */
const WAIT_MS = 2_000;

/** Adds the outlines of the workflows to a reply. */
export type WithWorkflows = (reply: ProvisionReply) => Promise<ProvisionReply>;

/**
 * Tells people the outlines of the workflows: names, types and edges, see `outlineOf`. Never fails: a workflow that cannot be read or
 * is too large is left out, with a line in the log. All together take at most `MAX_OUTLINE_BYTES`.
 */
export function createWorkflowOutlines(dependencies: WorkflowOutlinesDependencies): WithWorkflows {
  const { definitions, names, clock, timers, logger } = dependencies;
  let remembered: { readonly outlines: readonly WorkflowOutline[]; readonly untilMs: number } | undefined;
  let asking: Promise<readonly WorkflowOutline[]> | undefined;

  async function read(): Promise<readonly WorkflowOutline[]> {
    let bytesLeft = MAX_OUTLINE_BYTES;
    const outlines: WorkflowOutline[] = [];
    for (const name of names) {
      const outline = await outlineNamed(name, bytesLeft);
      if (outline === undefined) continue;
      outlines.push(outline);
      bytesLeft -= Buffer.byteLength(JSON.stringify(outline));
    }
    const keepMs = outlines.length === names.length ? REMEMBER_MS : REMEMBER_FAILURE_MS;
    remembered = { outlines, untilMs: clock.nowMs() + keepMs };
    return outlines;
  }

  async function outlineNamed(name: string, maxBytes: number): Promise<WorkflowOutline | undefined> {
    let text: string;
    try {
      text = await definitions.definitionOf(name);
    } catch (error) {
      logger.warn({ stateMachine: name, error }, 'workflow is not shown: its definition cannot be read');
      return undefined;
    }
    const definition = readJson(text);
    const result = outlineOf(definition.ok ? definition.value : undefined, maxBytes);
    if (result.ok) return { name, ...result.outline };
    logger.warn({ stateMachine: name, reason: result.reason }, 'workflow is not shown');
    return undefined;
  }

  async function outlines(): Promise<readonly WorkflowOutline[]> {
    if (remembered !== undefined && clock.nowMs() < remembered.untilMs) return remembered.outlines;
    asking ??= read().finally(() => {
      asking = undefined;
    });
    const late = Promise.withResolvers<readonly WorkflowOutline[]>();
    const cancel = timers.after(WAIT_MS, () => {
      late.resolve(remembered?.outlines ?? []);
    });
    return Promise.race([asking, late.promise]).finally(cancel);
  }

  return async (reply) => {
    if (names.length === 0) return reply;
    const workflows = await outlines();
    return workflows.length === 0 ? reply : { ...reply, workflows: [...workflows] };
  };
}
