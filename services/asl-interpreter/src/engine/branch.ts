import type { HistoryDetails, HistoryEventType } from '../types.ts';
import type { Lane, MapRunBefore, Progress } from './progress.ts';
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
  /** Where an ItemReader has it from; undefined: it is data of the state. */
  readonly source?: string;
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
  /** Where it stands; undefined before its first state. */
  progress: Progress | undefined;
  #resumed: Progress | undefined;
  #mapRunBefore: MapRunBefore | undefined;
  #lanesBefore: ReadonlyMap<number, Lane> | undefined;

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

  /** Goes on, inside this branch, with what another one had come to when its execution ended. */
  forkFrom(before: Branch): Branch {
    const child = this.fork(before.previousEventId, {
      ...(before.iteration === undefined ? {} : { iteration: before.iteration }),
      ...(before.mapItem === undefined ? {} : { mapItem: before.mapItem }),
    });
    child.resumeFrom(before.progress);
    return child;
  }

  /** To be called before its states run. */
  resumeFrom(progress: Progress | undefined): void {
    this.#resumed = progress;
    this.progress = progress;
    if (progress?.kind === 'within') {
      this.#lanesBefore = progress.lanes;
      this.#mapRunBefore = progress.mapRun;
    }
    if (progress !== undefined && progress.kind !== 'ended') this.variables.assign(progress.variables);
  }

  /** Where its states begin when they do not begin at the beginning; given once. */
  takeResumed(): Progress | undefined {
    const resumed = this.#resumed;
    this.#resumed = undefined;
    return resumed;
  }

  /** What the branches inside had come to, where the state is resumed; given once, so that a retry begins anew. */
  takeLanes(): ReadonlyMap<number, Lane> | undefined {
    const lanes = this.#lanesBefore;
    this.#lanesBefore = undefined;
    if (this.progress?.kind === 'within') this.progress.lanes = new Map();
    // All had ended, so it is the state that failed over what they gave: they run again.
    return lanes !== undefined && [...lanes.values()].every((lane) => 'output' in lane) ? undefined : lanes;
  }

  /** The Map Run of the state that is resumed; given once. */
  takeMapRun(): MapRunBefore | undefined {
    const mapRun = this.#mapRunBefore;
    this.#mapRunBefore = undefined;
    return mapRun;
  }

  setMapRun(mapRun: MapRunBefore): void {
    if (this.progress?.kind === 'within') this.progress.mapRun = mapRun;
  }

  /** Notes what a branch or iteration inside has come to. */
  setLane(index: number, lane: Lane): void {
    if (this.progress?.kind === 'within') this.progress.lanes?.set(index, lane);
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
