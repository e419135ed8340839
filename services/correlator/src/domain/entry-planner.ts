import {
  applyEvent,
  isTerminal,
  summaryOf,
  type ExecutionArn,
  type OverviewEntry,
  type UploadStatus,
} from '@stepcast/contracts';
import { MAX_ENTRY_BYTES, MAX_ENTRY_EVENTS, renderJson, type StoredEntry } from '@stepcast/wire';
import { forgetLanes } from './chain.ts';
import { writeCheckpoint, writeCursor } from './checkpoint.ts';
import type { EntryRoom } from './entry-room.ts';
import type { EventDraft, ExecutionFold } from './execution-fold.ts';
import { renderWithin, type Measured } from './fit-events.ts';
import { measure, type Profile } from './percent.ts';
import type { StreamHead } from './stream-head.ts';

/** An entry to be written, and what its writer passes on about it. */
export interface PlannedEntry extends StoredEntry {
  readonly eventCount: number;
  /** When the oldest of the events happened. */
  readonly oldestEventAt: string;
  /** The upload in one line, after the entry. */
  readonly line: OverviewEntry;
  /** Whether a line is owed: the entry is the first, or the status of the upload changed in it. It goes with the next state. */
  readonly lineChanged: boolean;
  /** Whether the upload has ended, as far as this entry goes. */
  readonly terminal: boolean;
}

/** Of this many entries one has a snapshot, so that a head is read with one Query. */
export const SNAPSHOT_EVERY = 10;
/** A larger snapshot is left out until it has shrunk: with its events it might exceed what an item may hold (400 KB). */
const MAX_SNAPSHOT_BYTES = 280 * 1024;
const MAX_CURSOR_BYTES = 280 * 1024;

/** Gathers events into entries, and folds them into the head on the way. Each entry ends where a record ends. */
export class EntryPlanner {
  readonly entries: PlannedEntry[] = [];
  readonly #head: StreamHead;
  readonly #source: string;
  #texts: string[] = [];
  /** Of the texts with a comma after each, and of the brackets around all. */
  #bytes = 1;
  #oldestEventAt = '';
  #truncated = false;
  #statusChanged = false;

  constructor(head: StreamHead, source: string) {
    this.#head = head;
    this.#source = source;
    // The object was there before anything could run on it, whichever message came first.
    if (head.lastOffset === 0)
      this.emit([{ kind: 'uploaded', time: head.meta.epochStartedAt }], undefined, undefined);
  }

  /** Whether there are events that no entry holds yet. */
  get isPending(): boolean {
    return this.#texts.length > 0;
  }

  /** Whether so much more fits the entry at hand. An empty one takes anything. */
  hasRoomFor({ events, bytes }: EntryRoom): boolean {
    return (
      !this.isPending ||
      (this.#texts.length + events <= MAX_ENTRY_EVENTS && this.#bytes + bytes <= MAX_ENTRY_BYTES)
    );
  }

  /** Gathers the events of one record, or of one status. */
  emit(drafts: readonly EventDraft[], fold: ExecutionFold | undefined, profile: Profile | undefined): void {
    if (drafts.length === 0) return;
    const head = this.#head;
    const room = MAX_ENTRY_BYTES - this.#bytes;
    const rendered = renderWithin(drafts, head.lastOffset + 1, measured(fold, profile), room);
    const statusBefore = head.state.status;
    for (const event of rendered.events) {
      applyEvent(head.state, event);
      if (this.#oldestEventAt === '' || event.time < this.#oldestEventAt) this.#oldestEventAt = event.time;
    }
    this.#noteStatus(statusBefore);
    head.lastOffset += rendered.events.length;
    this.#texts.push(...rendered.texts);
    this.#bytes += rendered.bytes;
    this.#truncated ||= rendered.truncated;
  }

  #noteStatus(before: UploadStatus): void {
    if (this.#head.state.status !== before) this.#statusChanged = true;
  }

  /**
   * Ends the entry at hand, if it holds anything.
   * @param fold of the execution that the entry advanced; the head's own from now on
   */
  cut(executionArn: ExecutionArn | undefined, fold: ExecutionFold | undefined): void {
    if (!this.isPending) return;
    const head = this.#head;
    if (executionArn !== undefined && fold !== undefined) head.folds.set(executionArn, fold);
    const firstOffset = head.lastOffset - this.#texts.length + 1;
    const terminal = isTerminal(head.state.status);
    const isDue = firstOffset === 1 || terminal || head.entriesSinceSnapshot >= SNAPSHOT_EVERY - 1;
    const snapshot = isDue ? snapshotOf(head, firstOffset === 1) : undefined;
    head.entriesSinceSnapshot = snapshot === undefined ? head.entriesSinceSnapshot + 1 : 0;
    this.entries.push({
      firstOffset,
      lastOffset: head.lastOffset,
      source: this.#source,
      events: `[${this.#texts.join(',')}]`,
      eventCount: this.#texts.length,
      oldestEventAt: this.#oldestEventAt,
      truncated: this.#truncated,
      snapshot,
      cursor:
        snapshot !== undefined || executionArn === undefined || fold === undefined
          ? undefined
          : cursorOf(fold),
      line: summaryOf(head.state),
      lineChanged: firstOffset === 1 || this.#statusChanged,
      terminal,
    });
    this.#texts = [];
    this.#bytes = 1;
    this.#oldestEventAt = '';
    this.#truncated = false;
    this.#statusChanged = false;
  }
}

/** What the fold of an execution adds to its events. */
function measured(fold: ExecutionFold | undefined, profile: Profile | undefined): Measured {
  if (fold === undefined) return {};
  if (fold.nested) return { nested: true };
  const { percent, etaSeconds } = measure(fold, profile);
  fold.percent = percent;
  if (percent === null) return etaSeconds === null ? {} : { etaSeconds };
  return etaSeconds === null ? { percent } : { percent, etaSeconds };
}

/** The first entry has a snapshot in any case: what a hundred events leave is not large. */
function snapshotOf({ state, folds }: StreamHead, isFirst: boolean): PlannedEntry['snapshot'] {
  const snapshot = { state: renderJson(state), checkpoint: writeCheckpoint(folds) };
  const bytes = Buffer.byteLength(snapshot.state) + Buffer.byteLength(snapshot.checkpoint);
  return isFirst || bytes <= MAX_SNAPSHOT_BYTES ? snapshot : undefined;
}

/** Thousands of open iterations with long names and errors would exceed an item; then the oldest are forgotten. */
function cursorOf(fold: ExecutionFold): string {
  for (;;) {
    const text = writeCursor(fold);
    if (fold.lanes.size <= 1 || Buffer.byteLength(text) <= MAX_CURSOR_BYTES) return text;
    forgetLanes(fold, Math.floor(fold.lanes.size / 2));
  }
}
