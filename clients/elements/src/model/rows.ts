import type { TreeNode } from './tree.ts';

/** A node that is shown, with its place in the tree. */
export interface Row {
  readonly node: TreeNode;
  /** 1 for the outermost. */
  readonly level: number;
  /** 1 for the first of its siblings. */
  readonly place: number;
  readonly siblings: number;
  /** Undefined where there is nothing to open. */
  readonly expanded: boolean | undefined;
  /** ID of the node that it is in. */
  readonly parent: string | null;
}

/** What somebody opened or closed by hand, by ID. */
export type Toggled = Pick<ReadonlyMap<string, boolean>, 'get'>;

/** The nodes that are shown, from top to bottom. */
export function rowsOf(tree: readonly TreeNode[], toggled: Toggled): readonly Row[] {
  const rows: Row[] = [];
  const list = (nodes: readonly TreeNode[], level: number, parent: string | null): void => {
    for (const [index, node] of nodes.entries()) {
      const expanded = node.children.length === 0 ? undefined : (toggled.get(node.id) ?? node.open);
      rows.push({ node, level, place: index + 1, siblings: nodes.length, expanded, parent });
      if (expanded === true) list(node.children, level + 1, node.id);
    }
  };
  list(tree, 1, null);
  return rows;
}
