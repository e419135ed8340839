import { DEFAULT_CATCH_UP_RATE, DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import { ENV, JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { commonConfig, metricsConfig, readConfig, tracingConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';

/** Variables about publishing; all have defaults. */
const PUBLISHING_ENV = {
  mqttProtocol: 'STEPCAST_MQTT_PROTOCOL',
  mqttProfile: 'STEPCAST_MQTT_PROFILE',
  mqttMaxConnections: 'STEPCAST_MQTT_MAX_CONNECTIONS',
  mqttRetainedPerSecond: 'STEPCAST_MQTT_RETAINED_PER_SECOND',
  mqttSharedSubscription: 'STEPCAST_MQTT_SHARED_SUBSCRIPTION',
  catchUpRatePerSecond: 'STEPCAST_CATCH_UP_RATE_PER_SECOND',
  catchUpBurst: 'STEPCAST_CATCH_UP_BURST',
  maxWaitMs: 'STEPCAST_PUBLISHER_MAX_WAIT_MS',
  overviewIntervalMs: 'STEPCAST_OVERVIEW_INTERVAL_MS',
} as const;

/** Variables of the publisher alone; all have defaults. */
export const PUBLISHER_ENV = {
  ...PUBLISHING_ENV,
  publisherService: 'STEPCAST_PUBLISHER_SERVICE',
  publisherCopies: 'STEPCAST_PUBLISHER_COPIES',
  publisherCopyIndex: 'STEPCAST_PUBLISHER_COPY_INDEX',
  maxInHand: 'STEPCAST_PUBLISHER_MAX_IN_HAND',
} as const;

/** The configuration of the publisher in either form: all about publishing, nothing about where handovers come from. */
export const publishingFields = {
  deadLetterQueueUrl: z.url(),
  journalTable: z.string().default(JOURNAL_TABLE_NAME),
  topicNamespace: z.string().default(DEFAULT_TOPIC_NAMESPACE),
  /**
   * `mqtt://`, `mqtts://`, `ws://`, `wss://`: any broker. `aws-iot://endpoint`: AWS IoT Core with SigV4 from
   * the credentials of the environment; `aws-iot+ws://host:port/mqtt`: the same without TLS, for brokers on loopback.
   */
  mqttUrl: z
    .string()
    .regex(
      /^(mqtts?|wss?|aws-iot|aws-iot\+ws):\/\/[^/\s]+(\/\S*)?$/,
      'must be an mqtt:, mqtts:, ws:, wss:, aws-iot: or aws-iot+ws: URL',
    ),
  mqttUsername: z.string().optional(),
  mqttPassword: z.string().optional(),
  /** Version of MQTT. */
  mqttProtocol: z.enum(['3.1.1', '5']).default('5'),
  /** Whose limits apply: `iot-core`, `none`, or `auto`: IoT Core's where the URL is one of IoT Core. */
  mqttProfile: z.enum(['auto', 'iot-core', 'none']).default('auto'),
  /** Most connections of the pool; without it, as many as the profile allows. */
  mqttMaxConnections: z.coerce.number().int().min(1).max(1_000).optional(),
  /** Retained messages of all copies together; without it, as many as the profile allows, which for IoT Core are a large region's. */
  mqttRetainedPerSecond: z.coerce.number().int().min(1).max(100_000).optional(),
  /** Whether catch-up requests are shared between copies: `auto` where the broker can. */
  mqttSharedSubscription: z.enum(['auto', 'always', 'never']).default('auto'),
  /** Catch-up requests that one identity may make. */
  catchUpRatePerSecond: z.coerce.number().positive().default(DEFAULT_CATCH_UP_RATE.perSecond),
  /** Catch-up requests that one identity may make at once. */
  catchUpBurst: z.coerce.number().int().min(1).default(DEFAULT_CATCH_UP_RATE.burst),
  /**
   * How long a handover may be in hand, in milliseconds, before it is given back and redelivered. Broker or journal are
   * away for longer only in an outage.
   */
  maxWaitMs: z.coerce.number().int().min(60_000).max(3_600_000).default(300_000),
  /**
   * Between two overviews of an identity while its uploads only move, in milliseconds. An upload that begins, ends or
   * begins again is published as soon as the broker's limits allow.
   */
  overviewIntervalMs: z.coerce.number().int().min(1_000).max(3_600_000).default(10_000),
};

/** Which variables feed {@link publishingFields}. */
export const PUBLISHING_NAMES = {
  deadLetterQueueUrl: ENV.deadLetterQueueUrl,
  journalTable: ENV.journalTable,
  topicNamespace: ENV.topicNamespace,
  mqttUrl: ENV.mqttUrl,
  mqttUsername: ENV.mqttUsername,
  mqttPassword: ENV.mqttPassword,
  ...PUBLISHING_ENV,
} as const;

const schema = z.object({
  ...commonConfig,
  ...metricsConfig,
  ...tracingConfig,
  ...publishingFields,
  progressQueueUrl: z.url(),
  /**
   * The ECS service that the copies are tasks of, `cluster/service` by name: each asks ECS how many there are, and keeps its share of
   * what all together may do to retained topics. Without it there are always as many as there are at most.
   */
  publisherService: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}\/[A-Za-z0-9_-]{1,255}$/, 'is no cluster/service')
    .optional(),
  /** How many copies run at most, those of a deployment included. What holds while ECS does not say how many there are. */
  publisherCopies: z.coerce.number().int().min(1).max(100).default(1),
  /** 0 for the first copy. Needed only where the broker has no shared subscriptions and several copies run. */
  publisherCopyIndex: z.coerce.number().int().min(0).max(99).default(0),
  /** Handovers that may be in hand, taken from the queue and not settled. */
  maxInHand: z.coerce.number().int().min(10).max(10_000).default(500),
});

export type PublisherConfig = z.output<typeof schema>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readPublisherConfig(environment: Environment = process.env): PublisherConfig {
  return readConfig(
    schema,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      metrics: ENV.metrics,
      deployment: ENV.deployment,
      otlpEndpoint: ENV.otlpEndpoint,
      tracesShare: ENV.tracesShare,
      progressQueueUrl: ENV.progressQueueUrl,
      ...PUBLISHING_NAMES,
      ...PUBLISHER_ENV,
    },
    environment,
  );
}
