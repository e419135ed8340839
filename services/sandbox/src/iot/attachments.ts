import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';

const StoredAttachment = z.tuple([z.string(), z.string()]);

/**
 * Which policies are attached to which targets.
 *
 * IoT Core lists a change at once but acts on it later: "changes can take a few minutes to become effective", in both
 * directions. So an attachment has two lives, what is listed and what is in force, and the second follows after
 * `propagationMs`.
 */
export interface Attachments {
  attach(policyName: string, target: string): void;
  detach(policyName: string, target: string): void;
  /** As the API lists them, sorted. */
  listedPolicies(target: string): readonly string[];
  listedTargets(policyName: string): readonly string[];
  /** As connections are judged, sorted. */
  policiesInForce(target: string): readonly string[];
}

interface Attachment {
  listed: boolean;
  /** Whether it was in force before the last change, and when that change takes hold. */
  before: boolean;
  changesAtMs: number;
}

export function createAttachments(options: {
  readonly now: () => number;
  readonly propagationMs: number;
  /** Where attachments are stored across restarts. */
  readonly keeper: Keeper;
}): Attachments {
  const { now, propagationMs, keeper } = options;
  const byTarget = new Map<string, Map<string, Attachment>>();
  const byPolicy = new Map<string, Set<string>>();

  const inForce = (attachment: Attachment) =>
    now() >= attachment.changesAtMs ? attachment.listed : attachment.before;

  /** The one place that changes an attachment. */
  function change(policyName: string, target: string, listed: boolean): void {
    const policies = byTarget.get(target) ?? new Map<string, Attachment>();
    const known = policies.get(policyName);
    if ((known?.listed ?? false) === listed) return;
    policies.set(policyName, {
      listed,
      before: known === undefined ? false : inForce(known),
      changesAtMs: now() + propagationMs,
    });
    byTarget.set(target, policies);
    const targets = byPolicy.get(policyName) ?? new Set<string>();
    if (listed) targets.add(target);
    else targets.delete(target);
    byPolicy.set(policyName, targets);
    const key = JSON.stringify([target, policyName]);
    if (listed) keeper.put(key, '');
    else keeper.delete(key);
  }

  for (const [key] of keeper.entries()) {
    const parsed = parseJson(StoredAttachment, key);
    if (!parsed.ok) continue;
    const [target, policyName] = parsed.value;
    change(policyName, target, true);
  }

  function select(target: string, wanted: (attachment: Attachment) => boolean): string[] {
    return [...(byTarget.get(target) ?? [])]
      .filter(([, attachment]) => wanted(attachment))
      .map(([name]) => name)
      .sort();
  }

  return {
    attach: (policyName, target) => change(policyName, target, true),
    detach: (policyName, target) => change(policyName, target, false),
    listedPolicies: (target) => select(target, (attachment) => attachment.listed),
    listedTargets: (policyName) => [...(byPolicy.get(policyName) ?? [])].sort(),
    policiesInForce: (target) => select(target, inForce),
  };
}
