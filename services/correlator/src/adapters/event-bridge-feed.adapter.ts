import { parseJson, type CorrelationMessage } from '@stepcast/contracts';
import {
  fullJitterMs,
  pause,
  StepcastError,
  type AwsJson,
  type FailureKind,
  type Metrics,
  type Timers,
} from '@stepcast/kit';
import * as z from 'zod';
import type { CorrelationFeed } from '../ports/correlation-feed.port.ts';

/** Thrown when EventBridge did not take an event of the feed, after some attempts. */
export class FeedRefusedError extends StepcastError {
  readonly code = 'CORRELATOR_FEED_REFUSED';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor(refused: number, reason: string) {
    super(`EventBridge did not take ${refused} events: ${reason}`);
  }
}

/** What became of events of the feed. One that failed comes in once more, with its entry. */
export interface FeedMetrics {
  events(outcome: 'sent' | 'retried' | 'failed', count: number): void;
}

export function createFeedMetrics(metrics: Metrics): FeedMetrics {
  const events = metrics.counter(
    'feed_events_total',
    'Events of the feed for back offices: taken by EventBridge, sent again, or failed after some attempts',
    ['outcome'],
  );
  return {
    events: (outcome, count) => {
      events.add({ outcome }, count);
    },
  };
}

export interface EventBridgeFeedOptions {
  readonly metrics: FeedMetrics;
  /** Speaks EventBridge's protocol. */
  readonly caller: Pick<AwsJson, 'send'>;
  /** Name or ARN. */
  readonly eventBus: string;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** As EventBridge names us; `aws.` is its own. */
const SOURCE = 'stepcast';
/** PutEvents takes ten entries and 1 MiB; a message with a key of 1,024 bytes takes less than 8 KiB. */
const MAX_ENTRIES = 10;
const MAX_RETRIES = 4;
const BACKOFF = { baseMs: 50, capMs: 1_000 };

const PutEventsAnswer = z.object({
  Entries: z.array(z.object({ EventId: z.string().optional(), ErrorCode: z.string().optional() })),
});

/** PutEvents. Each entry of a request succeeds or fails by itself; those that failed are sent again. */
export function createEventBridgeFeed(options: EventBridgeFeedOptions): CorrelationFeed {
  const { caller, eventBus, timers, random, metrics } = options;

  /** @returns what was not taken, and why */
  async function put(messages: readonly CorrelationMessage[]): Promise<Refused> {
    const Entries = messages.map((message) => ({
      EventBusName: eventBus,
      Source: SOURCE,
      DetailType: message.type,
      Detail: JSON.stringify(message),
      Time: Date.parse(message.time) / 1_000,
    }));
    const answer = parseJson(PutEventsAnswer, await caller.send('PutEvents', JSON.stringify({ Entries })));
    if (!answer.ok) return { messages, reason: 'the answer does not read' };
    const outcomes = answer.value.Entries;
    return {
      messages: messages.filter((_message, index) => outcomes[index]?.EventId === undefined),
      reason: outcomes.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode ?? 'no reason given',
    };
  }

  async function putAll(messages: readonly CorrelationMessage[]): Promise<void> {
    let left = messages;
    try {
      for (let retries = 0; ; retries += 1) {
        const refused = await put(left);
        const taken = left.length - refused.messages.length;
        left = refused.messages;
        if (taken > 0) metrics.events('sent', taken);
        if (left.length === 0) return;
        if (retries >= MAX_RETRIES) throw new FeedRefusedError(left.length, refused.reason);
        metrics.events('retried', left.length);
        await pause(timers, fullJitterMs(retries, BACKOFF, random));
      }
    } catch (thrown) {
      metrics.events('failed', left.length);
      throw thrown;
    }
  }

  return {
    async send(messages) {
      for (let at = 0; at < messages.length; at += MAX_ENTRIES)
        await putAll(messages.slice(at, at + MAX_ENTRIES));
    },
  };
}

interface Refused {
  readonly messages: readonly CorrelationMessage[];
  readonly reason: string;
}
