import type { JournalEntryBody } from '@stepcast/wire';
import type { StreamKey } from '../domain/upload-fold.ts';

export interface JournalEntry {
  readonly stream: StreamKey;
  readonly firstOffset: number;
  readonly body: JournalEntryBody;
}

/** Port: the streams. An entry, once written, never changes. */
export interface Journal {
  /** The newest entry, as of now (consistent). */
  head(stream: StreamKey): Promise<JournalEntry | undefined>;
  /** Writes an entry unless its place is taken. Whoever finds it taken must look at the head again. */
  append(entry: JournalEntry): Promise<'written' | 'taken'>;
}
