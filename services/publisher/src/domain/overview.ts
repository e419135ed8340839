import type { IdentityId, Overview, OverviewEntry, UploadId } from '@stepcast/contracts';
import { isNewer } from './positions.ts';

/** Lines of an identity by upload, the newest of each. */
export type Lines = Map<UploadId, OverviewEntry>;

/** Adds lines, each unless there is one as new. */
export function addLines(lines: Lines, more: Iterable<OverviewEntry>): void {
  for (const line of more) if (isNewer(line, lines.get(line.uploadId))) lines.set(line.uploadId, line);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Newest first: by the beginning of their epoch, then by upload, so that the order is the same for everybody. */
export function newestFirst(entries: readonly OverviewEntry[]): OverviewEntry[] {
  return entries.toSorted((a, b) => {
    if (a.epochStartedAt !== b.epochStartedAt) return a.epochStartedAt < b.epochStartedAt ? 1 : -1;
    return a.uploadId < b.uploadId ? -1 : 1;
  });
}

/**
 * The newest uploads that fit.
 * @param maxBytes the overview takes at most this many bytes as JSON
 * @param incomplete true when not every upload was read
 */
export function makeOverview(options: {
  readonly identityId: IdentityId;
  readonly entries: readonly OverviewEntry[];
  readonly asOf: string;
  readonly maxBytes: number;
  readonly incomplete: boolean;
}): Overview {
  const { identityId, entries, asOf, maxBytes, incomplete } = options;
  let bytes = jsonBytes({ identityId, uploads: [], asOf, truncated: false });
  const uploads: OverviewEntry[] = [];
  for (const entry of newestFirst(entries)) {
    bytes += jsonBytes(entry) + 1;
    if (bytes > maxBytes) break;
    uploads.push(entry);
  }
  return { identityId, uploads, asOf, truncated: incomplete || uploads.length < entries.length };
}

/** Envelope of the overview: what it takes besides its data, with room to spare. */
export const OVERVIEW_ENVELOPE_BYTES = 512;
