import type { OverviewEntry } from '@stepcast/contracts';
import type { Handover } from '@stepcast/wire';
import { comparePlaces, isNewer, streamKey, uploadKey } from '../domain/positions.ts';
import type { Journal, JournalEntry, UploadSummaries } from '../ports/journal.port.ts';
import { JournalUnavailableError } from '../ports/journal.port.ts';

/** The journal in memory: filled by `append`, as the correlator would, and able to fail. */
export interface InMemoryJournal {
  readonly journal: Journal;
  readonly summaries: UploadSummaries;
  /** Calls so far. */
  readonly calls: number;
  append(handover: Handover): void;
  /** Forgets the entries of a stream that end before `offset`, as a TTL would. */
  expireBefore(handover: Handover, offset: number): void;
  /** Fails the next so many calls. */
  fail(times: number): void;
}

export function createInMemoryJournal(): InMemoryJournal {
  const epochs = new Map<string, { epoch: Handover['progress']['epoch']; epochStartedAt: string }[]>();
  const entries = new Map<string, JournalEntry[]>();
  const lines = new Map<string, Map<string, OverviewEntry>>();
  let failures = 0;
  let calls = 0;

  function called(): void {
    calls += 1;
    if (failures <= 0) return;
    failures -= 1;
    throw new JournalUnavailableError('told to fail', { retryable: true });
  }
  const attempt = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      called();
      resolve(work());
    });

  return {
    get calls() {
      return calls;
    },
    fail(times) {
      failures = times;
    },
    append({ source, progress, state }) {
      const { epoch, epochStartedAt } = progress;
      const known = epochs.get(uploadKey(progress)) ?? [];
      if (!known.some((one) => one.epoch === epoch)) known.push({ epoch, epochStartedAt });
      epochs.set(uploadKey(progress), known);
      const list = entries.get(streamKey(progress)) ?? [];
      list.push({
        firstOffset: progress.firstOffset,
        lastOffset: progress.lastOffset,
        source,
        epochStartedAt,
        events: progress.events,
        state,
      });
      entries.set(streamKey(progress), list);
    },
    expireBefore({ progress }, offset) {
      const key = streamKey(progress);
      entries.set(
        key,
        (entries.get(key) ?? []).filter((entry) => entry.lastOffset >= offset),
      );
    },
    journal: {
      newestEpoch: (identityId, uploadId) =>
        attempt(() =>
          (epochs.get(uploadKey({ identityId, uploadId })) ?? [])
            .toSorted((a, b) =>
              comparePlaces(
                { epochStartedAt: a.epochStartedAt, position: { epoch: a.epoch, offset: 0 } },
                { epochStartedAt: b.epochStartedAt, position: { epoch: b.epoch, offset: 0 } },
              ),
            )
            .at(-1),
        ),
      newestEntry: (stream) => attempt(() => entries.get(streamKey(stream))?.at(-1)),
      newestFirstOffset: (stream) => attempt(() => entries.get(streamKey(stream))?.at(-1)?.firstOffset),
      async *entriesFrom(stream, offset) {
        const list = await attempt(() => entries.get(streamKey(stream)) ?? []);
        for (const entry of list) if (entry.lastOffset >= offset) yield entry;
      },
    },
    summaries: {
      read: (identityId, uploadId) => attempt(() => lines.get(identityId)?.get(uploadId)),
      readAll: (identityId) =>
        attempt(() => ({
          entries: [...(lines.get(identityId)?.values() ?? [])],
          pages: 1,
          complete: true,
        })),
      write: (identityId, entry) =>
        attempt(() => {
          const own = lines.get(identityId) ?? new Map<string, OverviewEntry>();
          lines.set(identityId, own);
          if (!isNewer(entry, own.get(entry.uploadId))) return 'newerExists';
          own.set(entry.uploadId, entry);
          return 'written';
        }),
    },
  };
}
