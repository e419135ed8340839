import { pause, type Clock } from '@stepcast/kit';
import { UnfinishedError } from '@stepcast/operations';
import { detachEverywhere, type Detaching } from './detach-everywhere.ts';
import type { DeployedStack, Lifecycle, StackResource } from './ports.ts';

const POLL_MS = 5_000;
/** A stack with containers takes about ten minutes. */
const LIMIT_MS = 60 * 60_000;
/** AWS IoT may refuse to delete a policy for five minutes after it was detached. Source: IoT API reference, DetachPolicy. */
const BETWEEN_TRIES_MS = 60_000;
const MAX_TRIES = 8;

export interface Deleting extends Detaching {
  readonly clock: Clock;
  /** How many of how many resources are gone. */
  readonly deleted: (gone: number, all: number) => void;
  /** A line about what holds it up. */
  readonly note: (line: string) => void;
}

const isGone = ({ status }: StackResource) => status === 'DELETE_COMPLETE' || status === 'DELETE_SKIPPED';
const hasFailed = ({ status }: StackResource) => status === 'DELETE_FAILED';

/**
 * Deletes a stack and waits for it. A policy that somebody was given meanwhile, or that AWS IoT still takes to be attached,
 * is detached again and the deletion repeated.
 * @throws UnfinishedError naming what could not be deleted
 */
export async function deleteStack(
  lifecycle: Lifecycle,
  stack: DeployedStack,
  policyName: string | undefined,
  deleting: Deleting,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await lifecycle.stacks.delete(stack.id);
    const failed = await untilSettled(lifecycle, stack, deleting);
    if (failed.length === 0) return;
    const policyHolds = failed.some(({ type }) => type === 'AWS::IoT::Policy');
    if (!policyHolds || policyName === undefined || tries === MAX_TRIES)
      throw new UnfinishedError(
        `${stack.name} could not be deleted`,
        failed.map(({ logicalId, type, reason }) => `  ${type} ${logicalId}: ${reason ?? 'no reason given'}`),
      );
    deleting.note('AWS IoT still takes the policy to be attached; detaching again, and trying in a minute.');
    await detachEverywhere(lifecycle, policyName, deleting);
    await pause(lifecycle.timers, BETWEEN_TRIES_MS, deleting.signal);
  }
}

/** @returns what failed to go; none: the stack is gone */
async function untilSettled(
  { stacks, timers }: Lifecycle,
  { id, name }: DeployedStack,
  { clock, signal, deleted }: Deleting,
): Promise<readonly StackResource[]> {
  const deadlineMs = clock.nowMs() + LIMIT_MS;
  for (;;) {
    const now = await stacks.find(id);
    if (now === undefined || now.status === 'DELETE_COMPLETE') return [];
    const resources = await stacks.resources(id);
    deleted(resources.filter(isGone).length, resources.length);
    if (now.status === 'DELETE_FAILED') {
      const failed = resources.filter(hasFailed);
      return failed.length > 0
        ? failed
        : [{ logicalId: name, type: 'AWS::CloudFormation::Stack', status: now.status, reason: undefined }];
    }
    if (signal.aborted || clock.nowMs() >= deadlineMs)
      throw new UnfinishedError(`${name} is still being deleted; CloudFormation goes on by itself`, [
        `  aws cloudformation wait stack-delete-complete --stack-name ${id}`,
      ]);
    await pause(timers, POLL_MS, signal);
  }
}
