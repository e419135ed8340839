import { offsetOf, parseJson, ProgressEvent } from '@stepcast/contracts';
import { errorFields, type Logger } from '@stepcast/kit';
import type { Handover, StoredEntry } from '@stepcast/wire';
import * as z from 'zod/mini';
import type { Journal } from '../../ports/journal.port.ts';
import { StoppedError, type Insist } from '../journal-access.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';

export interface MissingEntriesOptions {
  readonly journal: Journal;
  readonly insist: Insist;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/** How much is read at a time. What is beyond is missing still, and is read when this much is published. */
const MAX_ENTRIES = 20;

/** What a message says of its events' times. Nowhere else does the publisher read events on their way. */
const Times = z.array(z.pick(ProgressEvent, { time: true })).check(z.minLength(1));

function timesOf(
  { events }: StoredEntry,
  fallback: string,
): { readonly oldest: string; readonly newest: string } {
  const parsed = parseJson(Times, events);
  if (!parsed.ok) return { oldest: fallback, newest: fallback };
  const times = parsed.value.map(({ time }) => time).toSorted();
  return { oldest: times[0] ?? '', newest: times.at(-1) ?? '' };
}

/** An entry of the journal as the handover that it was, as far as publishing its events takes. */
function handoverOf(entry: StoredEntry, next: Handover): Handover {
  const { identityId, uploadId, epoch, epochStartedAt, line } = next;
  const lastOffset = offsetOf(entry.lastOffset);
  const { oldest, newest } = timesOf(entry, epochStartedAt);
  return {
    identityId,
    uploadId,
    epoch,
    epochStartedAt,
    source: entry.source,
    firstOffset: offsetOf(entry.firstOffset),
    lastOffset,
    line: { ...line, position: { epoch, offset: lastOffset }, updatedAt: newest },
    oldestEventAt: oldest,
    truncated: entry.truncated,
    events: entry.events,
    state: undefined,
  };
}

/** Reads from the journal what is missing between two handovers of a stream. */
export class MissingEntries {
  readonly #options: MissingEntriesOptions;

  constructor(options: MissingEntriesOptions) {
    this.#options = options;
  }

  /**
   * The first entries from offset `from` on, whole, that end before `next` does, as far as the journal has them. Waits for a journal that
   * is away; `stopped` when the publisher was stopped meanwhile.
   */
  async before(next: Handover, from: number): Promise<readonly Handover[] | 'stopped'> {
    const { insist, metrics, logger } = this.#options;
    const to = next.firstOffset - 1;
    const { uploadId, epoch } = next;
    try {
      const missing = await insist('read missing entries', () => this.#read(next, from));
      const reached = missing.at(-1)?.lastOffset ?? 0;
      const complete = holdTogether(missing, from) && (reached >= to || missing.length === MAX_ENTRIES);
      metrics.gaps.add({ outcome: complete ? 'filled' : 'unavailable' });
      if (!complete) logger.warn({ uploadId, epoch, from, to }, 'gap between handovers not in the journal');
      return missing;
    } catch (thrown) {
      if (thrown instanceof StoppedError) return 'stopped';
      metrics.gaps.add({ outcome: 'unavailable' });
      logger.error(
        { uploadId, epoch, from, to, ...errorFields(thrown) },
        'gap between handovers not readable',
      );
      return [];
    }
  }

  async #read(next: Handover, from: number): Promise<readonly Handover[]> {
    const missing: Handover[] = [];
    for await (const entry of this.#options.journal.entriesFrom(next, from)) {
      if (entry.firstOffset >= next.firstOffset || missing.length === MAX_ENTRIES) break;
      missing.push(handoverOf(entry, next));
    }
    return missing;
  }
}

/** Whether entries follow on one another, and the first one on what is before `from`. */
function holdTogether(entries: readonly Handover[], from: number): boolean {
  let expected = from;
  return entries.every(({ firstOffset, lastOffset }) => {
    const follows = firstOffset <= expected;
    expected = lastOffset + 1;
    return follows;
  });
}
