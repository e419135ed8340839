import type { WorkflowOutline } from '@stepcast/contracts';

/** Which Maps and Parallels each state is in, outermost first, as far as the outline tells. */
export class Places {
  readonly #byName: ReadonlyMap<string, WorkflowOutline['states'][number]>;

  constructor(outline: WorkflowOutline | null) {
    this.#byName = new Map(outline?.states.map((state) => [state.name, state]));
  }

  /** Undefined for a state that no outline has. */
  around(name: string): readonly string[] | undefined {
    const state = this.#byName.get(name);
    if (state === undefined) return undefined;
    const found: string[] = [];
    for (let at = state.inside; at !== undefined && !found.includes(at); at = this.#byName.get(at)?.inside)
      found.unshift(at);
    return found;
  }

  /** In which branch of its Parallel it is. */
  branchOf(name: string): number | undefined {
    return this.#byName.get(name)?.branch;
  }

  /** Whether it ends what it is in. Undefined for a state that no outline has. */
  ends(name: string): boolean | undefined {
    const state = this.#byName.get(name);
    return state === undefined ? undefined : state.next === undefined;
  }
}
