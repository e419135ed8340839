import {
  compareEpochs,
  type DiscontinuityReason,
  type Epoch,
  Offset,
  type Position,
  type ProgressEvent,
  type UploadState,
} from '@stepcast/contracts';
import type { ReadEvent, ReadEvents } from './messages.ts';

/** Up to where events of one upload were emitted to the application. */
export interface StreamPosition {
  readonly epoch: Epoch;
  /** Last offset handed to the application; 0 before the first. */
  readonly offset: number;
  readonly epochStartedAt: string;
}

/** Where an event came from: as it happened, or fetched afterwards. */
export type EventSource = 'live' | 'catchUp';

/**
 * Why events may be missing or the count began anew: what the service says, or `unrepaired` when it could not fill a hole
 * after several requests.
 */
export type GapReason = DiscontinuityReason | 'unrepaired';

export type MergeOutput =
  | {
      readonly type: 'event';
      readonly event: ProgressEvent;
      readonly epoch: Epoch;
      readonly source: EventSource;
    }
  | { readonly type: 'snapshot'; readonly state: UploadState }
  | { readonly type: 'skipped'; readonly offset: number }
  | {
      readonly type: 'discontinuity';
      readonly reason: GapReason;
      /** Up to here everything was handed over. Null when nothing was. */
      readonly from: StreamPosition | null;
      /** From here on everything will be. Null when the stream starts from scratch. */
      readonly to: StreamPosition | null;
    };

/** Events that wait behind a hole. More are not held: catch-up brings them. */
const MAX_WAITING_EVENTS = 4_096;

/**
 * Merges what comes of one upload, live and caught up, in whatever order and however often, into the stream that the
 * application sees: every offset of an epoch once, in order; a jump only together with a `discontinuity`.
 *
 * It holds a position (epoch and offset). An event at or before the position is a duplicate; the next one is handed over; one
 * further on waits, and the merger is *behind* until the hole before it is filled. Of two epochs the one that began later
 * wins: it starts at offset 0, and the older one is never listened to again. A snapshot may be ahead of the events, which means
 * that some are missing: behind again.
 *
 * Pure: no clock, no I/O. What to do about being behind is the caller's matter.
 */
export class StreamMerger {
  #position: StreamPosition | undefined;
  /** Highest offset of the epoch that any message has named. */
  #highestSeen = 0;
  readonly #waiting = new Map<number, { readonly read: ReadEvent; readonly source: EventSource }>();
  #lastReported: string | undefined;

  /** @param resume where an earlier page left off */
  constructor(resume?: StreamPosition) {
    if (resume !== undefined) this.#start(resume);
  }

  get position(): StreamPosition | undefined {
    return this.#position;
  }

  /** Whether events are known to exist that have not been handed over. */
  get behind(): boolean {
    return this.#highestSeen > (this.#position?.offset ?? 0);
  }

  /** What a catch-up request says of this upload. */
  get requestPosition(): Position | null {
    const offset = Offset.safeParse(this.#position?.offset).data;
    return this.#position === undefined || offset === undefined
      ? null
      : { epoch: this.#position.epoch, offset };
  }

  /** Consecutive events, of which the first ones may be known. */
  events(batch: Omit<ReadEvents, 'uploadId'>, source: EventSource): MergeOutput[] {
    const outputs: MergeOutput[] = [];
    if (!this.#enter(batch.epoch, batch.epochStartedAt, outputs)) return outputs;
    for (const read of batch.events) {
      const delivered = this.#position?.offset ?? 0;
      if (read.offset <= delivered) continue;
      this.#highestSeen = Math.max(this.#highestSeen, read.offset);
      if (read.offset === delivered + 1) this.#deliver(read, source, outputs);
      else if (this.#waiting.size < MAX_WAITING_EVENTS && !this.#waiting.has(read.offset))
        this.#waiting.set(read.offset, { read, source });
    }
    this.#drain(outputs);
    return outputs;
  }

  /** A state as the service folded it. Its position may be ahead of {@link position}, or behind it. */
  takeSnapshot(state: UploadState): MergeOutput[] {
    const outputs: MergeOutput[] = [];
    if (!this.#enter(state.position.epoch, state.epochStartedAt, outputs)) return outputs;
    this.#highestSeen = Math.max(this.#highestSeen, state.position.offset);
    outputs.push({ type: 'snapshot', state });
    return outputs;
  }

  /** Somebody (the overview) says that the stream is at least this far. */
  hint(position: Position, epochStartedAt: string): MergeOutput[] {
    const outputs: MergeOutput[] = [];
    if (this.#enter(position.epoch, epochStartedAt, outputs))
      this.#highestSeen = Math.max(this.#highestSeen, position.offset);
    return outputs;
  }

  /**
   * The service could not continue from the position asked with.
   * @param asked the position of the request; an answer to an outdated one is ignored
   * @param snapshot the state that came in the same reply
   */
  interrupted(
    reason: DiscontinuityReason,
    asked: Position | null,
    snapshot: UploadState | undefined,
  ): MergeOutput[] {
    const now = this.#position;
    if (asked !== null && asked.epoch !== now?.epoch) return [];
    // Nothing is known of it there, and nothing was known of it here: an upload that has not happened yet.
    if (now === undefined || (reason === 'unknownUpload' && now.offset === 0 && !this.behind)) return [];
    const outputs: MergeOutput[] = [];
    switch (reason) {
      case 'expired':
      case 'unknownUpload':
        if (this.behind) this.#jump(reason, outputs, snapshot);
        else this.#report(reason, now, now, outputs);
        break;
      case 'futureOffset':
      case 'epochChanged': {
        const target: StreamPosition | undefined =
          snapshot?.position.epoch === now.epoch
            ? { epoch: now.epoch, epochStartedAt: now.epochStartedAt, offset: snapshot.position.offset }
            : undefined;
        this.#clear();
        if (target !== undefined) this.#start(target);
        this.#report(reason, now, target ?? null, outputs);
        if (target !== undefined && snapshot !== undefined) outputs.push(...this.takeSnapshot(snapshot));
        break;
      }
    }
    return outputs;
  }

  /** The hole cannot be filled: goes on behind it, and says so. */
  giveUp(): MergeOutput[] {
    const outputs: MergeOutput[] = [];
    if (this.behind) this.#jump('unrepaired', outputs);
    return outputs;
  }

  /** Moves to an epoch if it is the newest known. Returns whether what belongs to it counts. */
  #enter(epoch: Epoch, startedAt: string, outputs: MergeOutput[]): boolean {
    const now = this.#position;
    if (now?.epoch === epoch) return true;
    if (now !== undefined && compareEpochs({ epoch, epochStartedAt: startedAt }, now) <= 0) return false;
    const next = { epoch, offset: 0, epochStartedAt: startedAt };
    this.#clear();
    this.#start(next);
    if (now !== undefined && now.offset > 0) this.#report('epochChanged', now, next, outputs);
    return true;
  }

  /** To the snapshot, else to just before the first event that waits, else to the furthest place known. */
  #jump(reason: GapReason, outputs: MergeOutput[], snapshot?: UploadState): void {
    const from = this.#position;
    if (from === undefined) return;
    const { epoch, offset } = snapshot?.position ?? { epoch: undefined, offset: 0 };
    const known = this.#waiting.size > 0 ? Math.min(...this.#waiting.keys()) - 1 : this.#highestSeen;
    const to = { ...from, offset: epoch === from.epoch && offset > from.offset ? offset : known };
    this.#position = to;
    for (const waiting of this.#waiting.keys()) if (waiting <= to.offset) this.#waiting.delete(waiting);
    this.#report(reason, from, to, outputs);
    this.#drain(outputs);
  }

  #deliver(read: ReadEvent, source: EventSource, outputs: MergeOutput[]): void {
    const position = this.#position;
    if (position === undefined) return;
    this.#position = { ...position, offset: read.offset };
    if (read.event === undefined) {
      outputs.push({ type: 'skipped', offset: read.offset });
      return;
    }
    outputs.push({ type: 'event', event: read.event, epoch: position.epoch, source });
  }

  #drain(outputs: MergeOutput[]): void {
    for (;;) {
      const next = (this.#position?.offset ?? 0) + 1;
      const found = this.#waiting.get(next);
      if (found === undefined) return;
      this.#waiting.delete(next);
      this.#deliver(found.read, found.source, outputs);
    }
  }

  #report(reason: GapReason, from: StreamPosition, to: StreamPosition | null, outputs: MergeOutput[]): void {
    // The same finding that moves nothing, at every reconnect: once is enough.
    const finding = `${reason} ${from.epoch} ${from.offset}`;
    if (from === to && finding === this.#lastReported) return;
    this.#lastReported = finding;
    outputs.push({ type: 'discontinuity', reason, from: from.offset === 0 ? null : from, to });
  }

  #start(position: StreamPosition): void {
    this.#position = position;
    this.#highestSeen = position.offset;
  }

  #clear(): void {
    this.#position = undefined;
    this.#highestSeen = 0;
    this.#waiting.clear();
  }
}
