import { CLOUDEVENTS_CONTENT_TYPE, type TopicSpace } from '@stepcast/contracts';
import { createLru, type Clock, type Lru, type Timers } from '@stepcast/kit';
import type { Handover } from '@stepcast/wire';
import { MessageTooLargeError } from '../../domain/errors.ts';
import { hasEvents, progressMessage } from '../../domain/messages.ts';
import { streamKey, uploadKey } from '../../domain/positions.ts';
import type { MqttMessage } from '../../ports/mqtt-publisher.port.ts';
import type { ConnectionPool } from '../connections/connection-pool.ts';
import type { PublishJob, PublishOutcome, PublishRefusal } from '../connections/publish-job.ts';
import {
  Acknowledgement,
  HandoverOverdueError,
  PublisherStoppedError,
  type Acceptance,
} from './acceptance.ts';
import { Endings, type EndingsOptions } from './endings.ts';
import type { MessageTraces } from './message-traces.ts';
import { MissingEntries, type MissingEntriesOptions } from './missing-entries.ts';
import { takeBatch, type Batch, type Delivery, type Stream } from './stream.ts';

/** Room that merged events leave for the envelope around them. */
const ENVELOPE_BYTES = 8 * 1024;
/** How many bytes idle streams may take; one takes about 900 with its texts and its job. */
const REMEMBERED_BYTES = 32 * 1024 * 1024;
const STREAM_BYTES = 900;

export interface LivePublisherOptions extends EndingsOptions, MissingEntriesOptions {
  readonly pool: ConnectionPool;
  readonly topics: TopicSpace;
  readonly clock: Clock;
  readonly timers: Timers;
  /** How long a handover may be in hand before it is given back, because broker or journal are away. */
  readonly maxWaitMs: number;
  /** Every payload has fewer bytes than this. */
  readonly maxPayloadBytes: number;
  /** No other copy publishes. */
  readonly alone: boolean;
  /** Undefined where nothing is traced. */
  readonly traces: MessageTraces | undefined;
}

/**
 * Publishes handovers: those of one stream one message after the other, each after the PUBACK of the one before. While a
 * message is on its way, what arrives for its stream gathers and travels in the next; an idle stream's handover leaves
 * at once. Entries are atomic: an entry is published whole or not at all.
 *
 * What is to be published follows from an invariant of the correlator: it writes an entry only after the entry before it
 * was acknowledged by the next hop, and a correlator that begins with a stream passes its newest entry on again.
 *
 * - A handover that ends at or before the last published offset is a duplicate. It is acknowledged and not published,
 *   also when the queue delivered it again: the last offset moves at PUBACK only, so its events are at the broker.
 * - A handover that ends beyond it is published whole. What overlaps is a duplicate, which the reader drops by offset.
 * - A handover that begins beyond the next offset leaves a hole. With the invariant only two correlators that write side
 *   by side can make one, and the entries between are read from the journal first.
 * - Without memory of the stream (after a start, or among several copies between two deliveries, where another copy may
 *   have had the stream) the handover is taken as it is: nothing before it is missing.
 */
export class LivePublisher {
  readonly #options: LivePublisherOptions;
  readonly #missing: MissingEntries;
  readonly #endings: Endings;
  readonly #streams = new Map<string, Stream>();
  /** Idle streams, with their last published offset. */
  readonly #idle: Lru<string, Stream> = createLru({
    maxBytes: REMEMBERED_BYTES,
    bytesOf: () => STREAM_BYTES,
  });
  readonly #open = new Set<Acknowledgement>();
  #cancelWatch: (() => void) | undefined;
  #onIdle: (() => void) | undefined;
  #stopped = false;

  constructor(options: LivePublisherOptions) {
    this.#options = options;
    this.#missing = new MissingEntries(options);
    this.#endings = new Endings(options);
  }

  /** Takes a handover, and gives it back when the publisher is stopped or cannot publish it in time. */
  accept(handover: Handover): Acceptance {
    const acknowledgement = new Acknowledgement(this.#options.clock.nowMs(), this.#onEnd);
    this.#open.add(acknowledgement);
    if (this.#stopped) {
      acknowledgement.fail(new PublisherStoppedError());
      return acknowledgement;
    }
    this.#watchWaits();
    const stream = this.#streamOf(handover);
    stream.pending.push({ handover, acknowledgement });
    // Else it is on its way already, or has its moment before it.
    if (stream.phase === 'open' && stream.pending.length === 1) this.#advanceSoon(stream);
    return acknowledgement;
  }

  readonly #onEnd = (ended: Acknowledgement): void => {
    this.#open.delete(ended);
    if (this.#open.size === 0) this.#onIdle?.();
  };

  /** Takes no more, and resolves when everything that was taken is settled; with `force` rejects what is not. */
  async stop({ force }: { readonly force: boolean }): Promise<void> {
    this.#stopped = true;
    if (force) {
      this.#cancelWatch?.();
      for (const acknowledgement of this.#open) acknowledgement.fail(new PublisherStoppedError());
      this.#streams.clear();
    }
    if (this.#open.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    await promise;
  }

  /** One timer for all that is in hand: those accepted first are due first. */
  #watchWaits(): void {
    if (this.#cancelWatch !== undefined) return;
    const oldest = this.#open.values().next().value;
    if (oldest === undefined) return;
    const { clock, timers, maxWaitMs } = this.#options;
    const dueMs = Math.max(1, oldest.acceptedAtMs + maxWaitMs - clock.nowMs());
    this.#cancelWatch = timers.after(dueMs, () => {
      this.#cancelWatch = undefined;
      this.#giveBackOverdue();
      this.#watchWaits();
    });
  }

  /** What is overdue goes back, and with it what waits behind it in its stream, so that the stream stays in order. */
  #giveBackOverdue(): void {
    const { clock, maxWaitMs } = this.#options;
    const overdue = new HandoverOverdueError(maxWaitMs);
    for (const acknowledgement of this.#open) {
      if (clock.nowMs() - acknowledgement.acceptedAtMs < maxWaitMs) break;
      acknowledgement.fail(overdue);
    }
    for (const stream of this.#streams.values()) {
      const from = stream.pending.findIndex(({ acknowledgement }) => acknowledgement?.hasFailed === true);
      if (from < 0) continue;
      for (const { acknowledgement } of stream.pending.splice(from)) acknowledgement?.fail(overdue);
    }
  }

  #streamOf(handover: Handover): Stream {
    const key = streamKey(handover);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const stream = this.#idle.get(key) ?? this.#newStream(key, handover);
    this.#streams.set(key, stream);
    return stream;
  }

  #newStream(key: string, { identityId, uploadId, epoch }: Handover): Stream {
    const job: PublishJob = {
      key: uploadKey({ identityId, uploadId }),
      identityId,
      live: true,
      prepare: () => this.#prepare(stream),
      settle: (outcome) => {
        this.#settled(stream, outcome);
      },
    };
    const stream: Stream = {
      identityId,
      uploadId,
      epoch,
      key,
      topic: this.#options.topics.build({ kind: 'events', identityId, uploadId }),
      job,
      phase: 'open',
      pending: [],
      batch: undefined,
      last: undefined,
      isRemembered: false,
    };
    return stream;
  }

  /** A moment later, so that handovers that came in one receive travel in one message. */
  #advanceSoon(stream: Stream): void {
    queueMicrotask(() => {
      this.#advance(stream);
    });
  }

  #advance(stream: Stream): void {
    if (stream.phase !== 'open' || this.#streams.get(stream.key) !== stream) return;
    for (let head = stream.pending[0]; head !== undefined; head = stream.pending[0]) {
      const { handover } = head;
      if (!hasEvents(handover) || isBehind(handover, stream.last)) {
        stream.pending.shift();
        this.#endings.emitted(head, hasEvents(handover) ? 'duplicate' : 'published');
        continue;
      }
      if (stream.last !== undefined && handover.firstOffset > stream.last + 1) {
        stream.phase = 'filling';
        void this.#fill(stream, handover, stream.last + 1);
      } else this.#submit(stream);
      return;
    }
    this.#forget(stream);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream.key);
    if (stream.last === undefined || stream.isRemembered || !this.#options.alone) return;
    stream.isRemembered = true;
    this.#idle.set(stream.key, stream);
  }

  #submit(stream: Stream): void {
    stream.phase = 'submitted';
    this.#options.pool.submit(stream.job);
  }

  /** What to send now that there is room: a message of what has gathered. */
  #prepare(stream: Stream): MqttMessage | undefined {
    stream.batch = takeBatch(stream, this.#options.maxPayloadBytes - ENVELOPE_BYTES);
    if (stream.batch === undefined) {
      this.#reopen(stream);
      return undefined;
    }
    const payload = progressMessage(stream.batch.handovers);
    const { maxPayloadBytes } = this.#options;
    if (payload.length >= maxPayloadBytes) {
      this.#refuse(stream, new MessageTooLargeError('a progress message', payload.length, maxPayloadBytes));
      this.#reopen(stream);
      return undefined;
    }
    const message = { topic: stream.topic, payload, retain: false, contentType: CLOUDEVENTS_CONTENT_TYPE };
    const { traces } = this.#options;
    return traces === undefined ? message : { ...message, traceparent: traces.traceparent(stream.batch) };
  }

  #reopen(stream: Stream): void {
    stream.phase = 'open';
    // Not from inside the pool's own loop.
    this.#advanceSoon(stream);
  }

  #settled(stream: Stream, outcome: PublishOutcome): void {
    const { batch } = stream;
    if (outcome.kind === 'abandoned' || batch === undefined) return;
    if (outcome.kind === 'refused') this.#refuse(stream, outcome.error);
    else {
      this.#published(stream, batch);
      for (const delivery of batch.deliveries) this.#endings.emitted(delivery, 'published');
    }
    stream.phase = 'open';
    this.#advance(stream);
  }

  #refuse(stream: Stream, error: PublishRefusal): void {
    const { batch } = stream;
    if (batch === undefined) return;
    this.#passed(stream, batch);
    this.#options.traces?.published(batch, true);
    for (const delivery of batch.deliveries) void this.#endings.refused(delivery, error);
  }

  #passed(stream: Stream, { handovers }: Batch): void {
    stream.last = Math.max(stream.last ?? 0, handovers.at(-1)?.lastOffset ?? 0);
    stream.batch = undefined;
  }

  #published(stream: Stream, batch: Batch): void {
    const { metrics, clock, logger, traces } = this.#options;
    const [first] = batch.handovers;
    this.#passed(stream, batch);
    traces?.published(batch, false);
    metrics.count.messages.events();
    if (batch.handovers.some(({ truncated }) => truncated)) metrics.truncated.add({ kind: 'events' });
    for (const { handover, acknowledgement } of batch.deliveries) {
      const from = acknowledgement === undefined ? 'journal' : 'handover';
      metrics.count.events[from](handover.lastOffset - handover.firstOffset + 1);
    }
    const lagMs = Math.max(0, clock.nowMs() - Date.parse(first.oldestEventAt));
    metrics.deliveryLag.observe(lagMs / 1000);
    const { uploadId, epoch } = stream;
    logger.debug({ uploadId, epoch, lastOffset: stream.last, lagMs }, 'events published');
  }

  /** Puts missing entries before the pending ones. */
  async #fill(stream: Stream, next: Handover, from: number): Promise<void> {
    const missing = await this.#missing.before(next, from);
    if (missing === 'stopped') return;
    const found = missing.map((handover): Delivery => ({ handover, acknowledgement: undefined }));
    stream.pending.unshift(...found);
    // What the journal does not have is missing for good.
    const begins = found[0]?.handover.firstOffset ?? next.firstOffset;
    stream.last = Math.max(stream.last ?? 0, begins - 1);
    stream.phase = 'open';
    this.#advance(stream);
  }
}

function isBehind(handover: Handover, last: number | undefined): boolean {
  return last !== undefined && handover.lastOffset <= last;
}
