import {
  type Epoch,
  type IdentityId,
  type OverviewEntry,
  type ProgressEvent,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import { StepcastError } from '@stepcast/kit';
import type { StreamRef } from '../domain/positions.ts';

/** Consecutive events of a stream, and the state after them. */
export interface JournalEntry {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly source: string;
  readonly epochStartedAt: string;
  readonly events: readonly ProgressEvent[];
  readonly state: UploadState;
}

/** Port: what the correlator has written, to be read. Every method throws {@link JournalUnavailableError}. */
export interface Journal {
  /** The newest version of an upload, or `undefined` when nothing is known of the upload under this identity. */
  newestEpoch(
    identityId: IdentityId,
    uploadId: UploadId,
  ): Promise<{ readonly epoch: Epoch; readonly epochStartedAt: string } | undefined>;
  newestEntry(stream: StreamRef): Promise<JournalEntry | undefined>;
  /** Where the newest entry begins. Costs less than the entry itself. */
  newestFirstOffset(stream: StreamRef): Promise<number | undefined>;
  /**
   * The entries of a stream in order, beginning with the one that holds `offset`, or with the first after it where
   * none does. Read page by page, as the caller goes on.
   */
  entriesFrom(stream: StreamRef, offset: number): AsyncIterable<JournalEntry>;
}

/** Port: one line for each upload of an identity. Every method throws {@link JournalUnavailableError}. */
export interface UploadSummaries {
  read(identityId: IdentityId, uploadId: UploadId): Promise<OverviewEntry | undefined>;
  /** All of an identity. `complete` is false when there were more than a read may cost. */
  readAll(
    identityId: IdentityId,
  ): Promise<{ readonly entries: OverviewEntry[]; readonly pages: number; readonly complete: boolean }>;
  /** Writes, unless what is there is of the same place or a newer one. */
  write(identityId: IdentityId, entry: OverviewEntry): Promise<'written' | 'newerExists'>;
}

/** The journal table could not be read or written, or holds something that is not an entry. */
export class JournalUnavailableError extends StepcastError {
  readonly code = 'PUBLISHER_JOURNAL_UNAVAILABLE';
  readonly retryable: boolean;
  constructor(reason: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(`the journal could not be used: ${reason}`, options);
    this.retryable = options.retryable;
  }
}
