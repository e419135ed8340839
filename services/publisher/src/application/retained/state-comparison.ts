import { isTerminal } from '@stepcast/contracts';
import { errorFields, type Logger } from '@stepcast/kit';
import type { StateHandover } from '../../domain/messages.ts';
import { isNewer, type Place } from '../../domain/positions.ts';
import type { Journal } from '../../ports/journal.port.ts';
import type { Insist } from '../journal-access.ts';
import { readNewerState } from '../stored-state.ts';
import type { Overlap } from './overlap.ts';

/** Why a state is compared with the journal; see {@link StateComparison.isOvertaken}. */
export type Turn = 'usual' | 'shared' | 'late' | 'again';

export interface StateComparisonOptions {
  readonly journal: Journal;
  readonly insist: Insist;
  /** No other copy publishes, but for a moment when one takes over from another. */
  readonly alone: boolean;
  readonly overlap: Overlap;
  readonly logger: Logger;
}

/** Compares states with the journal before they are published. */
export class StateComparison {
  readonly #options: StateComparisonOptions;

  constructor(options: StateComparisonOptions) {
    this.#options = options;
  }

  /**
   * Whether the topic holds, or is about to be given, something newer of which this process has not heard.
   *
   * - Of a newer epoch: another copy may have published it, or this one before its last start. Not asked where the upload
   *   is known, or has just begun.
   * - Of the same epoch, where the state may be late: it had to wait here, for its time or for the broker, it comes without
   *   an entry because it was due later, or it is an end and not every handover comes through this process. Another copy, or the
   *   process that takes over from this one, may have been faster. That one passes on a state, too: one is due whenever entries
   *   follow a snapshot.
   * - Of the same epoch and an end, where not every handover comes through this process and the state is not late. An entry that
   *   is no end does not count: of a stream that does not pause, the journal is always ahead of what is published.
   * - Of either, where the state is sent again because a connection ended: it is as old as the connection took to come back.
   *   That goes for an end as well, which a redrive may have followed.
   *
   * A journal that cannot be read answers nothing: the state is published then, and compared afterwards. But where not every
   * handover comes through this process, a state that is no end waits for the answer: this process may be killed before it
   * has compared, and then nothing would put the end back.
   */
  async isOvertaken(
    handover: StateHandover,
    known: Place | undefined,
    turn: Turn,
  ): Promise<boolean | undefined> {
    const { logger, insist, overlap } = this.#options;
    const { uploadId, epoch, line } = handover;
    const compare = () => this.#compare(handover, known, turn);
    if (!isTerminal(line.status) && !overlap.isAlone) return insist('compare state', compare);
    try {
      return await compare();
    } catch (thrown) {
      logger.warn({ uploadId, epoch, ...errorFields(thrown) }, 'newest state not read');
      return undefined;
    }
  }

  /** @throws JournalUnavailableError */
  async #compare(handover: StateHandover, known: Place | undefined, turn: Turn): Promise<boolean> {
    const { journal, alone } = this.#options;
    const { identityId, uploadId, epoch, line } = handover;
    const begins = handover.firstOffset === 1;
    if (!alone || turn === 'again' || (known === undefined && !begins)) {
      const newest = await journal.newestEpoch(identityId, uploadId);
      if (newest !== undefined && newest.epoch !== epoch) {
        const { offset } = line.position;
        const other = { epochStartedAt: newest.epochStartedAt, position: { epoch: newest.epoch, offset } };
        if (isNewer(other, line)) return true;
      }
    }
    if (turn === 'usual') return false;
    const newestOffset = await journal.newestFirstOffset({ identityId, uploadId, epoch });
    if (newestOffset === undefined || newestOffset <= line.position.offset) return false;
    if (turn !== 'shared') return true;
    const newest = await readNewerState(journal, { identityId, uploadId }, line);
    return newest !== undefined && isTerminal(newest.line.status);
  }
}
