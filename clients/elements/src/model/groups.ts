import type { Counts, NodeStatus, TreeNode } from './tree.ts';

/** So many parts are listed one by one; more are folded to groups. */
export const MAX_LISTED = 12;
/** So many of one group are shown when it is opened. */
export const MAX_IN_GROUP = 100;

/** Parts of something: iterations of a Map, or workflows that a workflow started. */
export interface Parts {
  /** Of the group's nodes, to tell them apart. */
  readonly id: string;
  readonly nodes: readonly TreeNode[];
  /** Whether something went wrong in a node, even if all was well in the end. */
  readonly troubled: (node: TreeNode) => boolean;
  readonly counts: Counts;
}

/** A few parts one by one, in order; of many, those that need attention, in groups, and how many are done. */
export function foldParts({ id, nodes, troubled, counts }: Parts): readonly TreeNode[] {
  const all = Math.max(counts.total ?? 0, counts.running + counts.succeeded + counts.failed);
  if (all <= MAX_LISTED && nodes.length >= all - waitingOf(counts, all)) return nodes;
  const failed = nodes.filter(({ status }) => status === 'failed' || status === 'timedOut');
  const running = nodes.filter(({ status }) => status === 'running' || status === 'retrying');
  const mended = nodes.filter((node) => node.status === 'succeeded' && troubled(node));
  const waiting = waitingOf(counts, all);
  return [
    group(`${id}/failed`, 'failed', 'failed', Math.max(counts.failed, failed.length), failed, true),
    group(`${id}/running`, 'running', 'running', Math.max(counts.running, running.length), running, false),
    group(`${id}/mended`, 'done after an error', 'caught', mended.length, mended, false),
    group(`${id}/done`, 'done', 'succeeded', Math.max(0, counts.succeeded - mended.length), [], false),
    group(`${id}/waiting`, 'not started', 'queued', waiting, [], false),
  ].filter((one) => one !== undefined);
}

function waitingOf(counts: Counts, all: number): number {
  return counts.total === null ? 0 : Math.max(0, all - counts.running - counts.succeeded - counts.failed);
}

function group(
  id: string,
  word: string,
  status: NodeStatus,
  count: number,
  nodes: readonly TreeNode[],
  open: boolean,
): TreeNode | undefined {
  if (count === 0) return undefined;
  const shown = nodes.slice(0, MAX_IN_GROUP);
  const more = count - shown.length;
  const children = shown.length === 0 || more === 0 ? shown : [...shown, restNode(`${id}/more`, more)];
  return {
    id,
    kind: 'group',
    label: `${formatCount(count)} ${word}`,
    type: null,
    status,
    startedAt: null,
    endedAt: null,
    attempts: [],
    children,
    open: open && count <= MAX_LISTED,
  };
}

export function restNode(id: string, more: number): TreeNode {
  return {
    id,
    kind: 'rest',
    label: `and ${formatCount(more)} more`,
    type: null,
    status: 'queued',
    startedAt: null,
    endedAt: null,
    attempts: [],
    children: [],
    open: false,
  };
}

const counts = new Intl.NumberFormat('en');

/** With commas, the same in every locale, as the other words are English. */
export function formatCount(count: number): string {
  return counts.format(count);
}
