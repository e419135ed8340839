import {
  CLOUDEVENTS_CONTENT_TYPE,
  MAX_OVERVIEW_BYTES,
  type IdentityId,
  type Overview,
  type OverviewEntry,
  type TopicSpace,
} from '@stepcast/contracts';
import { errorFields, StepcastError, asError, type Logger } from '@stepcast/kit';
import type { DeadLetters } from '@stepcast/wire';
import { RecentMap } from '../domain/recent-map.ts';
import { isNewer } from '../domain/positions.ts';
import { encodeOverview, makeOverview, OVERVIEW_ENVELOPE_BYTES } from '../domain/state-messages.ts';
import type { UploadSummaries } from '../ports/journal.port.ts';
import { StoppedError, type Insist } from './journal-access.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { publishRetained, tellOperators, type RetainedContext, type Told } from './retained-topic.ts';

/** How many summaries of one identity are written at a time. */
const WRITES_AT_A_TIME = 4;
const REMEMBERED_IDENTITIES = 50_000;

/**
 * The overview of one identity: `quiet`, `due` (waits for its time) or `running` (writing summaries, reading, sending).
 * What is seen while it runs is for the next run.
 */
interface Slot {
  readonly identityId: IdentityId;
  phase: 'quiet' | 'due' | 'running';
  /** Newest seen of each upload, not yet written. */
  seen: Map<string, OverviewEntry>;
  waiters: ((told: Told) => void)[];
  /** The last run: when it ended, and for how many intervals it counts. */
  last: { readonly atMs: number; readonly intervals: number };
  cancel: (() => void) | undefined;
}

export interface OverviewPublisherOptions {
  readonly retained: RetainedContext;
  readonly topics: TopicSpace;
  readonly summaries: UploadSummaries;
  readonly insist: Insist;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/** Reads and cuts the overview of an identity. `pages` says what the read cost. */
export async function readOverview(
  summaries: Pick<UploadSummaries, 'readAll'>,
  identityId: IdentityId,
  nowMs: number,
): Promise<{ readonly overview: Overview; readonly pages: number }> {
  const { entries, pages, complete } = await summaries.readAll(identityId);
  const overview = makeOverview({
    identityId,
    entries,
    asOf: new Date(nowMs).toISOString(),
    maxBytes: MAX_OVERVIEW_BYTES - OVERVIEW_ENVELOPE_BYTES,
    incomplete: !complete,
  });
  return { overview, pages };
}

/**
 * Owns the summaries in the journal table and the retained overview of each identity. An overview that takes several
 * pages to read is read as many times more rarely, so that an identity with thousands of uploads costs no more than
 * the others.
 */
export class OverviewPublisher {
  readonly #options: OverviewPublisherOptions;
  readonly #active = new Map<string, Slot>();
  #onSettled: (() => void) | undefined;
  readonly #quiet = new RecentMap<string, Slot>(REMEMBERED_IDENTITIES);

  constructor(options: OverviewPublisherOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active.size;
  }

  /**
   * Notes a line.
   * @param onTold called once: `settled` when it is in the table and an overview that holds it is published, or it is
   * dead-lettered; `lost` when the dead-letter queue refused it
   */
  offer(identityId: IdentityId, entry: OverviewEntry, onTold?: (told: Told) => void): void {
    const slot = this.#slotOf(identityId);
    if (isNewer(entry, slot.seen.get(entry.uploadId))) slot.seen.set(entry.uploadId, entry);
    if (onTold !== undefined) slot.waiters.push(onTold);
    if (slot.phase === 'running' || (slot.phase === 'due' && onTold === undefined)) return;
    slot.cancel?.();
    this.#schedule(slot);
  }

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

  #slotOf(identityId: IdentityId): Slot {
    const known = this.#active.get(identityId) ?? this.#quiet.get(identityId);
    if (known !== undefined && known.phase !== 'quiet') return known;
    this.#options.retained.pace.began();
    const slot = known ?? {
      identityId,
      phase: 'quiet',
      seen: new Map(),
      waiters: [],
      last: { atMs: Number.NEGATIVE_INFINITY, intervals: 1 },
      cancel: undefined,
    };
    this.#active.set(identityId, slot);
    this.#quiet.delete(identityId);
    return slot;
  }

  #enter(slot: Slot, phase: Slot['phase']): void {
    slot.phase = phase;
    slot.cancel = undefined;
    if (phase !== 'quiet') return;
    this.#active.delete(slot.identityId);
    this.#options.retained.pace.ended();
    this.#quiet.set(slot.identityId, slot);
    if (this.#active.size === 0) this.#onSettled?.();
  }

  #schedule(slot: Slot): void {
    if (slot.waiters.length === 0 && slot.seen.size === 0) {
      this.#enter(slot, 'quiet');
      return;
    }
    const { pace, clock, timers } = this.#options.retained;
    const waitMs = pace.waitMs(clock.nowMs(), slot.last, { urgent: slot.waiters.length > 0 });
    if (waitMs === 0) {
      this.#enter(slot, 'running');
      void this.#run(slot);
      return;
    }
    this.#enter(slot, 'due');
    slot.cancel = timers.after(waitMs, () => {
      this.#schedule(slot);
    });
  }

  async #run(slot: Slot): Promise<void> {
    const { retained, summaries, insist, logger } = this.#options;
    const entries = [...slot.seen.values()];
    const { waiters } = slot;
    slot.seen = new Map();
    slot.waiters = [];
    let pages = 1;
    let told: Told = 'settled';
    try {
      for (let start = 0; start < entries.length; start += WRITES_AT_A_TIME) {
        const some = entries.slice(start, start + WRITES_AT_A_TIME);
        await Promise.all(
          some.map((entry) => insist('write summary', () => summaries.write(slot.identityId, entry))),
        );
      }
      const read = await insist('read overview', () =>
        readOverview(summaries, slot.identityId, retained.clock.nowMs()),
      );
      pages = read.pages;
      await this.#publish(slot.identityId, read.overview);
    } catch (thrown) {
      if (thrown instanceof StoppedError) return;
      logger.error(errorFields(thrown), 'overview given up');
      told = await this.#giveUp(slot.identityId, thrown, JSON.stringify(entries));
    }
    slot.last = { atMs: retained.clock.nowMs(), intervals: Math.max(1, pages) };
    for (const resolve of waiters) resolve(told);
    this.#schedule(slot);
  }

  async #publish(identityId: IdentityId, overview: Overview): Promise<void> {
    const { retained, topics, metrics } = this.#options;
    const outcome = await publishRetained(retained, {
      key: identityId,
      identityId,
      message: {
        topic: topics.build({ kind: 'overview', identityId }),
        payload: encodeOverview(overview),
        retain: true,
        contentType: CLOUDEVENTS_CONTENT_TYPE,
      },
    });
    if (outcome.kind === 'abandoned') throw new StoppedError('publish overview');
    if (outcome.kind === 'refused') throw outcome.error;
    metrics.messages.add({ kind: 'overview' });
    if (overview.truncated) metrics.truncated.add({ kind: 'overview' });
  }

  #giveUp(identityId: IdentityId, thrown: unknown, original: string): Promise<Told> {
    return tellOperators(this.#options.deadLetters, {
      code: thrown instanceof StepcastError ? thrown.code : 'PUBLISHER_OVERVIEW_FAILED',
      reason: `overview of ${identityId}: ${asError(thrown).message}`,
      original,
    });
  }
}
