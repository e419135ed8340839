import type { IdentityId, OverviewEntry, StreamMeta } from '@stepcast/contracts';
import type { StoredEntry } from '@stepcast/wire';

/** What names a stream. */
export type StreamKey = Pick<StreamMeta, 'identityId' | 'uploadId' | 'epoch'>;

/** Port: the streams and the lines of the overview. What is written never changes. */
export interface Journal {
  /**
   * The newest entries of a stream, oldest first, from the newest with a snapshot to the newest of all. Consistent.
   * Empty before the first entry.
   */
  tail(stream: StreamKey): Promise<readonly StoredEntry[]>;
  /** Writes an entry unless its place is taken. After `taken` the head must be read again. */
  append(stream: StreamKey, entry: StoredEntry): Promise<'written' | 'taken'>;
  /** Writes a line of an identity's overview. The same line again changes nothing. */
  addLine(identityId: IdentityId, line: OverviewEntry): Promise<void>;
}
