import {
  applyEvent,
  emptyState,
  mutableCopyOf,
  offsetOf,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import type { Origin, ReadEvent } from './messages.ts';
import type { StreamPosition } from './stream-merger.ts';

/** Events that wait for a snapshot. The oldest go first: a snapshot that comes later is ahead of them. */
const MAX_WAITING_EVENTS = 1_000;

/**
 * The state of one upload, folded from its events, in the order of their offsets.
 *
 * It begins with the first event of an epoch, or with a snapshot. A snapshot counts only when it is ahead of what was folded;
 * events up to its offset are dropped from then on, and those beyond it are folded on top. Events that do not follow what was
 * folded wait for a snapshot: a state is never folded over a hole.
 *
 * Pure: no clock, no I/O. A state that it has given out never changes.
 */
export class StateFold {
  readonly #uploadId: UploadId;
  #position: StreamPosition | undefined;
  #state: UploadState | undefined;
  /** Last offset in the state; 0 before the first. */
  #offset = 0;
  #waiting: ReadEvent[] = [];
  #changed = false;

  constructor(uploadId: UploadId) {
    this.#uploadId = uploadId;
  }

  get state(): UploadState | undefined {
    return this.#state;
  }

  /** Whether there are events that the state does not hold: they wait for a snapshot. */
  get lags(): boolean {
    return this.#waiting.length > 0;
  }

  /** The stream is in this epoch. Whatever belongs to another one is dropped. */
  enter(position: StreamPosition | undefined): void {
    if (this.#position?.epoch !== position?.epoch) this.reset();
    this.#position = position;
  }

  /** Begins anew, before the first event. */
  reset(): void {
    this.#state = undefined;
    this.#offset = 0;
    this.#waiting = [];
    this.#changed = false;
  }

  /** Takes a snapshot of the present epoch. */
  takeSnapshot(state: UploadState): void {
    const { offset } = state.position;
    if (offset <= this.#offset) return;
    this.#state = state;
    this.#offset = offset;
    this.#changed = true;
    this.#waiting = this.#waiting.filter((read) => read.offset > offset);
  }

  /** Takes the next event that was handed to the application. */
  takeEvent(read: ReadEvent): void {
    if (read.offset <= this.#offset) return;
    this.#waiting.push(read);
    // Cut in lumps, so that the events of a long wait are not moved one by one.
    if (this.#waiting.length > MAX_WAITING_EVENTS * 1.25)
      this.#waiting = this.#waiting.slice(-MAX_WAITING_EVENTS);
  }

  /**
   * Folds what can be folded.
   * @param origin as far as it is known; without it a state can only begin with a snapshot
   * @returns the state, if it has changed since the last call
   */
  settle(origin: Origin | undefined): UploadState | undefined {
    const from =
      this.#waiting[0]?.offset === this.#offset + 1 ? (this.#state ?? this.#begin(origin)) : undefined;
    if (from !== undefined) {
      this.#state = this.#foldOnto(from);
      this.#changed = true;
    }
    const changed = this.#changed;
    this.#changed = false;
    return changed ? this.#state : undefined;
  }

  #begin(origin: Origin | undefined): UploadState | undefined {
    if (origin === undefined || this.#position === undefined || this.#offset > 0) return undefined;
    const { epoch, epochStartedAt } = this.#position;
    return emptyState({ ...origin, uploadId: this.#uploadId, epoch, epochStartedAt });
  }

  #foldOnto(state: UploadState): UploadState {
    const draft = mutableCopyOf(state);
    let folded = 0;
    for (const { offset, event } of this.#waiting) {
      if (offset !== this.#offset + 1) break;
      if (event === undefined) draft.position = { ...draft.position, offset: offsetOf(offset) };
      else applyEvent(draft, event);
      this.#offset = offset;
      folded += 1;
    }
    this.#waiting = this.#waiting.slice(folded);
    return draft;
  }
}
