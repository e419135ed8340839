import type { GraphEdge, GraphScope } from './graph-model.ts';

/** Ways after an error that several states have to the same several states: drawn as one line that forks. */
export interface SharedWays {
  /** Name of the point where it forks; no state has such a name, because names have no line feed. */
  readonly hub: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/**
 * Finds them. Four states that catch the same five errors have twenty ways, which nobody can follow and which make a graph four times as wide;
 * through a hub they are nine.
 */
export function sharedWays({ edges }: Pick<GraphScope, 'edges'>): {
  readonly shared: readonly SharedWays[];
  /** What is drawn by itself. */
  readonly single: readonly GraphEdge[];
} {
  const caught = new Map<string, string[]>();
  for (const edge of edges)
    if (edge.caught) caught.set(edge.from, [...(caught.get(edge.from) ?? []), edge.to]);
  const byTargets = new Map<string, { from: string[]; to: readonly string[] }>();
  for (const [from, to] of caught) {
    const targets = [...new Set(to)].sort();
    const key = JSON.stringify(targets);
    const known = byTargets.get(key);
    if (known === undefined) byTargets.set(key, { from: [from], to: targets });
    else known.from.push(from);
  }
  const shared = [...byTargets.values()]
    // A hub of two and one, or of one and two, saves nothing.
    .filter(({ from, to }) => from.length > 1 && to.length > 1)
    .map((ways, index) => ({ hub: `\nhub ${index}`, ...ways }));
  const through = new Set(shared.flatMap(({ from }) => from));
  return { shared, single: edges.filter((edge) => !edge.caught || !through.has(edge.from)) };
}
