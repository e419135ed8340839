import type { SQSClient } from '@aws-sdk/client-sqs';
import { dnsSuffixOf } from '@stepcast/contracts';
import { AWS_JSON_PROTOCOLS, createAwsJson, type Clock, type Metrics, type Timers } from '@stepcast/kit';
import { createEventBridgeFeed, createFeedMetrics } from './adapters/event-bridge-feed.adapter.ts';

export interface FeedOptions {
  readonly eventBus: string;
  /** Default: EventBridge in the region of `sqs`. */
  readonly endpoint: string | undefined;
  /** EventBridge is called in its region and under its credentials. */
  readonly sqs: SQSClient;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly metrics: Metrics;
}

/** The feed of back offices on EventBridge, and what closes its connections. */
export function createFeed({ eventBus, endpoint, sqs, clock, timers, random, metrics }: FeedOptions) {
  const { region, credentials } = sqs.config;
  const caller = createAwsJson({
    protocol: AWS_JSON_PROTOCOLS.eventBridge,
    place: {
      async endpoint() {
        const named = await region();
        return new URL(endpoint ?? `https://events.${named}.${dnsSuffixOf(named)}`);
      },
      region: () => region(),
      credentials: () => credentials(),
    },
    clock,
    timers,
    random,
  });
  const feed = createEventBridgeFeed({
    caller,
    eventBus,
    timers,
    random,
    metrics: createFeedMetrics(metrics),
  });
  return { feed, close: () => caller.close() };
}
