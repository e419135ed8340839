import {
  CatchUpRequestMessage,
  CLOUDEVENTS_CONTENT_TYPE,
  describeIssues,
  parseJson,
  type CatchUpRefusal,
  type CatchUpRequest,
  type IdentityId,
  type SessionId,
  type TopicSpace,
} from '@stepcast/contracts';
import {
  createLru,
  createTokenBucket,
  errorFields,
  type Clock,
  type Logger,
  type Lru,
  type TokenBucket,
  type TokenBucketOptions,
} from '@stepcast/kit';
import { refusalPage, replyMessage, ReplyPages, type PageText } from '../../domain/catch-up-pages.ts';
import { FairQueue } from '../../domain/fair-queue.ts';
import { spread } from '../../domain/rendezvous.ts';
import type { Journal } from '../../ports/journal.port.ts';
import type { IncomingMqttMessage } from '../../ports/mqtt-publisher.port.ts';
import { readCatchUp } from './catch-up-reader.ts';
import type { ConnectionPool } from '../connections/connection-pool.ts';
import type { PublishOutcome } from '../connections/publish-job.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import type { OverviewLines } from '../retained/overview-lines.ts';

export interface CatchUpLimits {
  /** Requests of one identity. */
  readonly rate: TokenBucketOptions;
  readonly maxRequestBytes: number;
  /** Requests answered at a time, and of one identity at a time. */
  readonly concurrency: number;
  readonly concurrencyPerIdentity: number;
  /** Requests that may wait, in all. */
  readonly maxWaiting: number;
}

export const DEFAULT_CATCH_UP_LIMITS: CatchUpLimits = {
  rate: { perSecond: 2, capacity: 10 },
  maxRequestBytes: 16 * 1024,
  concurrency: 8,
  concurrencyPerIdentity: 2,
  maxWaiting: 1_000,
};

const UNAVAILABLE_RETRY_MS = 2_000;
/** What the buckets of one kind may take; one takes about 300 bytes with its key. */
const REMEMBERED_BYTES = 8 * 1024 * 1024;
const BUCKET_BYTES = 300;

interface Asked {
  readonly identityId: IdentityId;
  readonly session: SessionId;
  readonly request: CatchUpRequest;
}

export interface CatchUpServiceOptions {
  readonly pool: ConnectionPool;
  readonly topics: TopicSpace;
  readonly journal: Journal;
  readonly lines: OverviewLines;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
  readonly limits: CatchUpLimits;
  readonly maxPayloadBytes: number;
  /** Which requests are this copy's, where the broker gives every copy all of them. */
  readonly share: { readonly index: number; readonly of: number };
}

/**
 * Answers catch-up requests. Whose uploads they are is taken from the topic alone, which the broker let only that
 * identity publish to; nothing in the payload can widen it.
 */
export class CatchUpService {
  readonly #options: CatchUpServiceOptions;
  readonly #waiting = new FairQueue<Asked>();
  readonly #running = new Map<IdentityId, number>();
  readonly #buckets = rememberBuckets();
  /** Refusals cost a message too: they have a budget of their own, and what is over it gets no answer. */
  readonly #refusals = rememberBuckets();
  #active = 0;
  #onIdle: (() => void) | undefined;
  #stopped = false;

  constructor(options: CatchUpServiceOptions) {
    this.#options = options;
  }

  /**
   * Takes a message from the requests topics, of any content.
   * @param isShared the broker gave it to this copy alone; if not, all copies have it, and one of them answers
   */
  accept(message: IncomingMqttMessage, isShared: boolean): void {
    const { topics, metrics, limits, clock, share } = this.#options;
    const topic = topics.parse(message.topic);
    if (topic?.kind !== 'requests') {
      metrics.catchUps.add({ outcome: 'notARequest' });
      return;
    }
    const { identityId, session } = topic;
    if (this.#stopped) return;
    if (!isShared && spread(`${identityId}/${session}`) % share.of !== share.index) return;
    const waitMs = bucketOf(this.#buckets, identityId, limits.rate, clock).take();
    if (waitMs > 0) {
      this.#refuse(identityId, session, null, {
        code: 'rateLimited',
        message: 'too many catch-up requests of this identity',
        retryAfterMs: waitMs,
      });
      return;
    }
    if (message.payload.length > limits.maxRequestBytes) {
      this.#refuse(identityId, session, null, {
        code: 'tooLarge',
        message: `a catch-up request has at most ${limits.maxRequestBytes} bytes`,
      });
      return;
    }
    const parsed = parseJson(CatchUpRequestMessage, Buffer.from(message.payload).toString('utf8'));
    if (!parsed.ok) {
      this.#refuse(identityId, session, null, {
        code: 'invalidRequest',
        message: describeIssues(parsed.issues).slice(0, 1_000),
      });
      return;
    }
    const request = parsed.value.data;
    if (this.#waiting.size >= limits.maxWaiting) {
      this.#refuse(identityId, session, request.requestId, {
        code: 'unavailable',
        message: 'too many catch-up requests are waiting',
        retryAfterMs: UNAVAILABLE_RETRY_MS,
      });
      return;
    }
    this.#waiting.push(identityId, { identityId, session, request });
    this.#pump();
  }

  /** Resolves when every request that was taken is answered. Takes no more. */
  async stop(options: { readonly force: boolean }): Promise<void> {
    this.#stopped = true;
    if (options.force || this.#active + this.#waiting.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    await promise;
  }

  #pump(): void {
    const { limits } = this.#options;
    const passed: Asked[] = [];
    while (this.#active < limits.concurrency) {
      const asked = this.#waiting.take();
      if (asked === undefined) break;
      const running = this.#running.get(asked.identityId) ?? 0;
      if (running >= limits.concurrencyPerIdentity) {
        passed.push(asked);
        continue;
      }
      this.#active += 1;
      this.#running.set(asked.identityId, running + 1);
      void this.#answer(asked).finally(() => {
        this.#active -= 1;
        const left = (this.#running.get(asked.identityId) ?? 1) - 1;
        if (left === 0) this.#running.delete(asked.identityId);
        else this.#running.set(asked.identityId, left);
        this.#pump();
      });
    }
    for (const asked of passed) this.#waiting.push(asked.identityId, asked);
    if (this.#active === 0 && this.#waiting.size === 0) this.#onIdle?.();
  }

  async #answer(asked: Asked): Promise<void> {
    const { journal, lines, logger, metrics, maxPayloadBytes } = this.#options;
    const { identityId, session, request } = asked;
    const pages = new ReplyPages(request.requestId, maxPayloadBytes);
    try {
      for (const wanted of request.uploads) {
        for await (const item of readCatchUp(journal, identityId, wanted)) {
          const full = pages.add(item);
          if (full !== undefined && !(await this.#reply(identityId, session, full))) return;
        }
      }
      const made = request.overview
        ? await lines.overviewOf(identityId, new Map(), (read) => read())
        : undefined;
      for (const page of pages.finish(made === undefined ? {} : { overview: made.overview }))
        if (!(await this.#reply(identityId, session, page))) return;
      metrics.catchUps.add({ outcome: 'answered' });
    } catch (thrown) {
      logger.warn(errorFields(thrown), 'catch-up request not answered');
      metrics.catchUps.add({ outcome: 'unavailable' });
      const refusal: CatchUpRefusal = {
        code: 'unavailable',
        message: 'the journal cannot be read at the moment',
        retryAfterMs: UNAVAILABLE_RETRY_MS,
      };
      for (const page of pages.finish({ refusal })) await this.#reply(identityId, session, page);
    }
  }

  /** @returns false when the broker did not take the page: the rest would only be a hole */
  async #reply(identityId: IdentityId, session: SessionId, page: PageText): Promise<boolean> {
    const { clock, ids, metrics, logger } = this.#options;
    const time = new Date(clock.nowMs()).toISOString();
    const outcome = await this.#publish(identityId, session, replyMessage(page, ids(), time));
    if (outcome.kind === 'acknowledged') {
      metrics.messages.add({ kind: 'reply' });
      return true;
    }
    metrics.catchUps.add({ outcome: outcome.kind === 'refused' ? 'replyRefused' : 'abandoned' });
    if (outcome.kind === 'refused') logger.warn(errorFields(outcome.error), 'catch-up reply refused');
    return false;
  }

  #publish(identityId: IdentityId, session: SessionId, payload: Uint8Array): Promise<PublishOutcome> {
    const { pool, topics } = this.#options;
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const topic = topics.build({ kind: 'replies', identityId, session });
    pool.submit({
      key: `${identityId}/${session}`,
      identityId,
      live: true,
      prepare: () => ({ topic, payload, retain: false, contentType: CLOUDEVENTS_CONTENT_TYPE }),
      settle: resolve,
    });
    return promise;
  }

  #refuse(
    identityId: IdentityId,
    session: SessionId,
    requestId: SessionId | null,
    refusal: CatchUpRefusal,
  ): void {
    const { metrics, limits, clock } = this.#options;
    if (bucketOf(this.#refusals, identityId, limits.rate, clock).take() > 0) {
      metrics.catchUps.add({ outcome: 'ignored' });
      return;
    }
    metrics.catchUps.add({ outcome: refusal.code });
    void this.#reply(identityId, session, refusalPage(requestId, refusal));
  }
}

function rememberBuckets(): Lru<IdentityId, TokenBucket> {
  return createLru({ maxBytes: REMEMBERED_BYTES, bytesOf: () => BUCKET_BYTES });
}

function bucketOf(
  buckets: Lru<IdentityId, TokenBucket>,
  identityId: IdentityId,
  rate: TokenBucketOptions,
  clock: Clock,
): TokenBucket {
  const known = buckets.get(identityId);
  if (known !== undefined) return known;
  const bucket = createTokenBucket(rate, clock);
  buckets.set(identityId, bucket);
  return bucket;
}
