import { isTerminal, type IdentityId, type OverviewEntry } from '@stepcast/contracts';
import { createLru, type Clock, type Logger, type Timers } from '@stepcast/kit';
import { isNewer } from '../domain/positions.ts';
import type { UploadSummaries } from '../ports/journal.port.ts';
import type { Insist } from './journal-access.ts';
import { LateLines } from './late-lines.ts';

interface Remembered {
  readonly readAtMs: number;
  readonly lines: Map<string, OverviewEntry>;
}

const MAX_REMEMBERED_BYTES = 64 * 1_048_576;
const IDENTITY_BYTES = 400;
/** A line of an overview, as an object. */
const LINE_BYTES = 1_000;
/** Of an identity with more lines nothing is remembered: all together must stay small. */
const MAX_LINES = 20;
const REREAD_MS = 60_000;
/** How far the table may be behind on an upload that goes on. */
const WRITE_AFTER_MS = 10_000;

export interface SummariesInMemory {
  /** For the overviews. Calls for one identity must come one after the other. */
  readonly overviews: UploadSummaries;
  /** For everybody else: what is in the table or will be. */
  readonly others: Pick<UploadSummaries, 'read' | 'readAll'>;
  /** Resolves when the table has everything. */
  readonly flush: () => Promise<void>;
}

export interface RememberSummariesOptions {
  /** No other copy writes. */
  readonly alone: boolean;
  /** After its start a publisher remembers nothing for so long: the one whose place it takes may be ending only now. */
  readonly overlapMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly insist: Insist;
  readonly logger: Logger;
}

/**
 * Summaries for a publisher that runs alone. Since nobody else writes, the lines of an identity that were read once are
 * known from what was seen since; and while an upload goes on its line is written every ten seconds only, so that a
 * publisher that dies leaves an overview at most so old. How an upload ends is written at once. With several copies
 * everything is read from the table and written to it.
 */
export function rememberSummaries(
  summaries: UploadSummaries,
  { alone, overlapMs, clock, ...options }: RememberSummariesOptions,
): SummariesInMemory {
  if (!alone) return { overviews: summaries, others: summaries, flush: () => Promise.resolve() };
  const startedMs = clock.nowMs();
  const identities = createLru<IdentityId, Remembered>({
    maxBytes: MAX_REMEMBERED_BYTES,
    bytesOf: ({ lines }) => IDENTITY_BYTES + lines.size * LINE_BYTES,
  });
  const late = new LateLines({
    ...options,
    delayMs: WRITE_AFTER_MS,
    write: (identityId, entry) => summaries.write(identityId, entry),
  });

  const others: SummariesInMemory['others'] = {
    async read(identityId, uploadId) {
      const line = await summaries.read(identityId, uploadId);
      return line === undefined ? undefined : late.newest(identityId, line);
    },
    async readAll(identityId) {
      const all = await summaries.readAll(identityId);
      return { ...all, entries: all.entries.map((entry) => late.newest(identityId, entry)) };
    },
  };

  const overviews: UploadSummaries = {
    read: (identityId, uploadId) => others.read(identityId, uploadId),
    async readAll(identityId) {
      const nowMs = clock.nowMs();
      const known = identities.get(identityId);
      if (known !== undefined && nowMs - known.readAtMs < REREAD_MS)
        return { entries: [...known.lines.values()], pages: 1, complete: true };
      const all = await others.readAll(identityId);
      if (all.entries.length > MAX_LINES || nowMs - startedMs < overlapMs) identities.delete(identityId);
      else
        identities.set(identityId, {
          readAtMs: nowMs,
          lines: new Map(all.entries.map((entry) => [entry.uploadId, entry])),
        });
      return all;
    },
    async write(identityId, entry) {
      const remembered = identities.get(identityId);
      const lines = remembered?.lines;
      const before = lines?.get(entry.uploadId);
      if (before?.position.epoch === entry.position.epoch && !isTerminal(entry.status)) {
        if (!isNewer(entry, before)) return 'newerExists';
        lines?.set(entry.uploadId, entry);
        late.add(identityId, entry);
        return 'written';
      }
      try {
        const result = await summaries.write(identityId, entry);
        late.written(identityId, entry);
        if (result === 'written') lines?.set(entry.uploadId, entry);
        if (result === 'newerExists' || (lines?.size ?? 0) > MAX_LINES) identities.delete(identityId);
        // A line more: its size is taken again.
        else if (remembered !== undefined) identities.set(identityId, remembered);
        return result;
      } catch (thrown) {
        // It may have been written.
        identities.delete(identityId);
        throw thrown;
      }
    },
  };

  return { overviews, others, flush: () => late.flush() };
}
