import type { IdentityId, OverviewEntry } from '@stepcast/contracts';
import type { Clock } from '@stepcast/kit';
import { RecentMap } from '../domain/recent-map.ts';
import type { UploadSummaries } from '../ports/journal.port.ts';

interface Remembered {
  readonly readAtMs: number;
  readonly lines: Map<string, OverviewEntry>;
}

const MAX_IDENTITIES = 5_000;
/** Of an identity with more lines nothing is remembered: all together must stay small. */
const MAX_LINES = 20;
const REREAD_MS = 60_000;
/** After its start a publisher reads every time for so long: the one whose place it takes may be ending only now. */
const OVERLAP_MS = 120_000;

/**
 * Summaries for a publisher that runs alone: since nobody else writes, the lines of an identity that were read once are
 * known from what was written since. With several copies every list is read from the table.
 *
 * Calls for one identity must come one after the other.
 */
export function rememberSummaries(
  summaries: UploadSummaries,
  { alone, clock }: { readonly alone: boolean; readonly clock: Clock },
): UploadSummaries {
  if (!alone) return summaries;
  const startedMs = clock.nowMs();
  const identities = new RecentMap<IdentityId, Remembered>(MAX_IDENTITIES);
  return {
    read: (identityId, uploadId) => summaries.read(identityId, uploadId),
    async readAll(identityId) {
      const nowMs = clock.nowMs();
      const known = identities.get(identityId);
      if (known !== undefined && nowMs - known.readAtMs < REREAD_MS)
        return { entries: [...known.lines.values()], pages: 1, complete: true };
      const all = await summaries.readAll(identityId);
      if (all.entries.length > MAX_LINES || nowMs - startedMs < OVERLAP_MS) identities.delete(identityId);
      else
        identities.set(identityId, {
          readAtMs: nowMs,
          lines: new Map(all.entries.map((entry) => [entry.uploadId, entry])),
        });
      return all;
    },
    async write(identityId, entry) {
      const lines = identities.get(identityId)?.lines;
      try {
        const result = await summaries.write(identityId, entry);
        if (result === 'written') lines?.set(entry.uploadId, entry);
        if (result === 'newerExists' || (lines?.size ?? 0) > MAX_LINES) identities.delete(identityId);
        return result;
      } catch (thrown) {
        // It may have been written.
        identities.delete(identityId);
        throw thrown;
      }
    },
  };
}
