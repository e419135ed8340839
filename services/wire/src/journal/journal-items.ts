import * as z from 'zod/mini';
import {
  type Epoch,
  type IdentityId,
  Instant,
  OverviewEntry,
  ProgressEvent,
  type UploadId,
  UploadState,
} from '@stepcast/contracts';

/**
 * Layout of the journal table, the part that both its writer (correlator) and its reader (publisher) need.
 * One table, string keys `pk` and `sk`, TTL attribute `expiresAt` in epoch seconds. Values that are objects are
 * stored as JSON text in the attribute `body`.
 *
 * | item | pk | sk |
 * |---|---|---|
 * | journal entry: consecutive events of a stream, and the state after them | `stream#{identityId}#{uploadId}#{epoch}` | first offset, 12 digits |
 * | epoch of an upload | `upload#{identityId}#{uploadId}` | `{epochStartedAt}#{epoch}` |
 * | upload of an identity | `identity#{identityId}` | `upload#{uploadId}` |
 *
 * Everything of the correlator's own (`execution#…`) is in its adapter and nobody else's business.
 */
export const JOURNAL_KEYS = { partition: 'pk', sort: 'sk', body: 'body', expiresAt: 'expiresAt' } as const;

export const journalKeys = {
  entry: (identityId: IdentityId, uploadId: UploadId, epoch: Epoch, firstOffset: number) => ({
    pk: `stream#${identityId}#${uploadId}#${epoch}`,
    sk: String(firstOffset).padStart(12, '0'),
  }),
  epoch: (identityId: IdentityId, uploadId: UploadId, epoch: Epoch, epochStartedAt: string) => ({
    pk: `upload#${identityId}#${uploadId}`,
    sk: `${epochStartedAt}#${epoch}`,
  }),
  upload: (identityId: IdentityId, uploadId: UploadId) => ({
    pk: `identity#${identityId}`,
    sk: `upload#${uploadId}`,
  }),
};

/** `body` of a journal entry. Its number of events equals `lastOffset - firstOffset + 1`. */
export const JournalEntryBody = z.object({
  source: z.string(),
  epochStartedAt: Instant,
  events: z.array(ProgressEvent),
  state: UploadState,
  /** The correlator's own bookkeeping after this entry, in its own form. Readers leave it alone. */
  checkpoint: z.optional(z.string()),
});
export type JournalEntryBody = z.infer<typeof JournalEntryBody>;

/** `body` of an upload of an identity: its line of the overview. Written by the publisher, never with an older position. */
export const UploadSummaryBody = OverviewEntry;
export type UploadSummaryBody = z.infer<typeof UploadSummaryBody>;
