import type { MapRunProgress } from '@stepcast/asl-interpreter';

/** Map Runs that are remembered; the oldest is forgotten first. */
const maxRemembered = 1_000;

/** The Map Runs of executions that ran here. */
export class MapRuns {
  readonly #runs = new Map<string, MapRunProgress>();

  put(progress: MapRunProgress): void {
    const isNew = !this.#runs.has(progress.mapRunArn);
    this.#runs.set(progress.mapRunArn, progress);
    const [oldest] = this.#runs.keys();
    if (isNew && this.#runs.size > maxRemembered && oldest !== undefined) this.#runs.delete(oldest);
  }

  find(mapRunArn: string): MapRunProgress | undefined {
    return this.#runs.get(mapRunArn);
  }

  /** Those that one execution has started, in order. */
  of(executionArn: string): readonly MapRunProgress[] {
    return [...this.#runs.values()].filter((run) => run.executionArn === executionArn);
  }
}
