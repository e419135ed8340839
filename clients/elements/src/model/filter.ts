import { isLive, type TreeNode } from './tree.ts';

/** What somebody wants to see of many lines. */
export interface Filter {
  /** Part of a name, in any case; empty for all. */
  readonly name: string;
  readonly kind: FilterKind;
}

export type FilterKind = 'all' | 'running' | 'trouble';

export const NO_FILTER: Filter = { name: '', kind: 'all' };

/** A timeline of fewer lines is seen at a glance, or nearly. */
export const WORTH_A_FILTER = 60;

export interface Filtered {
  /** What matches, with what it is in. What is around a match is open. */
  readonly tree: readonly TreeNode[];
  /** Lines that match, without those that are only around a match. */
  readonly matches: number;
}

export function isFiltering({ name, kind }: Filter): boolean {
  return name.trim() !== '' || kind !== 'all';
}

export function filterTree(tree: readonly TreeNode[], filter: Filter): Filtered {
  const sought = filter.name.trim().toLowerCase();
  let matches = 0;
  const keep = (node: TreeNode): readonly TreeNode[] => {
    const inside = node.children.flatMap(keep);
    const isMatch = matchesName(node, sought) && matchesKind(node, filter.kind);
    if (isMatch && inside.length === 0) matches += 1;
    if (inside.length > 0) return [{ ...node, children: inside, open: true }];
    // What is in a match can still be opened, where nothing in it is the better one.
    return isMatch ? [{ ...node, open: false }] : [];
  };
  return { tree: tree.flatMap(keep), matches };
}

function matchesName({ kind, label }: TreeNode, sought: string): boolean {
  if (sought === '') return true;
  return kind !== 'group' && kind !== 'rest' && label.toLowerCase().includes(sought);
}

function matchesKind(node: TreeNode, wanted: FilterKind): boolean {
  switch (wanted) {
    case 'all':
      return node.kind !== 'group' && node.kind !== 'rest';
    case 'running':
      return isRun(node) && isLive(node);
    case 'trouble':
      return isRun(node) && isTroubled(node);
  }
}

/** What is around steps, or one try of several, is shown with its step. */
function isRun({ kind }: TreeNode): boolean {
  return kind === 'step' || kind === 'execution';
}

/** Whether it failed, or went wrong at first. */
function isTroubled({ status, attempts, tries = 0, error }: TreeNode): boolean {
  return (
    status === 'failed' ||
    status === 'timedOut' ||
    status === 'caught' ||
    error !== undefined ||
    attempts.length > 1 ||
    tries > 1
  );
}

/** How many lines there are, folded away or not; counted to `most` at most. */
export function countLines(tree: readonly TreeNode[], most: number): number {
  let count = 0;
  for (const { children } of tree) {
    if (count >= most) break;
    count += 1 + countLines(children, most - count - 1);
  }
  return count;
}

/** Whether there were lines that are only counted by now, so that no filter finds them. */
export function hasFoldedAway(tree: readonly TreeNode[]): boolean {
  return tree.some(
    ({ kind, children }) =>
      kind === 'rest' || (kind === 'group' && children.length === 0) || hasFoldedAway(children),
  );
}
