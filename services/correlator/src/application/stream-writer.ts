import { Offset } from '@stepcast/contracts';
import { type Handover } from '@stepcast/wire';
import { StepcastError, type Logger } from '@stepcast/kit';
import { LRUCache } from 'lru-cache';
import { readCheckpoint } from '../domain/checkpoint.ts';
import type { PlannedEntry, StreamHead } from '../domain/entry-planner.ts';
import { newHead } from '../domain/stream.ts';
import type { StreamKey, StreamMeta } from '../domain/upload-fold.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import type { Outcomes } from './outcomes.ts';

/** Thrown when an entry found its place taken again and again. The message comes again, and by then it is quieter. */
export class JournalContentionError extends StepcastError {
  readonly code = 'CORRELATOR_JOURNAL_CONTENTION';
  readonly retryable = true;
  constructor(attempts: number) {
    super(`the journal entry found its place taken ${attempts} times in a row`);
  }
}

/** What a caller wants written, worked out on the head that it is given. */
export interface WritePlan<T> {
  readonly entries: readonly PlannedEntry[];
  readonly result: T;
}

/** Writes streams: from a head that may be stale to entries whose offsets have no hole. */
export interface StreamWriter {
  /**
   * Plans on the newest known head, writes, and hands over. A head that turns out stale is read again, and the plan made
   * anew. Resolves when all entries are in the journal and on the progress queue.
   * @returns the result of every plan of which something was written, and of the last one
   * @throws JournalContentionError
   */
  write<T>(meta: StreamMeta, plan: (head: StreamHead) => WritePlan<T>): Promise<readonly T[]>;
  /** Says that the stream is believed to be new, so that nothing is read for it. Wrong, it costs one attempt to write. */
  begin(meta: StreamMeta): void;
  /** The head, from memory if it is there. */
  peek(meta: StreamMeta): Promise<StreamHead>;
  /** Hands the newest entry over unless that is known to have happened. The publisher fills holes from the journal. */
  ensureHandedOver(meta: StreamMeta): Promise<void>;
  /** Trusts the head no longer: it is looked up again before it is used. */
  forget(stream: StreamKey): void;
}

interface CachedHead {
  readonly head: StreamHead;
  readonly newest: Handover | undefined;
  handedOver: boolean;
  /** Another correlator may have written since: to be held against the journal before it is used. */
  stale?: boolean;
}

const MAX_ATTEMPTS = 10;

function freshHead(meta: StreamMeta): CachedHead {
  return { head: newHead(meta), newest: undefined, handedOver: true };
}

function keyOf({ identityId, uploadId, epoch }: StreamKey): string {
  return `${identityId}#${uploadId}#${epoch}`;
}

export function createStreamWriter(options: {
  readonly journal: Journal;
  readonly outbox: ProgressOutbox;
  readonly locks: KeyedLocks;
  readonly outcomes: Outcomes;
  readonly logger: Logger;
  /** Streams whose head is kept in memory. */
  readonly maxHeads: number;
}): StreamWriter {
  const { journal, outbox, locks, outcomes, logger } = options;
  const heads = new LRUCache<string, CachedHead>({ max: options.maxHeads });

  function handoverOf(
    meta: StreamMeta,
    firstOffset: number,
    body: Handover['state'],
    entry: PlannedEntry['body'],
  ): Handover {
    return {
      version: 1,
      source: entry.source,
      progress: {
        identityId: meta.identityId,
        uploadId: meta.uploadId,
        epoch: meta.epoch,
        epochStartedAt: entry.epochStartedAt,
        firstOffset: Offset.parse(firstOffset),
        lastOffset: body.position.offset,
        replay: false,
        events: entry.events,
      },
      state: body,
    };
  }

  async function load(meta: StreamMeta): Promise<CachedHead> {
    const cached = heads.get(keyOf(meta));
    if (cached !== undefined && cached.stale !== true) return cached;
    const entry = await journal.head(meta);
    // An entry is never changed, so one that ends where the known one ends is that one.
    if (cached !== undefined && cached.head.lastOffset === (entry?.body.state.position.offset ?? 0)) {
      cached.stale = false;
      return cached;
    }
    const loaded: CachedHead =
      entry === undefined
        ? freshHead(meta)
        : {
            head: {
              meta: { ...meta, epochStartedAt: entry.body.epochStartedAt },
              lastOffset: entry.body.state.position.offset,
              state: entry.body.state,
              folds: readCheckpoint(entry.body.checkpoint),
            },
            newest: handoverOf(meta, entry.firstOffset, entry.body.state, entry.body),
            // Whoever wrote it may have died before handing it over.
            handedOver: false,
          };
    heads.set(keyOf(meta), loaded);
    return loaded;
  }

  async function handOver(cached: CachedHead, handovers: readonly Handover[]): Promise<void> {
    if (handovers.length === 0) return;
    await outbox.send(handovers);
    cached.handedOver = true;
  }

  async function write<T>(meta: StreamMeta, plan: (head: StreamHead) => WritePlan<T>): Promise<readonly T[]> {
    const results: T[] = [];
    const written: Handover[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const cached = await load(meta);
      const { entries, result } = plan(cached.head);
      let current = cached;
      let taken = false;
      for (const { firstOffset, body, head } of entries) {
        if ((await journal.append({ stream: meta, firstOffset, body })) === 'taken') {
          taken = true;
          break;
        }
        outcomes.eventsTold(body.events.length);
        const handover = handoverOf(meta, firstOffset, body.state, body);
        // An earlier entry that was not handed over goes along as a hole that the publisher reads from the journal.
        current = { head, newest: handover, handedOver: false };
        heads.set(keyOf(meta), current);
        written.push(handover);
      }
      if (!taken) {
        results.push(result);
        await handOver(current, written);
        return results;
      }
      if (current !== cached) results.push(result);
      outcomes.collisions();
      heads.delete(keyOf(meta));
    }
    logger.warn({ attempts: MAX_ATTEMPTS }, 'journal entry finds its place taken');
    throw new JournalContentionError(MAX_ATTEMPTS);
  }

  return {
    begin(meta) {
      if (!heads.has(keyOf(meta))) heads.set(keyOf(meta), freshHead(meta));
    },
    write: (meta, plan) => locks.run(`stream#${keyOf(meta)}`, () => write(meta, plan)),
    peek: async (meta) => (await locks.run(`stream#${keyOf(meta)}`, () => load(meta))).head,
    ensureHandedOver: (meta) =>
      locks.run(`stream#${keyOf(meta)}`, async () => {
        const cached = await load(meta);
        if (cached.handedOver || cached.newest === undefined) return;
        await handOver(cached, [cached.newest]);
      }),
    forget(stream) {
      const cached = heads.get(keyOf(stream));
      if (cached !== undefined) cached.stale = true;
    },
  };
}
