import { isTerminal, type TopicSpace } from '@stepcast/contracts';
import { asError, createLru, errorFields, type Clock, type Lru, type Timers } from '@stepcast/kit';
import { hasEvents, stateMessage, type StateHandover, type StateToPublish } from '../../domain/messages.ts';
import { isNewer, uploadKey, type Place, type StreamRef } from '../../domain/positions.ts';
import type { Journal } from '../../ports/journal.port.ts';
import { StoppedError, type Insist } from '../journal-access.ts';
import { readNewerState } from '../stored-state.ts';
import { OverlapTopics, type Overlap } from './overlap.ts';
import {
  PacedTopics,
  type OnRetained,
  type Retained,
  type TopicContent,
  type WriteAgain,
} from './paced-topics.ts';
import { StateComparison, type Turn } from './state-comparison.ts';
import { HELD_UP_MS, publishRetained, type RetainedContext } from './retained-message.ts';
import type { RetainedTurns } from './retained-turns.ts';

export interface StateTopicsOptions extends RetainedContext {
  readonly topics: TopicSpace;
  readonly journal: Journal;
  readonly insist: Insist;
  /** No other copy publishes, but for a moment when one takes over from another. */
  readonly alone: boolean;
  readonly overlap: Overlap;
  readonly shortestIntervalMs: () => number;
  readonly turns: RetainedTurns;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What the places of retained states may take; one takes about 400 bytes with its key. */
const REMEMBERED_BYTES = 16 * 1024 * 1024;
const PLACE_BYTES = 400;
/** So long after it was passed on, or compared with the journal, another correlator may have brought a stream to its end. */
const FRESH_MS = 1_000;

const REPEAT = { handover: undefined, cameWithEvents: false, sinceMs: 0, isRepeat: true } as const;

type Upload = Pick<StreamRef, 'identityId' | 'uploadId'>;

interface Candidate {
  readonly upload: Upload;
  /** Brings the state, without events: it may wait for long. `undefined`: the journal has it. */
  readonly handover: (StateHandover & { readonly events: undefined }) | undefined;
  /** The state came with events, and was not due later than they were. */
  readonly cameWithEvents: boolean;
  /** When the correlator passed it on. */
  readonly sinceMs: number;
  /** The topic may have been put back: it is written also where nothing is newer. */
  readonly isRepeat: boolean;
}

/**
 * The retained state of every upload. When a snapshot is due is for the correlator to say; here it is published as soon
 * as the topic may be written again. A topic never goes back to an older state.
 */
export class StateTopics {
  readonly #topics: PacedTopics<string, Candidate>;
  readonly #early: OverlapTopics<Upload>;

  constructor(options: StateTopicsOptions) {
    this.#early = new OverlapTopics(options.overlap);
    this.#topics = new PacedTopics({ ...options, content: new StateContent(options) });
  }

  /** @param sinceMs when the correlator passed it on */
  offer(handover: StateHandover, sinceMs: number, onRetained?: OnRetained): void {
    const { identityId, uploadId } = handover;
    const upload = { identityId, uploadId };
    const key = uploadKey(upload);
    this.#early.note(key, upload);
    this.#topics.offer(
      key,
      {
        upload,
        handover: { ...handover, events: undefined },
        cameWithEvents: hasEvents(handover),
        sinceMs,
        isRepeat: false,
      },
      0,
      onRetained,
    );
  }

  /** Publishes the states of the overlap once more: the process before may have put them back. */
  repeatEarly(): Promise<void> {
    return this.#early.repeat((upload) => this.#topics.repeat(uploadKey(upload), { upload, ...REPEAT }));
  }

  hurry(): void {
    this.#early.stop();
    this.#topics.hurry();
  }

  stop(): void {
    this.#early.stop();
    this.#topics.stop();
  }

  idle(): Promise<void> {
    return this.#topics.idle();
  }
}

class StateContent implements TopicContent<string, Candidate> {
  readonly #options: StateTopicsOptions;
  readonly #comparison: StateComparison;
  readonly #retained: Lru<string, Place> = createLru({
    maxBytes: REMEMBERED_BYTES,
    bytesOf: () => PLACE_BYTES,
  });

  constructor(options: StateTopicsOptions) {
    this.#options = options;
    this.#comparison = new StateComparison(options);
  }

  merge(waiting: Candidate, offered: Candidate): Candidate {
    this.#options.metrics.coalescedStates.add();
    const isRepeat = waiting.isRepeat || offered.isRepeat;
    return { ...newerOf(waiting, offered), isRepeat };
  }

  async publish(key: string, candidate: Candidate, deferred: boolean, again: WriteAgain): Promise<Retained> {
    try {
      return await this.#publish(key, candidate, deferred, again);
    } catch (thrown) {
      if (thrown instanceof StoppedError) return { kind: 'abandoned' };
      const { uploadId } = candidate.upload;
      this.#options.logger.error({ uploadId, ...errorFields(thrown) }, 'newest state not read');
      return { kind: 'failed', error: asError(thrown) };
    }
  }

  async #publish(
    key: string,
    { upload, handover, cameWithEvents, sinceMs, isRepeat }: Candidate,
    deferred: boolean,
    again: WriteAgain,
  ): Promise<Retained> {
    const { clock, overlap } = this.#options;
    const known = this.#retained.get(key);
    if (handover === undefined || !isNewer(handover.line, known))
      return isRepeat ? this.#retainNewest(key, upload, again) : { kind: 'dropped' };
    const { identityId, line } = handover;
    const topic = this.#topicOf(upload);
    const payload = stateMessage(handover);
    // Where every handover comes through this process, nothing follows an end that it does not know.
    const mayBeOvertaken = !isTerminal(line.status) || !overlap.isAlone;
    let freshMs = sinceMs;
    // Another correlator may have passed this one on long after it was written, or another publisher may have the end.
    let isLate = deferred || !cameWithEvents || (isTerminal(line.status) && !overlap.isAlone);
    const sent: { line: Place; isCompared: boolean } = { line, isCompared: true };
    const isOvertaken = async (turn: Turn) => {
      const answer = await this.#comparison.isOvertaken(handover, known, turn);
      sent.isCompared = answer !== undefined;
      return answer === true;
    };
    const isStale = () => mayBeOvertaken && clock.nowMs() - freshMs >= FRESH_MS;
    const isFresh = () => {
      const stale = isStale();
      if (!isTerminal(line.status)) return !stale;
      // An end does not queue up again: it goes, and is compared afterwards.
      if (stale) sent.isCompared = false;
      freshMs = clock.nowMs();
      return true;
    };
    for (;;) {
      isLate ||= isStale();
      const askedMs = clock.nowMs();
      const usual = overlap.isAlone ? 'usual' : 'shared';
      if (await isOvertaken(isLate && mayBeOvertaken ? 'late' : usual)) return { kind: 'dropped' };
      if (isLate || usual === 'shared') freshMs = askedMs;
      const outcome = await publishRetained(this.#options, {
        kind: 'state',
        key,
        identityId,
        topic,
        payload,
        isFresh,
        renew: async () => {
          if (!(await isOvertaken('again'))) return payload;
          // What was sent first may have come in late, and have put the newer state back.
          const newest = await this.#newerEnd(upload, line);
          if (newest === undefined) return undefined;
          sent.line = newest.line;
          return stateMessage(newest);
        },
      });
      if (outcome.kind === 'withdrawn') continue;
      if (outcome.kind !== 'retained') return outcome;
      this.#retained.set(key, placeOf(sent.line));
      const isHeldUp = !sent.isCompared || clock.nowMs() - freshMs >= HELD_UP_MS;
      return isHeldUp ? this.#retainNewest(key, upload, again, sent.line) : outcome;
    }
  }

  /**
   * Retains what the journal has, where the topic may have been put back.
   * @param than the message that may have done it: only an end beyond it counts. Default: whatever is newest
   */
  async #retainNewest(key: string, upload: Upload, again: WriteAgain, than?: Place): Promise<Retained> {
    const { clock } = this.#options;
    const { identityId } = upload;
    for (let held = than; ;) {
      const before = held;
      const read = () => (before === undefined ? this.#newest(upload) : this.#newerEnd(upload, before));
      let askedMs = clock.nowMs();
      let newest = await read();
      if (newest === undefined) return { kind: 'retained' };
      if (before !== undefined) {
        if (!(await again())) return { kind: 'abandoned' };
        askedMs = clock.nowMs();
        newest = (await read()) ?? newest;
      }
      const outcome = await publishRetained(this.#options, {
        kind: 'state',
        key,
        identityId,
        topic: this.#topicOf(upload),
        payload: stateMessage(newest),
        renew: async () => {
          newest = (await read()) ?? newest;
          return newest === undefined ? undefined : stateMessage(newest);
        },
      });
      if (outcome.kind !== 'retained') return outcome;
      held = newest.line;
      this.#retained.set(key, placeOf(held));
      if (clock.nowMs() - askedMs < HELD_UP_MS) return outcome;
    }
  }

  #topicOf({ identityId, uploadId }: Upload): string {
    return this.#options.topics.build({ kind: 'state', identityId, uploadId });
  }

  #newest(upload: Upload, than?: Place): Promise<StateToPublish | undefined> {
    const { journal, insist } = this.#options;
    return insist('read newest state', () => readNewerState(journal, upload, than));
  }

  /**
   * The state beyond a place, if the upload has ended with it. While an upload goes on, the process that writes its entries
   * passes on a state every few seconds.
   */
  async #newerEnd(upload: Upload, than: Place): Promise<StateToPublish | undefined> {
    const newest = await this.#newest(upload, than);
    return newest !== undefined && isTerminal(newest.line.status) ? newest : undefined;
  }
}

function newerOf(waiting: Candidate, offered: Candidate): Candidate {
  if (offered.handover === undefined) return waiting;
  return waiting.handover === undefined || isNewer(offered.handover.line, waiting.handover.line)
    ? offered
    : waiting;
}

function placeOf({ epochStartedAt, position }: Place): Place {
  return { epochStartedAt, position };
}
