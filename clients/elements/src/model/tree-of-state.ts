import type { ExecutionState, StepState, UploadState } from '@stepcast/contracts';
import { foldParts } from './groups.ts';
import type { Places } from './places.ts';
import type { Scope, Visit } from './trace.ts';
import type { TraceFold } from './trace-fold.ts';
import { attemptNodes, iterationNodes } from './tree-of-trace.ts';
import { workflowName, type Counts, type TreeNode } from './tree.ts';

/** Visits with more than one attempt that are shown below a step. */
const MAX_RETRIED = 10;

/**
 * The tree of what a state has, for those who came late: each step once, with all of its visits. What is inside of what is known
 * from the outline, else from the times. Of a trace that is not complete, it shows the attempts.
 */
export function treeOfState(
  state: Pick<UploadState, 'steps' | 'executions' | 'truncated'>,
  trace: TraceFold,
): readonly TreeNode[] {
  const own = state.executions.filter(({ nested }) => nested !== true);
  const nested = state.executions.filter((one) => one.nested === true).map((one) => executionNode(one, []));
  const running = nested.filter(({ status }) => status === 'running').length;
  const succeeded = nested.filter(({ status }) => status === 'succeeded').length;
  const inside = foldParts({
    id: 'nested',
    nodes: nested,
    troubled: () => false,
    counts: { total: null, running, succeeded, failed: nested.length - running - succeeded },
  });
  const steps = nest(state.steps, trace.places, visitsByName(trace));
  const speaker = own.at(-1);
  if (speaker === undefined) return [...steps, ...inside];
  return own.map((one) => executionNode(one, one === speaker ? [...steps, ...inside] : []));
}

function executionNode(execution: ExecutionState, children: readonly TreeNode[]): TreeNode {
  const { executionArn, status, startedAt, endedAt, error } = execution;
  return {
    id: executionArn,
    kind: 'execution',
    label: workflowName(executionArn),
    type: null,
    status,
    startedAt: startedAt === null ? null : Date.parse(startedAt),
    endedAt: endedAt === null ? null : Date.parse(endedAt),
    attempts: [],
    ...(error === undefined ? {} : { error }),
    children,
    open: true,
  };
}

/** Steps with what is inside of them. */
function nest(
  steps: readonly StepState[],
  places: Places,
  seen: ReadonlyMap<string, readonly Visit[]>,
): readonly TreeNode[] {
  const inside = new Map<string, StepState[]>();
  const outermost: StepState[] = [];
  const names = new Set(steps.map(({ name }) => name));
  for (const [index, step] of steps.entries()) {
    const around = places.around(step.name);
    const container =
      around === undefined
        ? containerByTime(steps.slice(0, index), step)
        : around.findLast((name) => names.has(name) && name !== step.name);
    if (container === undefined) outermost.push(step);
    else inside.set(container, [...(inside.get(container) ?? []), step]);
  }
  const nodeOf = (step: StepState): TreeNode =>
    stepNode(step, (inside.get(step.name) ?? []).map(nodeOf), seen.get(step.name) ?? [], places);
  return outermost.map(nodeOf);
}

/** What starts while a Map or Parallel runs, and ends before it does, is inside. */
export function containerByTime(before: readonly StepState[], step: StepState): string | undefined {
  return before.findLast(
    ({ type, name, startedAt, endedAt }) =>
      (type === 'Map' || type === 'Parallel') &&
      name !== step.name &&
      startedAt <= step.startedAt &&
      (endedAt === null || (step.startedAt < endedAt && step.endedAt !== null && step.endedAt <= endedAt)),
  )?.name;
}

function stepNode(
  step: StepState,
  inside: readonly TreeNode[],
  seen: readonly Visit[],
  places: Places,
): TreeNode {
  const { name, type, status, visits, ended, startedAt, endedAt, iterations, report, error } = step;
  const id = `step/${name}`;
  const counts: Counts | undefined =
    iterations === undefined
      ? undefined
      : {
          total: iterations.total,
          running: endedAt === null ? iterations.started - iterations.succeeded - iterations.failed : 0,
          succeeded: iterations.succeeded,
          failed: iterations.failed,
        };
  const map = seen.findLast((visit) => visit.lanes.size > 0);
  const single = visits === 1 ? seen.at(-1) : undefined;
  const retried = seen.filter(({ attempts }) => attempts.length > 1).slice(-MAX_RETRIED);
  return {
    id,
    kind: 'step',
    label: name,
    step: name,
    type,
    status,
    startedAt: Date.parse(startedAt),
    endedAt: endedAt === null ? null : Date.parse(endedAt),
    attempts: single?.attempts ?? [],
    ...(visits === 1 && step.attempt > 1 ? { tries: step.attempt } : {}),
    ...(counts === undefined ? {} : { counts }),
    ...(report === undefined ? {} : { report }),
    ...(visits > 1 ? { visits: { entered: visits, ended } } : {}),
    ...(error === undefined ? {} : { error }),
    children: [
      ...inside,
      ...(map === undefined || counts === undefined ? [] : iterationNodes(map, counts, places)),
      ...(single === undefined ? [] : attemptNodes(id, single.attempts)),
      ...(single === undefined
        ? retried.flatMap((visit) => attemptNodes(`${id}/${visit.id}`, visit.attempts))
        : []),
    ],
    open: inside.length > 0,
  };
}

/** Every visit that a trace keeps. */
export function visitsByName(trace: TraceFold): ReadonlyMap<string, readonly Visit[]> {
  const found = new Map<string, Visit[]>();
  const collect = ({ visits }: Scope): void => {
    for (const visit of visits) {
      const known = found.get(visit.name);
      if (known === undefined) found.set(visit.name, [visit]);
      else known.push(visit);
      collect(visit.inner);
      for (const lane of visit.lanes.values()) collect(lane);
    }
  };
  for (const { scope } of trace.executions) collect(scope);
  return found;
}
