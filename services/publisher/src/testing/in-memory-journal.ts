import type { OverviewEntry } from '@stepcast/contracts';
import type { Handover, StoredEntry } from '@stepcast/wire';
import { addLines, type Lines } from '../domain/overview.ts';
import { comparePlaces, streamKey, uploadKey, type StreamRef } from '../domain/positions.ts';
import { JournalUnavailableError, type Journal } from '../ports/journal.port.ts';

/** The journal in memory: filled by `append`, as the correlator would, and able to fail. */
export interface InMemoryJournal {
  readonly journal: Journal;
  /** Calls so far. */
  readonly calls: number;
  /** Stores the entry of a handover, and its line. One with a state has a snapshot. A snapshot alone is not stored. */
  append(handover: Handover): void;
  /** Stores a line alone. */
  appendLine(identityId: Handover['identityId'], line: OverviewEntry): void;
  /** Forgets the entries of a stream that end before `offset`, as a TTL would. */
  expireBefore(stream: StreamRef, offset: number): void;
  /** Fails the next so many calls. */
  fail(times: number): void;
}

function entryOf(handover: Handover, events: string): StoredEntry {
  const { firstOffset, lastOffset, source, truncated, state } = handover;
  const snapshot = state === undefined ? undefined : { state, checkpoint: '{}' };
  return { firstOffset, lastOffset, source, events, truncated, snapshot, cursor: undefined };
}

export function createInMemoryJournal(): InMemoryJournal {
  const epochs = new Map<string, Pick<Handover, 'epoch' | 'epochStartedAt'>[]>();
  const entries = new Map<string, StoredEntry[]>();
  const lines = new Map<string, Lines>();
  let failures = 0;
  let calls = 0;

  function called(): void {
    calls += 1;
    if (failures <= 0) return;
    failures -= 1;
    throw new JournalUnavailableError('a failure that the test asked for', { retryable: true });
  }
  const attempt = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      called();
      resolve(work());
    });
  const entriesOf = (stream: StreamRef) => entries.get(streamKey(stream)) ?? [];
  const placeOf = ({ epoch, epochStartedAt }: Pick<Handover, 'epoch' | 'epochStartedAt'>) => ({
    epochStartedAt,
    position: { epoch, offset: 0 },
  });
  function appendLine(identityId: Handover['identityId'], line: OverviewEntry): void {
    const own: Lines = lines.get(identityId) ?? new Map<OverviewEntry['uploadId'], OverviewEntry>();
    addLines(own, [line]);
    lines.set(identityId, own);
  }

  return {
    get calls() {
      return calls;
    },
    fail(times) {
      failures = times;
    },
    appendLine,
    append(handover) {
      const { identityId, epoch, epochStartedAt, events, line } = handover;
      const known = epochs.get(uploadKey(handover)) ?? [];
      if (!known.some((one) => one.epoch === epoch)) known.push({ epoch, epochStartedAt });
      epochs.set(uploadKey(handover), known);
      appendLine(identityId, line);
      if (events === undefined) return;
      entries.set(streamKey(handover), [...entriesOf(handover), entryOf(handover, events)]);
    },
    expireBefore(stream, offset) {
      entries.set(
        streamKey(stream),
        entriesOf(stream).filter((entry) => entry.lastOffset >= offset),
      );
    },
    journal: {
      newestEpoch: (identityId, uploadId) =>
        attempt(() =>
          (epochs.get(uploadKey({ identityId, uploadId })) ?? [])
            .toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b)))
            .at(-1),
        ),
      sinceSnapshot: (stream) =>
        attempt(() => {
          const list = entriesOf(stream);
          const from = list.findLastIndex(({ snapshot }) => snapshot !== undefined);
          return list.slice(Math.max(0, from));
        }),
      newestFirstOffset: (stream) => attempt(() => entriesOf(stream).at(-1)?.firstOffset),
      async *entriesFrom(stream, offset) {
        const list = await attempt(() => entriesOf(stream));
        for (const entry of list) if (entry.lastOffset >= offset) yield entry;
      },
      lines: (identityId) =>
        attempt(() => ({
          lines: [...(lines.get(identityId)?.values() ?? [])],
          pages: 1,
          complete: true,
        })),
    },
  };
}
