import { isDeepStrictEqual } from 'node:util';
import { isTerminal, type IdentityId, type Overview, type TopicSpace } from '@stepcast/contracts';
import { asError, errorFields, type Clock, type Timers } from '@stepcast/kit';
import type { Handover } from '@stepcast/wire';
import { overviewMessage } from '../../domain/messages.ts';
import { addLines, type Lines } from '../../domain/overview.ts';
import { StoppedError, type Insist } from '../journal-access.ts';
import type { OverviewLines } from './overview-lines.ts';
import { OverlapTopics, type Overlap } from './overlap.ts';
import {
  PacedTopics,
  type OnRetained,
  type Retained,
  type TopicContent,
  type WriteAgain,
} from './paced-topics.ts';
import { HELD_UP_MS, publishRetained, type RetainedContext } from './retained-message.ts';
import type { RetainedTurns } from './retained-turns.ts';

export interface OverviewTopicsOptions extends RetainedContext {
  readonly topics: TopicSpace;
  readonly lines: OverviewLines;
  readonly overlap: Overlap;
  readonly insist: Insist;
  readonly shortestIntervalMs: () => number;
  /** Between two overviews of an identity while no upload begins, ends or begins again. */
  readonly overviewIntervalMs: number;
  readonly turns: RetainedTurns;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * The retained overview of every identity: published when an upload begins or ends, and every now and then while uploads
 * only move. That a queued upload runs is no reason of its own: one message of IoT Core less for each upload. What waits for a message is the lines that handovers brought; the others join them when it is made.
 */
export class OverviewTopics {
  readonly #options: OverviewTopicsOptions;
  readonly #topics: PacedTopics<IdentityId, Lines>;
  readonly #early: OverlapTopics<IdentityId>;

  constructor(options: OverviewTopicsOptions) {
    this.#options = options;
    this.#early = new OverlapTopics(options.overlap);
    this.#topics = new PacedTopics({ ...options, content: new OverviewContent(options) });
  }

  /** Notes the line of a handover. */
  offer({ identityId, firstOffset, line }: Handover, onRetained?: OnRetained): void {
    const { lines, overviewIntervalMs } = this.#options;
    const before = lines.see(identityId, line);
    const begins = firstOffset === 1 || (before !== undefined && isTerminal(before.status));
    const isUrgent = begins || isTerminal(line.status);
    const seen: Lines = new Map([[line.uploadId, line]]);
    this.#early.note(identityId, identityId);
    this.#topics.offer(identityId, seen, isUrgent ? 0 : overviewIntervalMs, onRetained);
  }

  /** Publishes the overviews of the overlap once more: the process before may have put them back. */
  repeatEarly(): Promise<void> {
    return this.#early.repeat((identityId) => this.#topics.repeat(identityId, new Map()));
  }

  hurry(): void {
    this.#early.stop();
    this.#topics.hurry();
  }

  stop(): void {
    this.#early.stop();
    this.#topics.stop();
  }

  idle(): Promise<void> {
    return this.#topics.idle();
  }
}

class OverviewContent implements TopicContent<IdentityId, Lines> {
  readonly #options: OverviewTopicsOptions;

  constructor(options: OverviewTopicsOptions) {
    this.#options = options;
  }

  merge(waiting: Lines, offered: Lines): Lines {
    addLines(waiting, offered.values());
    return waiting;
  }

  async publish(
    identityId: IdentityId,
    seen: Lines,
    _deferred: boolean,
    again: WriteAgain,
  ): Promise<Retained> {
    const { lines, insist, topics, metrics, clock, logger } = this.#options;
    const make = (how: { readonly afresh: boolean }) =>
      lines.overviewOf(identityId, seen, (read) => insist('read overview', read), how);
    try {
      for (let sent: Overview | undefined; ;) {
        let madeMs = clock.nowMs();
        let made = await make({ afresh: sent !== undefined });
        if (sent !== undefined) {
          if (isDeepStrictEqual(made.overview.uploads, sent.uploads))
            return { kind: 'retained', intervals: made.pages };
          if (!(await again(made.pages))) return { kind: 'abandoned' };
          madeMs = clock.nowMs();
          made = await make({ afresh: true });
        }
        const outcome = await publishRetained(this.#options, {
          kind: 'overview',
          key: identityId,
          identityId,
          topic: topics.build({ kind: 'overview', identityId }),
          payload: overviewMessage(made.overview),
          async renew() {
            madeMs = clock.nowMs();
            made = await make({ afresh: true });
            return overviewMessage(made.overview);
          },
        });
        if (outcome.kind !== 'retained') return outcome;
        if (made.overview.truncated) metrics.truncated.add({ kind: 'overview' });
        // An identity whose lines take several pages is read as many times more rarely, and so costs no more than others.
        if (clock.nowMs() - madeMs < HELD_UP_MS) return { kind: 'retained', intervals: made.pages };
        sent = made.overview;
      }
    } catch (thrown) {
      if (thrown instanceof StoppedError) return { kind: 'abandoned' };
      logger.error(errorFields(thrown), 'overview not read');
      return { kind: 'failed', error: asError(thrown) };
    }
  }
}
