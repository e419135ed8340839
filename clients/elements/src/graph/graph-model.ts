import type { OutlineState, StepState, WorkflowOutline } from '@stepcast/contracts';
import { visitsByName } from '../model/tree-of-state.ts';
import { mapCounts } from '../model/tree-of-trace.ts';
import type { ExecutionTrace } from '../model/trace.ts';
import type { NodeStatus } from '../model/tree.ts';
import type { UploadModel } from '../model/upload-model.ts';
import { outlineOfSteps, outlineOfTrace } from './inferred-outline.ts';

/** Before the first state and behind the last. No state has such a name, because names have no line feed. */
export const START = '\nstart';
export const END = '\nend';

/** A state in the graph, with what is inside of it: the iterations of a Map as one, each branch of a Parallel. */
export interface GraphNode {
  readonly name: string;
  readonly type: OutlineState['type'] | 'Start' | 'End';
  readonly inside: readonly GraphScope[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** It is the way after an error. */
  readonly caught: boolean;
}

/** States that follow one another. */
export interface GraphScope {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** How the states and ways of a graph are at the moment. */
export interface GraphProgress {
  readonly steps: ReadonlyMap<string, StepProgress>;
  /** Whether the workflow went that way. */
  readonly taken: (edge: GraphEdge) => boolean;
}

export interface StepProgress {
  readonly status: NodeStatus;
  readonly attempt: number;
  readonly visits: number;
  readonly ended: number;
  readonly iterations: StepState['iterations'];
  readonly report: StepState['report'];
  readonly error: StepState['error'];
}

/** What the graph is drawn from: the definition where it is known, else what has been seen. Null before anything was. */
export function outlineToDraw(model: UploadModel): WorkflowOutline | null {
  if (model.outline !== null && model.outline.states.length > 0) return model.outline;
  const execution = speakerOf(model);
  const seen = execution === undefined || !model.trace.complete ? null : outlineOfTrace(execution);
  const outline =
    seen ?? (model.state === null ? null : outlineOfSteps(model.state.steps, model.trace.places));
  return outline === null || outline.states.length === 0 ? null : outline;
}

function speakerOf(model: UploadModel): ExecutionTrace | undefined {
  return model.trace.executions.findLast(({ nested }) => !nested);
}

/** The outline as scopes inside one another. What hangs together in circles, or nowhere, is left out. */
export function graphOf(outline: WorkflowOutline): GraphScope {
  // Names are unique in a workflow. Of what has one twice, the first is drawn: a state is in one place, and never in itself.
  const states = [
    ...new Map(outline.states.toReversed().map((state) => [state.name, state])).values(),
  ].toReversed();
  const byPlace = new Map<string, OutlineState[]>();
  for (const state of states) {
    const place = placeOf(state.inside, state.branch ?? 0);
    const known = byPlace.get(place);
    if (known === undefined) byPlace.set(place, [state]);
    else known.push(state);
  }
  const branches = new Map<string, Set<number>>();
  for (const { inside, branch = 0 } of states)
    if (inside !== undefined) branches.set(inside, (branches.get(inside) ?? new Set()).add(branch));

  const scopeOf = (members: readonly OutlineState[]): GraphScope => {
    const names = new Set(members.map(({ name }) => name));
    return {
      nodes: members.map((state) => ({ name: state.name, type: state.type, inside: insideOf(state.name) })),
      edges: members.flatMap((state) => edgesOf(state).filter(({ to }) => names.has(to))),
    };
  };
  const insideOf = (name: string): readonly GraphScope[] =>
    [...(branches.get(name) ?? [])]
      .sort((one, other) => one - other)
      .map((branch) => scopeOf(byPlace.get(placeOf(name, branch)) ?? []));

  const outermost = byPlace.get(placeOf(undefined, 0)) ?? [];
  const { nodes, edges } = scopeOf(outermost);
  const starts = outermost.filter(({ start }) => start === true);
  return {
    nodes: [{ name: START, type: 'Start', inside: [] }, ...nodes, { name: END, type: 'End', inside: [] }],
    edges: [
      ...starts.map(({ name }) => ({ from: START, to: name, caught: false })),
      ...edges,
      ...outermost.filter(endsThere).map(({ name }) => ({ from: name, to: END, caught: false })),
    ],
  };
}

function placeOf(inside: string | undefined, branch: number): string {
  return inside === undefined ? '' : `${branch}\n${inside}`;
}

function edgesOf({ name, next = [], caught = [] }: OutlineState): readonly GraphEdge[] {
  return [
    ...next.map((to) => ({ from: name, to, caught: false })),
    // Two arrows between the same two would lie on one another.
    ...caught.filter((to) => !next.includes(to)).map((to) => ({ from: name, to, caught: true })),
  ];
}

/** Without a next state it ends there, whatever it catches. */
function endsThere({ next }: OutlineState): boolean {
  return next === undefined;
}

/** What Maps tell comes late; where all events were there, they are counted. */
function countAgain(steps: Map<string, StepProgress>, { trace }: UploadModel): void {
  for (const [name, visits] of visitsByName(trace)) {
    const step = steps.get(name);
    const map = visits.at(-1);
    if (step === undefined || map?.type !== 'Map') continue;
    const { total, running, succeeded, failed } = mapCounts(map, trace.places);
    steps.set(name, {
      ...step,
      iterations: { total, succeeded, failed, started: running + succeeded + failed },
    });
  }
}

/** How each state of the upload is. */
export function progressOf(model: UploadModel): GraphProgress {
  const steps = new Map<string, StepProgress>(
    (model.state?.steps ?? []).map(({ name, status, attempt, visits, ended, iterations, report, error }) => [
      name,
      { status, attempt, visits, ended, iterations, report, error },
    ]),
  );
  if (model.trace.complete) countAgain(steps, model);
  const execution = speakerOf(model);
  const status = model.state?.status;
  const hasBegun = steps.size > 0;
  const hasEnded = status === 'succeeded' || status === 'failed';
  const edges = model.trace.complete ? execution?.edges : undefined;
  return {
    steps,
    taken: ({ from, to }) => {
      if (from === START) return hasBegun;
      if (to === END) return hasEnded && steps.get(from)?.status === status;
      if (edges !== undefined) return edges.has(`${from}\n${to}`);
      // The state alone does not tell the way; a step that was seen has come from one that was.
      return steps.has(to) && steps.get(from)?.ended !== undefined && (steps.get(from)?.ended ?? 0) > 0;
    },
  };
}
