import type { Edge, ExecutionTrace, Scope, Visit } from './trace.ts';
import { isOpen } from './trace.ts';

/** A workflow has fewer; what sends more is none. */
const MAX_EDGES = 2_000;

/**
 * Notes from which state the workflow came to this one.
 *
 * @param sameBranch whether another visit of the scope is in the branch of this one
 * @param knowsBranches false without an outline: then, in a Parallel, the state that ended last and was not yet followed is taken
 */
export function edgeTo(
  execution: ExecutionTrace,
  scope: Scope,
  visit: Visit,
  sameBranch: (other: Visit) => boolean,
  knowsBranches: boolean,
): void {
  const from = knowsBranches
    ? scope.visits.findLast(sameBranch)
    : latest(scope.visits.filter((one) => !one.followed && !isOpen(one)));
  if (from === undefined) return;
  from.followed = true;
  const key = `${from.name}\n${visit.name}`;
  const known = execution.edges.get(key);
  const edge: Edge = known ?? { from: from.name, to: visit.name, times: 0, caught: from.status === 'caught' };
  edge.times += 1;
  if (known === undefined && execution.edges.size < MAX_EDGES) execution.edges.set(key, edge);
}

function latest(visits: readonly Visit[]): Visit | undefined {
  let found: Visit | undefined;
  for (const one of visits)
    if (found === undefined || (one.endedAt ?? 0) >= (found.endedAt ?? 0)) found = one;
  return found;
}
