import {
  type DiscontinuityReason,
  type Epoch,
  type Overview,
  type Position,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import { completedOf, hasEndedAnew, isComplete, type Completed } from './completion.ts';
import type { StepcastError } from './errors.ts';
import { type Origin, originOf, type ReadItem, type ReadProgress } from './messages.ts';
import type { Runtime } from './runtime.ts';
import { StateFold } from './state-fold.ts';
import { type MergeOutput, StreamMerger, type StreamPosition } from './stream-merger.ts';
import type { EventUpdate, UploadUpdate } from './types.ts';
import type { SharedStream, StreamWatch } from './upload-watch.ts';

/** Events that `UploadWatch.events` and late iterators get. */
const MAX_HISTORY = 1_000;
/** Messages overtake one another now and then; only a hole that stays this long is asked about. */
const HOLE_GRACE_MS = 400;
/** Events that cannot be folded wait so long for a snapshot to be published; after that it is fetched. */
const STATE_GRACE_MS = 5_000;

interface StreamParts {
  readonly uploadId: UploadId;
  readonly resume: StreamPosition | undefined;
  readonly runtime: Runtime;
  /** A hole, or a snapshot that does not come: ask the service. */
  readonly needsCatchUp: (uploadId: UploadId) => void;
  readonly onPosition: (uploadId: UploadId, position: StreamPosition) => void;
  readonly onSkipped: (uploadId: UploadId, offset: number) => void;
}

/**
 * One watched upload: merges, folds, remembers, decides about completion, and tells every watch of it. Each message that brings
 * events moves the state in the same turn, after its events.
 *
 * Completion needs a state in which all executions known have ended *and* every event up to that state's position handed over. It
 * is emitted once, and again only after a newer state has taken it back (a redrive) and ended in its turn.
 */
export class UploadStream implements SharedStream {
  readonly uploadId: UploadId;
  readonly #parts: StreamParts;
  readonly #watches = new Set<StreamWatch>();
  readonly #fold: StateFold;
  #merger: StreamMerger;
  #origin: Origin | undefined;
  #history: EventUpdate[] = [];
  #completed: Completed | undefined;
  #synced = false;
  #cancelGrace: (() => void) | undefined;
  #graceIsForHole = false;
  #lastHeardAtMs: number;
  /** The page uploads it itself, and has not finished. */
  #own: 'notBegun' | 'uploading' | undefined;
  /** Versions that were there before the page's own. */
  readonly #earlier = new Set<Epoch>();

  constructor(parts: StreamParts) {
    this.uploadId = parts.uploadId;
    this.#parts = parts;
    this.#fold = new StateFold(parts.uploadId);
    this.#merger = new StreamMerger(parts.resume);
    this.#lastHeardAtMs = parts.runtime.now();
  }

  get state(): UploadState | undefined {
    return this.#fold.state;
  }

  get position(): StreamPosition | undefined {
    return this.#merger.position;
  }

  get requestPosition(): Position | null {
    return this.#merger.requestPosition;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get complete(): boolean {
    return this.#completed !== undefined;
  }

  get history(): readonly EventUpdate[] {
    return this.#history;
  }

  get behind(): boolean {
    return this.#merger.behind;
  }

  /** When anything of this upload last came. */
  get lastHeardAtMs(): number {
    return this.#lastHeardAtMs;
  }

  /** The page is about to upload it. Nothing of that version can come before the upload has begun. */
  beginsHere(): void {
    this.#own = 'notBegun';
  }

  uploadBegins(): void {
    if (this.#own === 'notBegun') this.#own = 'uploading';
  }

  /** It is up, or has failed. */
  uploadEnds(): void {
    this.#own = undefined;
  }

  get isUploading(): boolean {
    return this.#own !== undefined;
  }

  /** Nothing has come, and nothing can have come before this moment that the page would have to ask for. */
  get hasNoPast(): boolean {
    return this.#own === 'notBegun' && this.position === undefined;
  }

  /** Whether the broker had this version before the page's own was up. */
  isEarlier(epoch: Epoch): boolean {
    return this.#earlier.has(epoch);
  }

  attach(watch: StreamWatch): void {
    this.#watches.add(watch);
    const { state } = this;
    // A watch that begins after the end emits it too, once the caller could register listeners.
    if (this.complete && state !== undefined)
      queueMicrotask(() => {
        if (this.complete) watch.push({ type: 'complete', state });
      });
  }

  /** @returns how many watches are left */
  detach(watch: StreamWatch): number {
    this.#watches.delete(watch);
    if (this.#watches.size === 0) this.dispose();
    return this.#watches.size;
  }

  /** What storage knew. Only before anything else has come. */
  resumeFrom(position: StreamPosition): void {
    if (this.#merger.position === undefined) this.#merger = new StreamMerger(position);
  }

  takeProgress(progress: ReadProgress): void {
    this.#origin ??= originOf(progress);
    this.#apply(this.#merger.events(progress, 'live'));
  }

  /**
   * A state as the service folded it: used when it is ahead of the events folded here.
   * @param retained the broker had it when this page subscribed
   */
  takeSnapshot(state: UploadState, retained: boolean): void {
    if (retained && this.#own !== undefined) this.#earlier.add(state.position.epoch);
    this.#apply(this.#merger.takeSnapshot(state));
  }

  takeHint(entry: Overview['uploads'][number]): void {
    this.#apply(this.#merger.hint(entry.position, entry.epochStartedAt));
  }

  /** One item of a catch-up reply. `snapshot` is the state that came for this upload in the same reply. */
  takeItem(item: Exclude<ReadItem, { kind: 'discontinuity' }>): void {
    if (item.kind === 'state') this.takeSnapshot(item.state, false);
    else this.#apply(this.#merger.events(item, 'catchUp'));
  }

  interrupted(reason: DiscontinuityReason, asked: Position | null, snapshot: UploadState | undefined): void {
    this.#apply(this.#merger.interrupted(reason, asked, snapshot));
  }

  /** The service could not fill the hole. */
  giveUp(): void {
    this.#apply(this.#merger.giveUp());
  }

  disconnected(): void {
    this.#synced = false;
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  synchronised(): void {
    if (this.#synced) return;
    this.#synced = true;
    for (const watch of [...this.#watches]) watch.synchronised();
  }

  fail(error: StepcastError): void {
    this.dispose();
    for (const watch of [...this.#watches]) watch.fail(error);
  }

  dispose(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  #apply(outputs: readonly MergeOutput[]): void {
    this.#lastHeardAtMs = this.#parts.runtime.now();
    this.#fold.enter(this.position);
    for (const output of outputs) this.#applyOne(output);
    const state = this.#fold.settle(this.#origin);
    if (state !== undefined) {
      this.#reopen(state);
      this.#push({ type: 'state', state });
    }
    if (outputs.length > 0 && this.position !== undefined)
      this.#parts.onPosition(this.uploadId, this.position);
    this.#conclude();
    this.#watchForHoles(outputs);
  }

  #applyOne(output: MergeOutput): void {
    switch (output.type) {
      case 'snapshot':
        this.#fold.takeSnapshot(output.state);
        return;
      case 'skipped':
        this.#fold.takeEvent({ offset: output.offset, event: undefined });
        this.#parts.onSkipped(this.uploadId, output.offset);
        return;
      case 'event':
        this.#fold.takeEvent({ offset: output.event.offset, event: output.event });
        this.#remember(output);
        this.#push(output);
        return;
      case 'discontinuity':
        this.#interrupt(output);
        this.#push(output);
    }
  }

  #interrupt({ from, to }: MergeOutput & { readonly type: 'discontinuity' }): void {
    if (to?.epoch !== from?.epoch) {
      this.#history = [];
      // Another upload to the same address: its end is emitted too, also when all of it was missed.
      this.#completed = undefined;
    } else if ((to?.offset ?? 0) < (from?.offset ?? 0)) this.#fold.reset();
  }

  #remember(update: EventUpdate): void {
    this.#history.push(update);
    // Cut in lumps: shifting an array of a thousand for every event would be felt.
    if (this.#history.length > MAX_HISTORY * 1.25) this.#history = this.#history.slice(-MAX_HISTORY);
  }

  #reopen(state: UploadState): void {
    if (this.#completed === undefined) return;
    if (isComplete(state) && !hasEndedAnew(this.#completed, state)) return;
    this.#completed = undefined;
    this.#push({ type: 'reopened', state });
  }

  #conclude(): void {
    const { state, position } = this;
    if (this.complete || state === undefined || !isComplete(state)) return;
    const isCaughtUp = position?.epoch === state.position.epoch && position.offset === state.position.offset;
    if (!isCaughtUp) return;
    this.#completed = completedOf(state);
    this.#push({ type: 'complete', state });
  }

  #watchForHoles(outputs: readonly MergeOutput[]): void {
    const stateIsLate = this.#fold.lags && outputs.some(({ type }) => type === 'event');
    if (!this.behind && !stateIsLate) return;
    // A hole is asked about a fixed time after it showed, however much comes meanwhile.
    if (this.#cancelGrace !== undefined && (this.#graceIsForHole || !this.behind)) return;
    this.#cancelGrace?.();
    this.#graceIsForHole = this.behind;
    this.#cancelGrace = this.#parts.runtime.setTimer(
      () => {
        this.#cancelGrace = undefined;
        if (this.behind || this.#fold.lags) this.#parts.needsCatchUp(this.uploadId);
      },
      this.behind ? HOLE_GRACE_MS : STATE_GRACE_MS,
    );
  }

  #push(update: UploadUpdate): void {
    for (const watch of [...this.#watches]) watch.push(update);
  }
}
