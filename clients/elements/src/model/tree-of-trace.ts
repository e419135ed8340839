import type { IterationCounts } from '@stepcast/contracts';
import { foldParts, formatCount, restNode } from './groups.ts';
import type { Places } from './places.ts';
import {
  isOpen,
  isTroubled,
  laneStatus,
  type Attempt,
  type ExecutionTrace,
  type Scope,
  type Visit,
} from './trace.ts';
import type { TraceFold } from './trace-fold.ts';
import { workflowName, type Counts, type TreeNode } from './tree.ts';

/** The tree of what a trace has: executions, and in them steps, branches, iterations and attempts. */
export function treeOfTrace(trace: TraceFold): readonly TreeNode[] {
  const own = trace.executions.filter(({ nested }) => !nested);
  const nested = trace.executions.filter((one) => one.nested);
  const speaker = own.at(-1);
  const nestedNodes = nested.map((one) => executionNode(one, trace.places, []));
  const counts = countsOf(nestedNodes, trace.executionsLetGo);
  const inside = foldParts({
    id: 'nested',
    nodes: nestedNodes,
    troubled: () => false,
    counts,
  });
  if (speaker === undefined) return inside;
  return own.map((one) => executionNode(one, trace.places, one === speaker ? inside : []));
}

function countsOf(nodes: readonly TreeNode[], letGo: number): Counts {
  const many = (...statuses: readonly string[]) =>
    nodes.filter(({ status }) => statuses.includes(status)).length;
  return {
    total: null,
    running: many('running', 'retrying'),
    succeeded: many('succeeded') + letGo,
    failed: many('failed', 'timedOut', 'aborted'),
  };
}

function executionNode(execution: ExecutionTrace, places: Places, nested: readonly TreeNode[]): TreeNode {
  const { arn, status, startedAt, endedAt, error, redriveCount } = execution;
  const name = workflowName(arn);
  return {
    id: arn,
    kind: 'execution',
    label:
      redriveCount === 0
        ? name
        : `${name} (redriven ${redriveCount === 1 ? 'once' : `${redriveCount} times`})`,
    type: null,
    status,
    startedAt: startedAt ?? execution.scope.visits[0]?.startedAt ?? null,
    endedAt,
    attempts: [],
    ...(error === undefined ? {} : { error }),
    children: [...scopeNodes(arn, execution.scope, places), ...nested],
    open: true,
  };
}

function scopeNodes(id: string, { visits, visitsLetGo }: Scope, places: Places): readonly TreeNode[] {
  const nodes = visits.map((visit) => visitNode(visit, places));
  return visitsLetGo === 0 ? nodes : [restNode(`${id}/earlier`, visitsLetGo), ...nodes];
}

function visitNode(visit: Visit, places: Places): TreeNode {
  const counts = visit.type === 'Map' ? mapCounts(visit, places) : undefined;
  const children = [
    ...branchNodes(visit, places),
    ...(counts === undefined ? [] : iterationNodes(visit, counts, places)),
    ...attemptNodes(visit.id, visit.attempts),
  ];
  return {
    id: visit.id,
    kind: 'step',
    label: visit.name,
    step: visit.name,
    type: visit.type,
    status: visit.status,
    startedAt: visit.startedAt,
    endedAt: visit.endedAt,
    attempts: visit.attempts,
    ...(counts === undefined ? {} : { counts }),
    ...(visit.report === undefined ? {} : { report: visit.report }),
    ...(visit.error === undefined ? {} : { error: visit.error }),
    children,
    open: isOpenByItself(visit),
  };
}

/** A Map that went well is one line again: its items said what they had to say while they ran. */
function isOpenByItself(visit: Visit): boolean {
  if (visit.type === 'Map') return isOpen(visit) || isTroubled(visit);
  return visit.type === 'Parallel' || visit.status === 'failed';
}

/** Each try of a step that was tried more than once. */
export function attemptNodes(id: string, attempts: readonly Attempt[]): readonly TreeNode[] {
  if (attempts.length < 2) return [];
  return attempts.map(({ number, status, startedAt, endedAt, error }, index) => ({
    id: `${id}/attempt/${index}`,
    kind: 'attempt',
    label: `Attempt ${number}`,
    type: null,
    status,
    startedAt,
    endedAt,
    attempts: [],
    ...(error === undefined ? {} : { error }),
    children: [],
    open: false,
  }));
}

/** Steps of a Parallel by branch, where the outline tells which is in which and a branch has more than one. */
function branchNodes(visit: Visit, places: Places): readonly TreeNode[] {
  const byBranch = new Map<number | undefined, Visit[]>();
  for (const one of visit.inner.visits) {
    const branch = visit.type === 'Parallel' ? places.branchOf(one.name) : undefined;
    byBranch.set(branch, [...(byBranch.get(branch) ?? []), one]);
  }
  if (byBranch.size < 2 || [...byBranch.values()].every(({ length }) => length === 1))
    return scopeNodes(visit.id, visit.inner, places);
  return [...byBranch]
    .sort(([one = Infinity], [other = Infinity]) => one - other)
    .flatMap(([branch, visits]) => {
      const nodes = visits.map((one) => visitNode(one, places));
      if (branch === undefined) return nodes;
      return [
        scopeNode(`${visit.id}/branch/${branch}`, 'branch', `Branch ${branch + 1}`, visits, nodes, true),
      ];
    });
}

export function iterationNodes(visit: Visit, counts: Counts, places: Places): readonly TreeNode[] {
  const troubled = new Set<TreeNode>();
  const nodes = [...visit.lanes]
    .sort(([one], [other]) => one - other)
    .map(([index, lane]) => {
      const id = `${visit.id}/${index}`;
      const inside = scopeNodes(id, lane, places);
      const node = scopeNode(id, 'iteration', `Item ${formatCount(index + 1)}`, lane.visits, inside, false);
      if (lane.visits.some(isTroubled)) troubled.add(node);
      return node;
    });
  return foldParts({ id: visit.id, nodes, troubled: (node) => troubled.has(node), counts });
}

function scopeNode(
  id: string,
  kind: 'branch' | 'iteration',
  label: string,
  visits: readonly Visit[],
  children: readonly TreeNode[],
  open: boolean,
): TreeNode {
  const status = laneStatus(visits);
  const error = visits.findLast((one) => one.error !== undefined && one.status === 'failed')?.error;
  const tries = visits.reduce((sum, { attempts }) => sum + (attempts.at(-1)?.number ?? 1) - 1, 0);
  const ends = visits.map(({ endedAt }) => endedAt);
  return {
    id,
    kind,
    label,
    type: null,
    status,
    startedAt: visits.length === 0 ? null : Math.min(...visits.map(({ startedAt }) => startedAt)),
    endedAt: ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0)),
    attempts: [],
    tries,
    ...(error === undefined ? {} : { error }),
    children,
    open: open || (status === 'failed' && kind === 'iteration'),
  };
}

/** The Map's own counts come late: the trace may have more iterations than they say. */
export function mapCounts(visit: Visit, places: Places): Counts {
  const lanes = [...visit.lanes.values()];
  const seen = (status: string) => lanes.filter(({ visits }) => laneStatus(visits) === status).length;
  const over = lanes.filter(
    ({ visits }) => visits.length > 0 && !visits.some(isOpen) && hasReachedEnd(visits, places),
  );
  const own: IterationCounts = visit.iterations ?? { total: null, started: 0, succeeded: 0, failed: 0 };
  const failed = Math.max(own.failed, seen('failed'));
  const known = lanes.length + visit.lanesLetGo;
  const total = own.total === null ? null : Math.max(own.total, known);
  const everything = total ?? Math.max(known, own.started);
  if (!isOpen(visit)) {
    // A Map that ended well has done all of its items but those that were allowed to fail.
    const succeeded =
      visit.status === 'succeeded' ? everything - failed : Math.min(own.succeeded, everything - failed);
    return { total: everything, running: 0, succeeded, failed };
  }
  const succeeded = Math.max(own.succeeded, over.length + visit.lanesLetGo - failed);
  const running = Math.max(0, Math.min(Math.max(own.started, known), everything) - succeeded - failed);
  return { total, running, succeeded: Math.max(0, succeeded), failed };
}

/** Between two steps nothing runs either. Without an outline nobody knows. */
function hasReachedEnd(visits: readonly Visit[], places: Places): boolean {
  const last = visits.at(-1);
  return last !== undefined && (last.status === 'failed' || (places.ends(last.name) ?? true));
}
