import type { ProgressEvent, StepRef, WorkflowOutline } from '@stepcast/contracts';
import { edgeTo } from './edges.ts';
import { foldExecution, newExecution } from './execution-events.ts';
import { makeRoomForLane, makeRoomForVisit } from './limits.ts';
import { Places } from './places.ts';
import { isOpen, newScope, type ExecutionTrace, type Scope, type Visit } from './trace.ts';
import { foldVisit, newVisit } from './visit-events.ts';

/** Executions that are held. Those of a distributed Map may be thousands. */
export const MAX_EXECUTIONS = 200;

/**
 * Folds the events of one epoch of an upload to what ran inside of what, when, and how often it was tried. Keeps a bounded part: of
 * thousands of iterations those that run and those that had trouble.
 *
 * Total: takes any events. Those that it has already, by offset, it drops.
 */
export class TraceFold {
  readonly #executions = new Map<string, ExecutionTrace>();
  readonly #visits = new Map<string, Visit>();
  readonly #places: Places;
  #nextId = 1;
  #lastOffset = 0;
  #complete = true;
  #executionsLetGo = 0;

  /** @param outline where it is known, each step is in its place even when branches overlap */
  constructor(outline: WorkflowOutline | null = null) {
    this.#places = new Places(outline);
  }

  /** In order of first sight. */
  get executions(): readonly ExecutionTrace[] {
    return [...this.#executions.values()];
  }

  get executionsLetGo(): number {
    return this.#executionsLetGo;
  }

  get places(): Places {
    return this.#places;
  }

  /** Offset of the newest event; 0 before the first. */
  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** Whether every event from the first on was there. */
  get complete(): boolean {
    return this.#complete;
  }

  apply(event: ProgressEvent): void {
    if (event.offset <= this.#lastOffset) return;
    if (event.offset > this.#lastOffset + 1 || event.kind === 'gapDeclared') this.#complete = false;
    this.#lastOffset = event.offset;
    if (event.executionArn === undefined) return;
    const execution = this.#executionOf(event.executionArn, event.nested === true);
    if (event.step === undefined) foldExecution(execution, event);
    else this.#foldStep(execution, event, event.step);
  }

  #executionOf(arn: string, nested: boolean): ExecutionTrace {
    const known = this.#executions.get(arn);
    if (known !== undefined) return known;
    if (this.#executions.size >= MAX_EXECUTIONS) {
      const all = [...this.#executions.values()];
      const gone = all.find((one) => one.nested && one.status === 'succeeded') ?? all[0];
      if (gone !== undefined) this.#executions.delete(gone.arn);
      if (gone !== undefined) this.#forget(gone.scope, gone.arn);
      this.#executionsLetGo += 1;
    }
    const fresh = newExecution(arn, nested);
    this.#executions.set(arn, fresh);
    return fresh;
  }

  #foldStep(execution: ExecutionTrace, event: ProgressEvent, step: StepRef): void {
    const key = keyOf(execution.arn, step);
    const known = this.#visits.get(key);
    const time = Date.parse(event.time);
    if (known !== undefined && event.kind !== 'stepStarted') {
      foldVisit(known, event, step, time);
      return;
    }
    // What a step says of itself does not begin it.
    if (event.kind === 'stepReported') return;
    const scope = this.#scopeFor(execution, step);
    if (scope === undefined) return;
    const gone = makeRoomForVisit(scope);
    if (gone !== undefined) this.#forget({ ...scope, visits: [gone] }, execution.arn);
    const visit = newVisit(`v${this.#nextId++}`, scope, step, time);
    const branch = this.#places.branchOf(step.name);
    edgeTo(
      execution,
      scope,
      visit,
      (other) => this.#places.branchOf(other.name) === branch,
      branch !== undefined,
    );
    scope.visits.push(visit);
    this.#visits.set(key, visit);
    foldVisit(visit, event, step, time);
  }

  /** Where a step that begins belongs; undefined when there is no room to keep it. */
  #scopeFor(execution: ExecutionTrace, step: StepRef): Scope | undefined {
    const path = [...(step.iteration ?? [])];
    const around = this.#places.around(step.name);
    let scope: Scope | undefined = execution.scope;
    if (around !== undefined) {
      for (const name of around) {
        const container: Visit | undefined = scope.visits.findLast((one) => one.name === name);
        if (container === undefined) return scope;
        scope = this.#enter(execution, container, path);
        if (scope === undefined) return undefined;
      }
      return scope;
    }
    for (;;) {
      const container: Visit | undefined =
        (path.length > 0 ? scope.visits.findLast((one) => one.type === 'Map' && isOpen(one)) : undefined) ??
        scope.visits.findLast((one) => one.type === 'Parallel' && isOpen(one));
      if (container === undefined) return scope;
      scope = this.#enter(execution, container, path);
      if (scope === undefined) return undefined;
    }
  }

  #enter(execution: ExecutionTrace, container: Visit, path: number[]): Scope | undefined {
    const index = container.type === 'Map' ? path.shift() : undefined;
    if (index === undefined) return container.inner;
    const known = container.lanes.get(index);
    if (known !== undefined) return known;
    if (!makeRoomForLane(container, (lane) => this.#forget(lane, execution.arn))) return undefined;
    const lane = newScope(container);
    container.lanes.set(index, lane);
    return lane;
  }

  /** What was let go must not be held by the index either. */
  #forget(scope: Scope, arn: string): void {
    const gone = new Set<Visit>();
    collect(scope, gone);
    for (const [key, visit] of this.#visits)
      if (gone.has(visit) && key.startsWith(arn)) this.#visits.delete(key);
  }
}

function collect(scope: Scope, into: Set<Visit>): void {
  for (const visit of scope.visits) {
    into.add(visit);
    collect(visit.inner, into);
    for (const lane of visit.lanes.values()) collect(lane, into);
  }
}

/** One state is in one iteration at a time. */
function keyOf(arn: string, { name, iteration = [] }: StepRef): string {
  return `${arn}\n${iteration.join()}\n${name}`;
}
