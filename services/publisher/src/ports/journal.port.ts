import type { Epoch, IdentityId, OverviewEntry, UploadId } from '@stepcast/contracts';
import { StepcastError } from '@stepcast/kit';
import type { StoredEntry } from '@stepcast/wire';
import type { StreamRef } from '../domain/positions.ts';

/** The newest line of each upload of an identity. */
export interface ReadLines {
  readonly lines: readonly OverviewEntry[];
  /** How many pages were read. */
  readonly pages: number;
  /** False when there was more than a read may cost. */
  readonly complete: boolean;
}

/** Port: what the correlator has written, to be read. Every method throws {@link JournalUnavailableError}. */
export interface Journal {
  /** The newest version of an upload, or `undefined` when nothing is known of the upload under this identity. */
  newestEpoch(
    identityId: IdentityId,
    uploadId: UploadId,
  ): Promise<{ readonly epoch: Epoch; readonly epochStartedAt: string } | undefined>;
  /** The newest entry with a snapshot and all entries after it, in order. Empty: the stream has none. */
  sinceSnapshot(stream: StreamRef): Promise<readonly StoredEntry[]>;
  /** Where the newest entry begins. Costs less than the entry itself. */
  newestFirstOffset(stream: StreamRef): Promise<number | undefined>;
  /**
   * The entries of a stream in order, beginning with the one that holds `offset`, or with the first after it where
   * none does. Read page by page, as the caller goes on.
   */
  entriesFrom(stream: StreamRef, offset: number): AsyncIterable<StoredEntry>;
  /** Several lines of an upload are in the table; the last one counts. */
  lines(identityId: IdentityId): Promise<ReadLines>;
}

/** The journal table could not be read, or holds something that is not of its form. */
export class JournalUnavailableError extends StepcastError {
  readonly code = 'PUBLISHER_JOURNAL_UNAVAILABLE';
  readonly retryable: boolean;
  constructor(reason: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(`the journal could not be used: ${reason}`, options);
    this.retryable = options.retryable;
  }
}
