import {
  CLOUDEVENTS_CONTENT_TYPE,
  type IdentityId,
  type TopicSpace,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import { asError, errorFields, StepcastError, type Logger } from '@stepcast/kit';
import { queueText, type DeadLetters } from '@stepcast/wire';
import { RecentMap } from '../domain/recent-map.ts';
import { isNewer, uploadKey, type Place } from '../domain/positions.ts';
import { encodeState } from '../domain/state-messages.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { publishRetained, tellOperators, type RetainedContext, type Told } from './retained-topic.ts';

interface Candidate {
  readonly state: UploadState;
  readonly source: string;
}

/**
 * The state topic of one upload.
 *
 * - `quiet`: nothing to say. A newer state is sent at once, unless the last one is less than the interval ago.
 * - `due`: the newest state waits for its time; a newer one takes its place, and one that ends the upload goes sooner.
 * - `sending`: a state is on its way; the newest that came meanwhile waits behind it.
 *
 * quiet → sending | due; due → sending; sending → due | quiet.
 */
interface Slot {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  phase: 'quiet' | 'due' | 'sending';
  published: Place | undefined;
  publishedAtMs: number;
  next: Candidate | undefined;
  /** Resolved when the topic holds a state at least as new as what they offered, or that state is lost. */
  waiters: { readonly place: Place; readonly resolve: (told: Told) => void }[];
  cancel: (() => void) | undefined;
}

function takeNext(slot: Slot): Candidate | undefined {
  const { next } = slot;
  slot.next = undefined;
  return next;
}

const REMEMBERED_TOPICS = 50_000;

export interface StatePublisherOptions {
  readonly retained: RetainedContext;
  readonly topics: TopicSpace;
  readonly journal: Journal;
  /** No other copy publishes, but for a moment when one takes over from another. */
  readonly alone: boolean;
  readonly maxPayloadBytes: number;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/** Keeps the retained state of every upload: as often as the pace allows, always the newest in the end. */
export class StatePublisher {
  readonly #options: StatePublisherOptions;
  readonly #active = new Map<string, Slot>();
  #onSettled: (() => void) | undefined;
  readonly #quiet = new RecentMap<string, Slot>(REMEMBERED_TOPICS);

  constructor(options: StatePublisherOptions) {
    this.#options = options;
  }

  /** How many topics have something left to say. */
  get active(): number {
    return this.#active.size;
  }

  /**
   * Offers a state.
   * @param onTold called once: `settled` when the topic holds it or a newer one, or it is dead-lettered; `lost` when it
   * could not be published and the dead-letter queue refused it
   */
  offer(state: UploadState, source: string, onTold?: (told: Told) => void): void {
    const slot = this.#slotOf(state);
    if (!isNewer(state, slot.published)) {
      if (slot.phase === 'quiet') this.#enter(slot, 'quiet');
      onTold?.('settled');
      return;
    }
    if (onTold !== undefined) slot.waiters.push({ place: state, resolve: onTold });
    if (isNewer(state, slot.next?.state)) {
      if (slot.next !== undefined) this.#options.metrics.coalescedStates.add();
      slot.next = { state, source };
    }
    if (slot.phase === 'quiet') this.#schedule(slot, { deferred: false });
    else if (slot.phase === 'due' && onTold !== undefined) {
      slot.cancel?.();
      this.#schedule(slot, { deferred: true });
    }
  }

  /** Calls off what waits for its time. What was offered is not resolved any more. */
  stop(): void {
    for (const slot of this.#active.values()) slot.cancel?.();
    this.#active.clear();
    this.#onSettled?.();
  }

  /** Resolves when nothing is left to say. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onSettled = resolve;
    if (this.#active.size === 0) resolve();
    return promise;
  }

  #slotOf(state: UploadState): Slot {
    const key = uploadKey(state);
    const known = this.#active.get(key) ?? this.#quiet.get(key);
    if (known !== undefined && known.phase !== 'quiet') return known;
    this.#options.retained.pace.began();
    if (known !== undefined) {
      this.#active.set(key, known);
      this.#quiet.delete(key);
      return known;
    }
    const slot: Slot = {
      identityId: state.identityId,
      uploadId: state.uploadId,
      phase: 'quiet',
      published: undefined,
      publishedAtMs: Number.NEGATIVE_INFINITY,
      next: undefined,
      waiters: [],
      cancel: undefined,
    };
    this.#active.set(key, slot);
    return slot;
  }

  #enter(slot: Slot, phase: Slot['phase']): void {
    slot.phase = phase;
    slot.cancel = undefined;
    if (phase !== 'quiet') return;
    const key = uploadKey(slot);
    this.#active.delete(key);
    this.#options.retained.pace.ended();
    this.#quiet.set(key, slot);
    if (this.#active.size === 0) this.#onSettled?.();
  }

  #schedule(slot: Slot, { deferred }: { readonly deferred: boolean }): void {
    if (slot.next === undefined) {
      this.#enter(slot, 'quiet');
      return;
    }
    const { pace, clock, timers } = this.#options.retained;
    const urgent = slot.waiters.length > 0;
    const waitMs = pace.waitMs(clock.nowMs(), { atMs: slot.publishedAtMs }, { urgent });
    if (waitMs === 0) {
      this.#enter(slot, 'sending');
      void this.#send(slot, deferred);
      return;
    }
    this.#enter(slot, 'due');
    slot.cancel = timers.after(waitMs, () => {
      this.#schedule(slot, { deferred: true });
    });
  }

  async #send(slot: Slot, deferred: boolean): Promise<void> {
    const mine = takeNext(slot);
    if (mine === undefined) {
      this.#schedule(slot, { deferred: false });
      return;
    }
    const candidate = deferred || !this.#options.alone ? await this.#readAnew(mine) : mine;
    const outcome = await this.#publish(candidate);
    if (outcome === 'abandoned') return;
    // Not the state itself: it would be kept for as long as the topic is remembered.
    const { epochStartedAt, position } = candidate.state;
    const place: Place = { epochStartedAt, position };
    // A lost one may be offered again.
    if (outcome === 'settled') slot.published = place;
    slot.publishedAtMs = this.#options.retained.clock.nowMs();
    if (slot.next !== undefined && !isNewer(slot.next.state, slot.published)) slot.next = undefined;
    const still: Slot['waiters'] = [];
    for (const waiter of slot.waiters) {
      if (isNewer(waiter.place, place)) still.push(waiter);
      else waiter.resolve(outcome);
    }
    slot.waiters = still;
    this.#schedule(slot, { deferred: false });
  }

  /**
   * A state that had to wait may have been overtaken by another copy of the publisher, which would leave the topic with
   * the older of the two. So it is read again from the journal, which knows the newest. Where there are several copies,
   * another one may also have a newer epoch, of which this one hears nothing: its queue has groups by epoch.
   */
  async #readAnew(mine: Candidate): Promise<Candidate> {
    const { journal, logger, alone } = this.#options;
    const { identityId, uploadId, position } = mine.state;
    try {
      const newest = alone ? undefined : await journal.newestEpoch(identityId, uploadId);
      const epoch = newest?.epoch ?? position.epoch;
      const stream = { identityId, uploadId, epoch };
      // Entries follow on one another: whoever knows an offset of the newest one knows the newest state.
      const begins = epoch === position.epoch ? await journal.newestFirstOffset(stream) : undefined;
      if (begins !== undefined && begins <= position.offset) return mine;
      const entry = await journal.newestEntry(stream);
      if (entry === undefined || !isNewer(entry.state, mine.state)) return mine;
      return { state: entry.state, source: entry.source };
    } catch (thrown) {
      logger.warn(errorFields(thrown), 'newest state not read');
      return mine;
    }
  }

  async #publish({ state, source }: Candidate): Promise<Told | 'abandoned'> {
    const { retained, topics, maxPayloadBytes, deadLetters, metrics } = this.#options;
    try {
      const payload = encodeState(state, source, maxPayloadBytes);
      const outcome = await publishRetained(retained, {
        key: uploadKey(state),
        identityId: state.identityId,
        message: {
          topic: topics.build({ kind: 'state', identityId: state.identityId, uploadId: state.uploadId }),
          payload,
          retain: true,
          contentType: CLOUDEVENTS_CONTENT_TYPE,
        },
      });
      if (outcome.kind === 'abandoned') return 'abandoned';
      if (outcome.kind === 'refused') throw outcome.error;
      metrics.messages.add({ kind: 'state' });
      return 'settled';
    } catch (thrown) {
      return tellOperators(deadLetters, {
        code: thrown instanceof StepcastError ? thrown.code : 'PUBLISHER_STATE_FAILED',
        reason: `state of an upload: ${asError(thrown).message}`,
        original: queueText(state),
      });
    }
  }
}
