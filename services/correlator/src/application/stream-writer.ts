import type { IdentityId, OverviewEntry, StreamMeta } from '@stepcast/contracts';
import { StepcastError, type Clock, type FailureKind, type Logger } from '@stepcast/kit';
import { MAX_STATE_BYTES, type Handover } from '@stepcast/wire';
import type { PlannedEntry } from '../domain/entry-planner.ts';
import { renderState } from '../domain/render-state.ts';
import type { StreamHead } from '../domain/stream-head.ts';
import type { Journal, StreamKey } from '../ports/journal.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { UploadStore } from '../ports/upload-store.port.ts';
import type { CorrelatorMetrics } from './correlator-metrics.ts';
import type { Enrolments } from './enrolments.ts';
import type { FollowUp } from './follow-ups.ts';
import { handoverOfEntry, handoverOfState } from './handovers.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import { nameOfStream, StreamHeads, type StandingHead } from './stream-heads.ts';

/*
 * How a stream is written so that nothing is lost on the wire.
 *
 * An entry is written only after the entry before it was acknowledged by the next hop: the broker's PUBACK, or, where the
 * publisher runs apart, the progress queue. So at most the newest entry of a stream can be missing on the wire, and at
 * most one entry of a stream is on its way. What comes in meanwhile gathers and travels in the next entry.
 *
 * For each entry, in this order: append it to the journal (a conditional write, which decides between two correlators);
 * write its line, if the upload's status changed and a state is due, so that lines lag no more than retained states do and an
 * upload that ends within the interval has no line of its running; pass it on, and hold the stream until it is `emitted`. When all that
 * follows from it is `settled` too, the input may be acknowledged: the retained state, and the overview at an end.
 *
 * A crash between the append and `emitted` leaves the newest entry written and not passed on. Therefore a process that
 * reads a head from the journal (the first touch after a start, after a collision, after another correlator may have
 * written) passes the newest entry on again, with its line, before it writes after it. A duplicate is harmless, a hole is
 * not. A redelivery of the input, or the sweep, causes that first touch; executions stay on the watch list until their
 * last entry is settled.
 *
 * A plan changes the head in place. So a head whose write failed in any way, and one that has taken in more than its
 * entries say, no longer equals the journal: it is dropped, and read again when it is needed.
 */

/** Thrown after ten write conflicts in a row. The message is redelivered and tried again. */
export class JournalContentionError extends StepcastError {
  readonly code = 'CORRELATOR_JOURNAL_CONTENTION';
  readonly retryable = true;
  override readonly failure: FailureKind = 'contention';
  constructor(attempts: number) {
    super(`the journal entry found its place taken ${attempts} times in a row`);
  }
}

/** What a caller wants written. It has changed the head that it was given. */
export interface WritePlan<T> {
  readonly entries: readonly PlannedEntry[];
  /** The head has taken in more than the entries say. */
  readonly changedWithoutEntry: boolean;
  readonly result: T;
}

export interface Written<T> {
  /** The result of every plan of which an entry was written, and of the last one. */
  readonly results: readonly T[];
  readonly followUps: readonly FollowUp[];
  /** When all that follows from the newest entry is done, whether this write brought it or an earlier one. */
  readonly settled: Promise<void>;
}

const MAX_ATTEMPTS = 10;
const NOTHING_DUE: readonly FollowUp[] = [];

/** The state after an entry that is not the newest, if it has one that fits. If not, a later one stands for it. */
function stateOfSnapshot({ snapshot }: PlannedEntry): string | undefined {
  if (snapshot === undefined || Buffer.byteLength(snapshot.state) > MAX_STATE_BYTES) return undefined;
  return snapshot.state;
}

function hasSnapshot({ snapshot }: PlannedEntry): boolean {
  return snapshot !== undefined;
}

export interface StreamWriterOptions {
  readonly journal: Journal;
  readonly outbox: ProgressOutbox;
  readonly uploads: Pick<UploadStore, 'addEpoch'>;
  readonly enrolments: Enrolments;
  readonly locks: KeyedLocks;
  readonly metrics: CorrelatorMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How far apart the retained states of a stream are, unless an entry is the first or the last. */
  readonly snapshotIntervalMs: number;
  /** What all heads in memory may take together. */
  readonly maxBytes: number;
}

/** Writes streams: offsets without a hole, in the journal and on the wire. One write of a stream at a time. */
export class StreamWriter {
  readonly #options: StreamWriterOptions;
  readonly #heads: StreamHeads;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
    this.#heads = new StreamHeads(options);
  }

  /**
   * Plans on the newest known head, writes and passes on. After a write conflict the head is read and the plan made anew.
   * Resolves when the last entry is emitted.
   * @throws JournalContentionError
   */
  write<T>(stream: StreamMeta, plan: (head: StreamHead) => WritePlan<T>): Promise<Written<T>> {
    const name = nameOfStream(stream);
    return this.#locked(name, () => this.#write(stream, name, plan));
  }

  /** Hints that a stream is new, its version added: nothing is read for it. A wrong hint costs one failed write. */
  begin(stream: StreamMeta): void {
    this.#heads.begin(stream);
  }

  /** The head, from memory if it is there. To be read at once: the next write changes it. */
  peek(stream: StreamMeta): Promise<StreamHead> {
    return this.#locked(nameOfStream(stream), async () => (await this.#heads.load(stream)).head);
  }

  /** Passes the newest entry on, unless this process knows that it arrived. Resolves when it is settled. */
  async passOn(stream: StreamMeta): Promise<void> {
    const { settled } = await this.#locked(nameOfStream(stream), async () => {
      const standing = await this.#stand(stream);
      return { settled: standing.settled };
    });
    await settled;
  }

  /** Passes the state on, if the stream has advanced since the last one. Resolves when it is settled. */
  async passSnapshotOn(stream: StreamMeta): Promise<void> {
    const { settled } = await this.#locked(nameOfStream(stream), async () => {
      const standing = await this.#stand(stream);
      const { head, stateOffset } = standing;
      if (head.lastOffset > 0 && stateOffset !== head.lastOffset) {
        const handover = handoverOfState(head);
        await this.#addDueLine(standing, handover.line);
        this.#options.metrics.handovers('snapshot');
        await this.#pass(standing, handover);
      }
      return { settled: standing.settled };
    });
    await settled;
  }

  /** Trusts the head no longer: it is compared with the journal before it is used. */
  forget(stream: StreamKey): void {
    this.#heads.distrust(nameOfStream(stream));
  }

  #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#options.locks.run(name, work, () => {
      this.#heads.drop(name);
    });
  }

  async #write<T>(
    stream: StreamMeta,
    name: string,
    plan: (head: StreamHead) => WritePlan<T>,
  ): Promise<Written<T>> {
    const results: T[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const standing = this.#heads.arrived(name) ?? (await this.#stand(stream));
      const { entries, changedWithoutEntry, result } = plan(standing.head);
      const written = await this.#writeEntries(standing, entries);
      if (written > 0 || entries.length === 0) results.push(result);
      if (written === entries.length) {
        if (changedWithoutEntry) this.#heads.drop(name);
        else if (written > 0) this.#heads.noteGrowth(standing, entries.some(hasSnapshot));
        return {
          results,
          followUps: this.#snapshotDue(standing, written > 0),
          settled: standing.settled,
        };
      }
      this.#options.metrics.collisions();
      this.#heads.drop(name);
    }
    const { uploadId, epoch } = stream;
    this.#options.logger.warn(
      { uploadId, epoch, attempts: MAX_ATTEMPTS },
      'journal entry finds its place taken',
    );
    throw new JournalContentionError(MAX_ATTEMPTS);
  }

  /** The head, its newest entry known to have arrived. */
  async #stand(stream: StreamMeta): Promise<StandingHead> {
    const standing = await this.#heads.load(stream);
    if (standing.unsent === undefined) return standing;
    const { unsent } = standing;
    await this.#addLine(stream.identityId, unsent.line);
    this.#options.metrics.handovers('again');
    await this.#pass(standing, unsent);
    standing.unsent = undefined;
    return standing;
  }

  async #addDueLine(standing: StandingHead, line: OverviewEntry): Promise<void> {
    if (!standing.isLineDue) return;
    await this.#addLine(standing.head.meta.identityId, line);
    standing.isLineDue = false;
  }

  async #addLine(identityId: IdentityId, line: OverviewEntry): Promise<void> {
    const { enrolments, journal } = this.#options;
    if (!enrolments.covers(identityId)) await enrolments.enrol(identityId);
    await journal.addLine(identityId, line);
  }

  /** @returns how many were written: fewer than all when a place was taken */
  async #writeEntries(standing: StandingHead, entries: readonly PlannedEntry[]): Promise<number> {
    const { journal, uploads, metrics, clock, logger } = this.#options;
    const { meta } = standing.head;
    if (entries.length > 0 && !standing.isVersionAdded) {
      // The process that assigned the owner may have died before it added the version.
      const { identityId, uploadId, epoch, epochStartedAt } = meta;
      await uploads.addEpoch({ identityId, uploadId, epoch, epochStartedAt, sequencer: null });
      standing.isVersionAdded = true;
    }
    for (const [index, entry] of entries.entries()) {
      if ((await journal.append(meta, entry)) === 'taken') return index;
      metrics.eventsEmitted(entry.eventCount);
      const state = this.#stateFor(standing, entry, index === entries.length - 1);
      standing.isLineDue ||= entry.lineChanged;
      if (entry.terminal || state !== undefined) await this.#addDueLine(standing, entry.line);
      metrics.handovers('entry');
      const lagMs = clock.nowMs() - Date.parse(entry.oldestEventAt);
      metrics.handedOver(lagMs);
      const { firstOffset, lastOffset } = entry;
      logger.debug(
        { uploadId: meta.uploadId, epoch: meta.epoch, firstOffset, lastOffset, lagMs },
        'entry handed over',
      );
      const handover = handoverOfEntry(meta, entry, state);
      const isFirst = entry.firstOffset === 1 && this.#options.enrolments.takeNew(meta.identityId);
      await this.#pass(standing, isFirst ? { ...handover, identityIsNew: true } : handover);
    }
    return entries.length;
  }

  /** The retained state that goes with an entry: with the first, with the last, and when the interval is over. */
  #stateFor({ head, stateAtMs }: StandingHead, entry: PlannedEntry, isNewest: boolean): string | undefined {
    const { clock, snapshotIntervalMs } = this.#options;
    const isDue = stateAtMs === undefined || clock.nowMs() - stateAtMs >= snapshotIntervalMs;
    if (entry.firstOffset !== 1 && !entry.terminal && !isDue) return undefined;
    // The head has taken in all entries of the plan, so it gives the state after the newest alone.
    return isNewest ? renderState(head.state, entry.snapshot?.state) : stateOfSnapshot(entry);
  }

  /** Resolves when the handover is emitted. */
  #pass(standing: StandingHead, handover: Handover): Promise<void> {
    const { emitted, settled } = this.#options.outbox.send(handover);
    standing.settled = settled;
    settled.catch(() => {
      // What follows from it may be missing, a state above all: the next touch passes the newest entry on again.
      standing.isUnsettled = true;
    });
    // Most entries have no state with them, and then there is nothing to do after it.
    return handover.state === undefined ? emitted : this.#passState(standing, handover, emitted);
  }

  async #passState(standing: StandingHead, handover: Handover, emitted: Promise<void>): Promise<void> {
    await emitted;
    standing.stateAtMs = this.#options.clock.nowMs();
    standing.stateOffset = handover.lastOffset;
  }

  /** Said once for each state, but again when nothing was written: the pass that was given it before may have failed. */
  #snapshotDue(standing: StandingHead, isWritten: boolean): readonly FollowUp[] {
    const { head, stateAtMs = 0, stateOffset } = standing;
    if (stateOffset === head.lastOffset || head.lastOffset === 0) return NOTHING_DUE;
    if (isWritten && standing.dueAfterStateAtMs === stateAtMs) return NOTHING_DUE;
    standing.dueAfterStateAtMs = stateAtMs;
    const { clock, snapshotIntervalMs } = this.#options;
    const afterMs = Math.max(0, stateAtMs + snapshotIntervalMs - clock.nowMs());
    return [{ kind: 'snapshot', stream: head.meta, afterMs }];
  }
}
