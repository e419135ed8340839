import { MAX_MESSAGE_BYTES } from '@stepcast/contracts';
import type { ConnectionLimits } from './application/connections/publish-job.ts';

/** What a broker allows; every figure is configuration, these are the two known profiles. */
export interface BrokerLimits {
  readonly connection: ConnectionLimits;
  /** Every payload has fewer bytes than this. */
  readonly maxPayloadBytes: number;
  /** Between two retained messages of one topic, of all copies together. */
  readonly retainedIntervalMs: number;
  /** Retained messages of all topics and copies together, each second. */
  readonly maxRetainedPerSecond: number;
  readonly minConnections: number;
  readonly maxConnections: number;
}

/**
 * AWS IoT Core (quotas page, "AWS IoT Core message broker and protocol limits"): 100 publishes a second, 100
 * unacknowledged and 512 KB/s a connection, none adjustable; what is over is discarded. One retained message a second and
 * topic; 500 a second and account in the large regions (50 in the others: set it).
 *
 * The window is a tenth longer than the broker's second, because what leaves evenly arrives unevenly.
 */
export const IOT_CORE_LIMITS: BrokerLimits = {
  connection: {
    maxPublishes: 100,
    maxBytes: 512 * 1024,
    windowMs: 1_100,
    maxUnacknowledged: 100,
    ackTimeoutMs: 30_000,
  },
  maxPayloadBytes: MAX_MESSAGE_BYTES,
  retainedIntervalMs: 1_000,
  maxRetainedPerSecond: 500,
  minConnections: 1,
  maxConnections: 50,
};

/** A broker without quotas. The message size and the pace of retained topics are our own contract and stay. */
export const NO_LIMITS: BrokerLimits = {
  connection: {
    maxPublishes: Infinity,
    maxBytes: Infinity,
    windowMs: 1_000,
    maxUnacknowledged: 500,
    ackTimeoutMs: 30_000,
  },
  maxPayloadBytes: MAX_MESSAGE_BYTES,
  retainedIntervalMs: 1_000,
  maxRetainedPerSecond: Infinity,
  minConnections: 1,
  maxConnections: 4,
};
