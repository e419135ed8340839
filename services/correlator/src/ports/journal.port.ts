import type { IdentityId, OverviewEntry, StreamMeta } from '@stepcast/contracts';
import type { StoredEntry } from '@stepcast/wire';

/** What names a stream. */
export type StreamKey = Pick<StreamMeta, 'identityId' | 'uploadId' | 'epoch'>;

/** What came of enrolling an identity. */
export interface Enrolment {
  /** The identity had no line that is still there. */
  readonly isNew: boolean;
  /** Lines that are written before this time need no other enrolment. */
  readonly untilMs: number;
}

/** Port: the streams and the lines of the overview. What is written never changes. */
export interface Journal {
  /**
   * The newest entries of a stream, oldest first, from the newest with a snapshot to the newest of all. Consistent.
   * Empty before the first entry.
   */
  tail(stream: StreamKey): Promise<readonly StoredEntry[]>;
  /** Writes an entry unless its place is taken. After `taken` the head must be read again. */
  append(stream: StreamKey, entry: StoredEntry): Promise<'written' | 'taken'>;
  /**
   * Notes that lines of an identity follow. It must be stored before any of them, so that `isNew` can be believed: the
   * writer of a line has left a trace that lives longer than the line.
   */
  enrol(identityId: IdentityId): Promise<Enrolment>;
  /** Writes a line of an identity's overview. The same line again changes nothing. */
  addLine(identityId: IdentityId, line: OverviewEntry): Promise<void>;
}
