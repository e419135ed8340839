import { Graph, layout as arrange } from '@dagrejs/dagre';
import { END, START, type GraphEdge, type GraphNode, type GraphScope } from './graph-model.ts';
import { sharedWays } from './shared-ways.ts';

/** A place in the drawing, in pixels from its top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedNode extends Box {
  readonly node: GraphNode;
}

export interface PlacedEdge {
  /** The ways that go along this line: one, but for lines that fork. */
  readonly edges: readonly GraphEdge[];
  /** Whether it leads to a state, and not to where it forks. */
  readonly arrives: boolean;
  /** From border to border. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Everything with its place, in the order in which it is drawn: what is around comes before what is inside. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const NODE_HEIGHT = 48;
const HEADER_HEIGHT = { Map: 60, other: 48 };
const PADDING = 16;
const TERMINAL = 30;
const GAP = 24;
/**
 * From so many states in one scope on, the best layout takes too long: a faster one is taken, and ways after an error are left out, because each
 * of them may pass hundreds of states.
 */
const MANY = 60;

/** How wide a state has to be for its words; of one inside of a Map they count items. */
export type WidthOf = (node: GraphNode, isInMap?: boolean) => number;

/** How high a state of such a width has to be for its words. */
export type HeightOf = (node: GraphNode, width: number) => number;

/** Places each scope by itself, the innermost first; a Map or Parallel is then one large node of the scope around it. */
export function layoutGraph(
  scope: GraphScope,
  widthOf: WidthOf,
  heightOf: HeightOf = () => NODE_HEIGHT,
): GraphLayout {
  return moved(layoutScope(scope, widthOf, heightOf), PADDING, PADDING, PADDING);
}

function layoutScope(scope: GraphScope, widthOf: WidthOf, heightOf: HeightOf): GraphLayout {
  const graph = new Graph();
  graph.setGraph({
    rankdir: 'TB',
    nodesep: GAP,
    ranksep: 34,
    ranker: scope.nodes.length > MANY ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const insides = new Map<string, GraphLayout>();
  for (const node of scope.nodes) {
    const widthInside: WidthOf = node.type === 'Map' ? (one) => widthOf(one, true) : widthOf;
    const inside = node.inside.length === 0 ? undefined : sideBySide(node.inside, widthInside, heightOf);
    if (inside !== undefined) insides.set(node.name, inside);
    graph.setNode(node.name, sizeOf(node, inside, widthOf, heightOf));
  }
  const many = scope.nodes.length > MANY;
  const drawn = many ? scope.edges.filter(({ caught }) => !caught) : scope.edges;
  const lines = linesOf({ ...scope, edges: drawn });
  for (const { hub } of lines.shared) graph.setNode(hub, { width: 1, height: 1 });
  for (const { from, to } of lines.all) graph.setEdge(from, to);
  arrange(graph, { disableOptimalOrderHeuristic: many });

  const nodes: PlacedNode[] = [];
  const edges: PlacedEdge[] = [];
  for (const node of scope.nodes) {
    const { x, y, width, height } = graph.node(node.name);
    const box = { x: x - width / 2, y: y - height / 2, width, height };
    nodes.push({ node, ...box });
    const inside = insides.get(node.name);
    if (inside === undefined) continue;
    const left = box.x + (width - inside.width) / 2;
    const placed = moved(inside, left, box.y + headerOf(node, heightOf(node, width)), 0);
    nodes.push(...placed.nodes);
    edges.push(...placed.edges);
  }
  for (const { from, to, along, arrives } of lines.all)
    edges.push({ edges: along, arrives, points: graph.edge(from, to).points });
  const { width = 0, height = 0 } = graph.graph();
  return { width, height, nodes, edges };
}

/** Every line, with the ways along it: what leads to a fork has those of all its ends. */
function linesOf(scope: GraphScope) {
  const { shared, single } = sharedWays(scope);
  const caught = (from: readonly string[], to: readonly string[]): readonly GraphEdge[] =>
    from.flatMap((one) => to.map((other) => ({ from: one, to: other, caught: true })));
  return {
    shared,
    all: [
      ...single.map(({ from, to, caught }) => ({ from, to, along: [{ from, to, caught }], arrives: true })),
      ...shared.flatMap(({ hub, from, to }) => [
        ...from.map((one) => ({ from: one, to: hub, along: caught([one], to), arrives: false })),
        ...to.map((one) => ({ from: hub, to: one, along: caught(from, [one]), arrives: true })),
      ]),
    ],
  };
}

function sizeOf(
  node: GraphNode,
  inside: GraphLayout | undefined,
  widthOf: WidthOf,
  heightOf: HeightOf,
): { width: number; height: number } {
  if (node.name === START || node.name === END) return { width: TERMINAL * 1.8, height: TERMINAL };
  if (inside === undefined) {
    const width = widthOf(node);
    return { width, height: heightOf(node, width) };
  }
  const width = Math.max(inside.width + 2 * PADDING, widthOf(node) + PADDING);
  return { width, height: headerOf(node, heightOf(node, width)) + inside.height + PADDING };
}

/**
 * That of a Map has a line more: how many items are done.
 * @param height what a state with these words would have
 */
function headerOf({ type }: GraphNode, height: number): number {
  return (type === 'Map' ? HEADER_HEIGHT.Map : HEADER_HEIGHT.other) + height - NODE_HEIGHT;
}

function sideBySide(scopes: readonly GraphScope[], widthOf: WidthOf, heightOf: HeightOf): GraphLayout {
  const nodes: PlacedNode[] = [];
  const edges: PlacedEdge[] = [];
  let width = 0;
  let height = 0;
  for (const scope of scopes) {
    const placed = moved(layoutScope(scope, widthOf, heightOf), width === 0 ? 0 : width + GAP, 0, 0);
    nodes.push(...placed.nodes);
    edges.push(...placed.edges);
    width = placed.width;
    height = Math.max(height, placed.height);
  }
  return { width, height, nodes, edges };
}

/** The same further right and down; its size reaches from where everything begins, and `margin` beyond. */
function moved(layout: GraphLayout, dx: number, dy: number, margin: number): GraphLayout {
  return {
    width: layout.width + dx + margin,
    height: layout.height + dy + margin,
    nodes: layout.nodes.map((node) => ({ ...node, x: node.x + dx, y: node.y + dy })),
    edges: layout.edges.map(({ points, ...edge }) => ({
      ...edge,
      points: points.map(({ x, y }) => ({ x: x + dx, y: y + dy })),
    })),
  };
}
