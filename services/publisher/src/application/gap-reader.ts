import { errorFields, type Logger } from '@stepcast/kit';
import type { Piece } from '../domain/pieces.ts';
import type { StreamRef } from '../domain/positions.ts';
import type { Journal, UploadSummaries } from '../ports/journal.port.ts';
import { StoppedError, type Insist } from './journal-access.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { pieceOfEntry } from './stream.ts';

/** Whether the pieces are offsets `from` to `to` without a hole. */
function complete(pieces: readonly Piece[], from: number, to: number): boolean {
  const offsets = pieces.flatMap((piece) => piece.events.map((event) => event.offset));
  return offsets.length === to - from + 1 && offsets.every((offset, index) => offset === from + index);
}

export interface GapReaderOptions {
  readonly journal: Journal;
  readonly summaries: Pick<UploadSummaries, 'read'>;
  readonly insist: Insist;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/** Reads from the journal what is missing between two handovers of a stream. */
export class GapReader {
  readonly #options: GapReaderOptions;

  constructor(options: GapReaderOptions) {
    this.#options = options;
  }

  /**
   * The pieces that are missing of offsets `from` to `to`, as far as no other copy has published them and the journal
   * has them. Waits for a journal that is away; `stopped` when the publisher was stopped meanwhile.
   */
  async read(stream: StreamRef, from: number, to: number): Promise<Piece[] | 'stopped'> {
    const { metrics, logger } = this.#options;
    try {
      const start = Math.max(from, (await this.#publishedElsewhere(stream)) + 1);
      if (start > to) {
        metrics.gaps.add({ outcome: 'publishedElsewhere' });
        return [];
      }
      const missing = await this.#readPieces(stream, start, to);
      if (complete(missing, start, to)) metrics.gaps.add({ outcome: 'filled' });
      else {
        metrics.gaps.add({ outcome: 'unavailable' });
        logger.warn({ from: start, to }, 'gap between handovers not in the journal');
      }
      return missing;
    } catch (thrown) {
      if (thrown instanceof StoppedError) return 'stopped';
      metrics.gaps.add({ outcome: 'unavailable' });
      logger.error(errorFields(thrown), 'gap between handovers not readable');
      return [];
    }
  }

  /** How far the summary says that some copy has published this stream; 0 when it says nothing. */
  async #publishedElsewhere({ identityId, uploadId, epoch }: StreamRef): Promise<number> {
    const { insist, summaries } = this.#options;
    const summary = await insist('read summary', () => summaries.read(identityId, uploadId));
    return summary?.position.epoch === epoch ? summary.position.offset : 0;
  }

  async #readPieces(stream: StreamRef, from: number, to: number): Promise<Piece[]> {
    return this.#options.insist('read missing entries', async () => {
      const pieces: Piece[] = [];
      for await (const entry of this.#options.journal.entriesFrom(stream, from)) {
        if (entry.firstOffset > to) break;
        const piece = pieceOfEntry(stream, entry, from, to);
        if (piece.events.length > 0) pieces.push(piece);
        if (entry.lastOffset >= to) break;
      }
      return pieces;
    });
  }
}
