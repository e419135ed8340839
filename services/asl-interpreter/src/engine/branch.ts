import type { HistoryDetails, HistoryEventType } from '../types.ts';
import { BranchAbortedError } from './failures.ts';
import type { History } from './history.ts';
import type { Json } from '../json.ts';
import { Variables } from './variables.ts';

/** The state that a branch is in, as far as others must know when they abort it. */
export interface OpenState {
  readonly type: 'Task' | 'Wait' | 'Map' | 'Parallel';
  /** The name of the state; iterations of a Map carry it. */
  readonly name: string;
}

export interface MapItem {
  readonly index: number;
  readonly value: Json;
  /** The name of the member, where the items are the members of an object. */
  readonly key?: string;
}

interface BranchOptions {
  readonly iteration?: number;
  readonly mapItem?: MapItem | undefined;
  /** Of the branch around this one. */
  readonly variables?: Variables;
}

/**
 * One thread of states: the execution itself, a branch of a Parallel, an iteration of a Map. It holds the end of its own
 * chain of events (`previousEventId`) and its own abort signal; a branch inside it is aborted with it.
 */
export class Branch {
  readonly #history: History;
  readonly #abort = new AbortController();
  readonly #children = new Set<Branch>();
  /** Zero-based index of the iteration; undefined outside of a Map's own iterations. */
  readonly iteration: number | undefined;
  /** Context object's `Map.Item`, inherited inwards. */
  readonly mapItem: MapItem | undefined;
  /** What the Assign fields of this machine have set. */
  readonly variables: Variables;
  previousEventId: number;
  open: OpenState | undefined;

  constructor(history: History, previousEventId: number, options: BranchOptions = {}) {
    this.#history = history;
    this.previousEventId = previousEventId;
    this.iteration = options.iteration;
    this.mapItem = options.mapItem;
    this.variables = new Variables(options.variables);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Branches that still run, in the order in which they were started. */
  get children(): readonly Branch[] {
    return [...this.#children];
  }

  /** Starts a branch inside this one, whose chain begins at `previousEventId`. */
  fork(
    previousEventId: number,
    options: { readonly iteration?: number; readonly mapItem?: MapItem } = {},
  ): Branch {
    this.#assertRunning();
    const child = new Branch(this.#history, previousEventId, {
      ...(options.iteration === undefined ? {} : { iteration: options.iteration }),
      mapItem: options.mapItem ?? this.mapItem,
      variables: this.variables,
    });
    this.#children.add(child);
    return child;
  }

  /** The child has come to its end. */
  join(child: Branch): void {
    this.#children.delete(child);
    child.variables.drop();
  }

  /** Records the next event of this branch's chain. Throws {@link BranchAbortedError}, `HistoryFullError`. */
  advance(type: HistoryEventType, details: HistoryDetails = {}): number {
    this.previousEventId = this.note(type, details);
    return this.previousEventId;
  }

  /** Records an event beside the chain: the next one will not follow from it. */
  note(type: HistoryEventType, details: HistoryDetails = {}): number {
    this.#assertRunning();
    return this.#history.record(type, this.previousEventId, details);
  }

  /** Ends this branch and those inside it: nothing more is recorded by them, and what they wait for is given up. */
  abort(): void {
    for (const child of this.#children) child.abort();
    this.#children.clear();
    this.#abort.abort(new BranchAbortedError());
  }

  #assertRunning(): void {
    if (this.#abort.signal.aborted) throw new BranchAbortedError();
  }
}
