import { isTerminal, type ProgressEvent, type UploadState, type WorkflowOutline } from '@stepcast/contracts';
import { TraceFold } from './trace-fold.ts';
import { treeOfState } from './tree-of-state.ts';
import { treeOfTrace } from './tree-of-trace.ts';
import type { TreeNode } from './tree.ts';
import type { UploadSnapshot } from './upload.ts';

/** What both elements know of one upload: follows the snapshots that it is given. */
export class UploadModel {
  #trace = new TraceFold();
  #outline: WorkflowOutline | null = null;
  #state: UploadState | null = null;
  #waiting: UploadSnapshot['waiting'];
  #stream = '';

  get trace(): TraceFold {
    return this.#trace;
  }

  get state(): UploadState | null {
    return this.#state;
  }

  get outline(): WorkflowOutline | null {
    return this.#outline;
  }

  get waiting(): UploadSnapshot['waiting'] {
    return this.#waiting;
  }

  /** Whether something may still happen of which the clock has to tell. */
  get isLive(): boolean {
    return this.#state === null
      ? this.#trace.executions.some(({ status }) => status === 'running')
      : this.#state.executions.length > 0 && !isTerminal(this.#state.status);
  }

  /** Takes a snapshot. Of events, only those that are new are read. */
  take(snapshot: UploadSnapshot | null, outline: WorkflowOutline | null): void {
    this.#state = snapshot?.state ?? null;
    this.#waiting = snapshot?.waiting;
    const stream = this.#state === null ? '' : `${this.#state.uploadId} ${this.#state.position.epoch}`;
    // Before the first state, nobody knows of which stream the events are; they stay those of the first that comes.
    const another = stream !== this.#stream && this.#stream !== '';
    if (another || outline !== this.#outline || snapshot === null) this.#trace = new TraceFold(outline);
    this.#stream = stream;
    this.#outline = outline;
    for (const event of newerThan(this.#trace.lastOffset, snapshot?.events ?? [])) this.#trace.apply(event);
  }

  tree(): readonly TreeNode[] {
    if (this.#state === null) return treeOfTrace(this.#trace);
    const isWhole = this.#trace.complete && this.#trace.lastOffset >= this.#state.position.offset;
    return isWhole ? treeOfTrace(this.#trace) : treeOfState(this.#state, this.#trace);
  }
}

/** Events come in order: those that are new are at the end. */
function newerThan(offset: number, events: readonly ProgressEvent[]): readonly ProgressEvent[] {
  let first = events.length;
  while (first > 0 && (events[first - 1]?.offset ?? 0) > offset) first -= 1;
  return events.slice(first);
}
