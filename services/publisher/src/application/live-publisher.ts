import { CLOUDEVENTS_CONTENT_TYPE, describeIssues, type TopicSpace } from '@stepcast/contracts';
import { asError, type Clock } from '@stepcast/kit';
import { readHandover } from '@stepcast/wire';
import { RecentMap } from '../domain/recent-map.ts';
import { lastOffset, mergePieces, planPiece, type Piece } from '../domain/pieces.ts';
import { streamKey, uploadKey, type StreamRef } from '../domain/positions.ts';
import { encodePiece } from '../domain/progress-messages.ts';
import type { Journal, UploadSummaries } from '../ports/journal.port.ts';
import type { MqttMessage } from '../ports/mqtt-publisher.port.ts';
import type { Delivery } from '../ports/progress-queue.port.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { GapReader } from './gap-reader.ts';
import { HandoverEndings, type HandoverEndingsOptions } from './handover-endings.ts';
import type { Insist } from './journal-access.ts';
import type { PublishOutcome } from './publish-job.ts';
import { inconsistency, pieceOfHandover, type Batch, type Entry, type Stream } from './stream.ts';

/** Room that merged events leave for the envelope around them. */
const ENVELOPE_BYTES = 4 * 1024;
const REMEMBERED_STREAMS = 100_000;

export interface LivePublisherOptions extends HandoverEndingsOptions {
  readonly pool: ConnectionPool;
  readonly topics: TopicSpace;
  readonly journal: Journal;
  readonly summaries: Pick<UploadSummaries, 'read'>;
  readonly insist: Insist;
  readonly clock: Clock;
  /** Every payload has fewer bytes than this. */
  readonly maxPayloadBytes: number;
}

/**
 * Publishes handovers: those of one stream one message after the other, each after the PUBACK of the one before.
 * While a message is on its way, what arrives for its stream gathers and travels in the next; an idle stream's
 * handover leaves at once. A handover is acknowledged when its events are; see {@link HandoverEndings}.
 */
export class LivePublisher {
  readonly #options: LivePublisherOptions;
  readonly #gaps: GapReader;
  readonly #endings: HandoverEndings;
  readonly #streams = new Map<string, Stream>();
  readonly #lastPublished = new RecentMap<string, number>(REMEMBERED_STREAMS);

  constructor(options: LivePublisherOptions) {
    this.#options = options;
    this.#gaps = new GapReader(options);
    this.#endings = new HandoverEndings(options);
  }

  /** Streams with something left to publish. */
  get active(): number {
    return this.#streams.size;
  }

  /** Takes a message of the progress queue. Its `done` or `retry` is called later, unless the publisher is stopped before. */
  accept(delivery: Delivery): void {
    const parsed = readHandover(delivery.body);
    if (!parsed.ok) {
      this.#endings.unusable(delivery, 'PUBLISHER_HANDOVER_INVALID', describeIssues(parsed.issues));
      return;
    }
    const content = parsed.value;
    const problem = inconsistency(content);
    if (problem !== undefined) {
      this.#endings.unusable(delivery, 'PUBLISHER_HANDOVER_INCONSISTENT', problem);
      return;
    }
    const piece = pieceOfHandover(content);
    const stream = this.#streamOf(content.progress);
    stream.pending.push({ piece, handover: { delivery, content } });
    // A moment later, so that handovers that came in one receive travel in one message.
    queueMicrotask(() => {
      this.#advance(stream);
    });
  }

  #streamOf(ref: StreamRef): Stream {
    const key = streamKey(ref);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const { identityId, uploadId, epoch } = ref;
    const stream: Stream = {
      identityId,
      uploadId,
      epoch,
      key,
      phase: 'open',
      pending: [],
      batch: undefined,
      last: this.#lastPublished.get(key),
    };
    this.#streams.set(key, stream);
    return stream;
  }

  #advance(stream: Stream): void {
    if (stream.phase !== 'open' || this.#streams.get(stream.key) !== stream) return;
    for (;;) {
      const [head] = stream.pending;
      if (head === undefined) {
        this.#forget(stream);
        return;
      }
      const plan = this.#planOf(stream, head);
      if (plan.kind === 'duplicate') {
        stream.pending.shift();
        this.#endings.duplicate(head);
        continue;
      }
      if (plan.kind === 'gap') {
        stream.phase = 'filling';
        void this.#fill(stream, plan.from, plan.to);
        return;
      }
      this.#submit(stream);
      return;
    }
  }

  #planOf(stream: Stream, entry: Entry) {
    const redelivered = (entry.handover?.delivery.receiveCount ?? 1) > 1;
    return planPiece(stream.last, entry.piece, { redelivered });
  }

  #forget(stream: Stream): void {
    if (stream.last !== undefined) this.#lastPublished.set(stream.key, stream.last);
    this.#streams.delete(stream.key);
  }

  #submit(stream: Stream): void {
    stream.phase = 'submitted';
    this.#options.pool.submit({
      key: uploadKey(stream),
      identityId: stream.identityId,
      live: true,
      prepare: () => this.#prepare(stream),
      settle: (outcome) => {
        this.#settled(stream, outcome);
      },
    });
  }

  /** What to send now that there is room: the rest of the batch, or a new batch of what has gathered. */
  #prepare(stream: Stream): MqttMessage | undefined {
    stream.batch ??= this.#gather(stream);
    const next = stream.batch?.messages[0];
    if (next === undefined) {
      stream.phase = 'open';
      // Not from inside the pool's own loop.
      queueMicrotask(() => {
        this.#advance(stream);
      });
      return undefined;
    }
    const { identityId, uploadId } = stream;
    return {
      topic: this.#options.topics.build({ kind: 'events', identityId, uploadId }),
      payload: next.payload,
      retain: false,
      contentType: CLOUDEVENTS_CONTENT_TYPE,
    };
  }

  #gather(stream: Stream): Batch | undefined {
    const pieces: Piece[] = [];
    let reached = stream.last;
    for (const entry of stream.pending) {
      const redelivered = (entry.handover?.delivery.receiveCount ?? 1) > 1;
      const plan = planPiece(reached, entry.piece, { redelivered });
      if (plan.kind !== 'publish') break;
      pieces.push(plan.piece);
      reached = Math.max(reached ?? 0, lastOffset(plan.piece));
    }
    const [first, ...rest] = pieces;
    if (first === undefined) return undefined;
    const { merged, count } = mergePieces([first, ...rest], this.#options.maxPayloadBytes - ENVELOPE_BYTES);
    const entries = stream.pending.splice(0, count);
    try {
      const messages = encodePiece(merged, this.#options.maxPayloadBytes);
      for (const { truncated } of messages)
        if (truncated) this.#options.metrics.truncated.add({ kind: 'events' });
      return { entries, messages, refused: undefined };
    } catch (thrown) {
      stream.last = Math.max(stream.last ?? 0, lastOffset(merged));
      for (const entry of entries) this.#endings.refused(entry, asError(thrown));
      return undefined;
    }
  }

  #settled(stream: Stream, outcome: PublishOutcome): void {
    const { batch } = stream;
    const message = batch?.messages.shift();
    if (outcome.kind === 'abandoned' || batch === undefined || message === undefined) return;
    if (outcome.kind === 'refused') batch.refused = outcome.error;
    else this.#count(batch, message.events, message.oldestEventAt);
    stream.last = Math.max(stream.last ?? 0, message.lastOffset);
    if (batch.messages.length === 0) {
      stream.batch = undefined;
      for (const entry of batch.entries) {
        if (batch.refused === undefined) this.#endings.published(entry);
        else this.#endings.refused(entry, batch.refused);
      }
    }
    stream.phase = 'open';
    if (stream.batch !== undefined) this.#submit(stream);
    else this.#advance(stream);
  }

  #count(batch: Batch, events: number, oldestEventAt: string): void {
    const { metrics, clock } = this.#options;
    const from = batch.entries[0]?.handover === undefined ? 'journal' : 'queue';
    metrics.messages.add({ kind: 'events' });
    metrics.events.add({ from }, events);
    metrics.deliveryLag.observe(Math.max(0, clock.nowMs() - Date.parse(oldestEventAt)) / 1000);
  }

  /** Puts the missing entries before the pending ones. */
  async #fill(stream: Stream, from: number, to: number): Promise<void> {
    const missing = await this.#gaps.read(stream, from, to);
    if (missing === 'stopped') return;
    stream.pending.unshift(...missing.map((piece): Entry => ({ piece, handover: undefined })));
    stream.last = (missing[0]?.events[0]?.offset ?? to + 1) - 1;
    stream.phase = 'open';
    this.#advance(stream);
  }
}
