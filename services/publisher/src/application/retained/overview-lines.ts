import { MAX_OVERVIEW_BYTES, type IdentityId, type Overview, type OverviewEntry } from '@stepcast/contracts';
import { createLru, type Clock, type Lru } from '@stepcast/kit';
import { addLines, makeOverview, OVERVIEW_ENVELOPE_BYTES, type Lines } from '../../domain/overview.ts';
import { isNewer } from '../../domain/positions.ts';
import type { Journal, ReadLines } from '../../ports/journal.port.ts';
import type { Overlap } from './overlap.ts';

/** What is known of an identity. */
interface Known {
  readonly lines: Lines;
  /** Whether `lines` are all of the newest, so that the journal need not be read. */
  readonly whole: boolean;
  /** With `whole`: whether the identity has more uploads than an overview lists. */
  readonly truncated: boolean;
}

const nothingKnown = (): Known => ({ lines: new Map(), whole: false, truncated: false });

/** What all remembered lines may take. */
const REMEMBERED_BYTES = 32 * 1024 * 1024;
/** An estimate of one line in memory, beside its key of up to 1,024 bytes. */
const LINE_BYTES = 400;

export interface OverviewLinesOptions {
  readonly journal: Pick<Journal, 'lines'>;
  readonly overlap: Overlap;
  readonly clock: Clock;
}

/** An overview, and how many pages of the journal it took. */
export interface MadeOverview {
  readonly overview: Overview;
  readonly pages: number;
}

/**
 * The lines of which overviews are made: what handovers said of uploads goes before what the journal says, where the
 * correlator writes a line only when a status changes. A process that is alone knows the lines of an identity after one
 * read, or without one when its first handover says that there was none before, since every change comes through it; not
 * during the {@link Overlap}. Several copies read the journal for each overview.
 */
export class OverviewLines {
  readonly #options: OverviewLinesOptions;
  readonly #known: Lru<IdentityId, Known> = createLru({
    maxBytes: REMEMBERED_BYTES,
    bytesOf: ({ lines }) => {
      let bytes = LINE_BYTES;
      for (const { key } of lines.values()) bytes += LINE_BYTES + 2 * key.length;
      return bytes;
    },
  });

  constructor(options: OverviewLinesOptions) {
    this.#options = options;
  }

  /**
   * Notes that an identity had no line until now, so that its overview need not be read. Believed only when nobody else
   * publishes, for only then every line that follows comes through this process.
   */
  begin(identityId: IdentityId): void {
    if (!this.#options.overlap.isAlone || this.#known.get(identityId) !== undefined) return;
    this.#known.set(identityId, { lines: new Map(), whole: true, truncated: false });
  }

  /** Notes a line that a handover brought. @returns the upload's line that this process had seen before */
  see(identityId: IdentityId, line: OverviewEntry): OverviewEntry | undefined {
    const known = this.#known.get(identityId) ?? nothingKnown();
    const before = known.lines.get(line.uploadId);
    if (isNewer(line, before)) known.lines.set(line.uploadId, line);
    // The same lines take as much as they did. With one more they are measured again, which the cache does for a new object.
    if (before === undefined) this.#known.set(identityId, { ...known });
    return before;
  }

  /**
   * The overview now.
   * @param seen lines that must be in it, or newer ones of their uploads
   * @param read reads the journal; called only when it has to be
   * @param afresh reads it in any case: another process may have published meanwhile
   */
  async overviewOf(
    identityId: IdentityId,
    seen: Lines,
    read: (lines: () => Promise<ReadLines>) => Promise<ReadLines>,
    { afresh = false }: { readonly afresh?: boolean } = {},
  ): Promise<MadeOverview> {
    const { journal, clock } = this.#options;
    const before = this.#known.get(identityId);
    const fromJournal =
      before?.whole === true && !afresh
        ? { lines: [], pages: 0, complete: !before.truncated }
        : await read(() => journal.lines(identityId));
    // Once more: lines may have been seen meanwhile.
    const known = this.#known.get(identityId) ?? before;
    const lines: Lines = new Map();
    addLines(lines, fromJournal.lines);
    addLines(lines, known?.lines.values() ?? []);
    addLines(lines, seen.values());
    const nowMs = clock.nowMs();
    const overview = makeOverview({
      identityId,
      entries: [...lines.values()],
      asOf: new Date(nowMs).toISOString(),
      maxBytes: MAX_OVERVIEW_BYTES - OVERVIEW_ENVELOPE_BYTES,
      incomplete: !fromJournal.complete,
    });
    this.#remember(overview);
    return { overview, pages: fromJournal.pages };
  }

  /** What an overview does not list is older than all that it lists, and need not be remembered. */
  #remember({ identityId, uploads, truncated }: Overview): void {
    const lines: Lines = new Map(uploads.map((line) => [line.uploadId, line]));
    this.#known.set(identityId, { lines, whole: this.#options.overlap.isAlone, truncated });
  }
}
