import { workflowName, type TreeNode } from './tree.ts';

/** A line that can be pointed to, and what it is in. */
export interface Line {
  readonly node: TreeNode;
  /** The outermost first. */
  readonly around: readonly TreeNode[];
  /** Names from the outside in, the same after a reload: `PhotoPipeline/Look at each tile/Item 3/Measure the tile`. */
  readonly address: string;
}

/** Whether a line is something that ran. Others only count. */
export function hasDetails({ kind }: TreeNode): boolean {
  return kind !== 'group' && kind !== 'rest';
}

/** All lines that are something that ran, from top to bottom, folded away or not. */
export function* linesOf(
  nodes: readonly TreeNode[],
  around: readonly TreeNode[] = [],
  address = '',
  named = new Map<string, number>(),
): Generator<Line> {
  for (const node of nodes) {
    const inside = [...around, node];
    if (!hasDetails(node)) {
      // An item that is done moves from one group to another, and keeps its address.
      yield* linesOf(node.children, inside, address, named);
      continue;
    }
    const name = escapeName(nameOf(node, around));
    const times = (named.get(name) ?? 0) + 1;
    named.set(name, times);
    const own = `${address === '' ? '' : `${address}/`}${name}${times === 1 ? '' : `~${times}`}`;
    yield { node, around, address: own };
    yield* linesOf(node.children, inside, own);
  }
}

/**
 * The line that somebody points to. Where the same run is now known in less detail, the line of the same state.
 * @param address of a line, or the name of a state
 */
export function lineAt(tree: readonly TreeNode[], address: string): Line | undefined {
  const lines = [...linesOf(tree)];
  const same = lines.find((line) => line.address === address);
  if (same !== undefined) return same;
  const names = address.split('/').map((one) => unescapeName(one.split('~')[0] ?? ''));
  const states = new Set(lines.map(({ node }) => node.step));
  const name = names.findLast((one) => states.has(one));
  return name === undefined ? undefined : lines.find(({ node }) => node.step === name);
}

/** Workflows that a workflow started are many of one name: of those, the run is named too. */
function nameOf({ kind, id, label, step }: TreeNode, around: readonly TreeNode[]): string {
  if (kind !== 'execution') return step ?? label;
  return around.length === 0 ? workflowName(id) : id.split(':').slice(6).join(':');
}

const ESCAPES = [
  ['%', '%25'],
  ['/', '%2F'],
  ['~', '%7E'],
] as const;

function escapeName(name: string): string {
  return ESCAPES.reduce((text, [plain, escaped]) => text.replaceAll(plain, escaped), name);
}

function unescapeName(name: string): string {
  return ESCAPES.toReversed().reduce((text, [plain, escaped]) => text.replaceAll(escaped, plain), name);
}
