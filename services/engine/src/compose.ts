import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { isObject } from '@stepcast/contracts';
import { createCorrelator, type CorrelatorOptions } from '@stepcast/correlator';
import { createDirectForwarder, type AwslogsRouteOptions, type ForwardReport } from '@stepcast/forwarder';
import {
  createMetrics,
  createSqsSender,
  type Clock,
  type HealthChecks,
  type Logger,
  type Metrics,
  type Timers,
  type Tracing,
} from '@stepcast/kit';
import {
  addPublisherChecks,
  createPublisherCoreOnAws,
  LATE_UNTIL_MS,
  type BrokerLimits,
} from '@stepcast/publisher';
import type { EngineConfig } from './config.ts';
import { createPayloadIntake, PayloadPostponedError } from './payload-intake.ts';

/** What each part counts, under the prefix that it has as a service of its own. */
export type EngineMetrics = Readonly<Record<'engine' | 'forwarder' | 'correlator' | 'publisher', Metrics>>;

export function createEngineMetrics(): EngineMetrics {
  return {
    engine: createMetrics('stepcast_engine_'),
    forwarder: createMetrics('stepcast_forwarder_'),
    correlator: createMetrics('stepcast_correlator_'),
    publisher: createMetrics('stepcast_publisher_'),
  };
}

export interface EngineOptions {
  readonly config: Omit<
    EngineConfig,
    'logLevel' | 'host' | 'port' | 'metrics' | 'deployment' | 'otlpEndpoint' | 'tracesShare' | 'awslogsToken'
  >;
  readonly clients: { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient; readonly sfn: SFNClient };
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Unique texts of `A-Z a-z 0-9 - _`. The first one becomes part of the client IDs at the broker. */
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: EngineMetrics;
  /** Default none: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** How queues are read; for those who cannot wait as long. */
  readonly queue?: CorrelatorOptions['queue'];
  /** For so long after the start executions that have ended stay on the watch list. Default 165 s, as long as messages of an earlier engine may come in. */
  readonly keepEndedMs?: number;
  /** Overrides single limits of the broker's profile. */
  readonly limits?: Partial<BrokerLimits>;
}

/**
 * Forwarder, correlator and publisher, with a handover between them that is a function call. Nothing in it takes a long
 * life for granted: `open` and `takePayload` alone are what a function on the log subscription needs.
 */
export interface Engine {
  /** Connects to the broker. Resolves nothing: a broker that is away is waited for. */
  open(): void;
  /** Opens, reads the queues of the configuration, and sweeps. */
  start(): void;
  /**
   * Takes a payload of the log subscription. Resolves when the broker has acknowledged what came of it, or it is
   * dead-lettered: nothing of it can be lost any more.
   * @param payload `{ awslogs: { data } }`
   * @throws ForwarderPayloadError (not retryable) when it is none
   * @throws PayloadPostponedError and other retryable errors: it is to be sent again
   */
  takePayload(payload: unknown): Promise<ForwardReport>;
  /** The same for `POST /awslogs`, where room is reserved before a body is read. */
  readonly route: Pick<AwslogsRouteOptions, 'enter' | 'handle'>;
  /** Adds what readiness depends on. */
  addChecks(checks: Pick<HealthChecks, 'addCheck'>): void;
  /** Resolves when no follow-up is under way, and no state and no overview waits to be published. */
  idle(): Promise<void>;
  /**
   * Takes no more. What is in hand has some seconds; what is not done by then goes back to its queue, or is answered as to
   * be sent again. When broker or journal are away there is nothing to wait for, and all of it goes back at once.
   */
  stop(options: { readonly force: boolean }): Promise<void>;
}

/** Wires an engine of its adapters. Nothing is opened before `open` or `start`. */
export function createEngine(options: EngineOptions): Engine {
  const { config, clients, timers, logger, metrics } = options;
  const partOf = (part: 'forwarder' | 'correlator' | 'publisher') => ({
    ...options,
    logger: logger.child({ part }),
    metrics: metrics[part],
  });
  const publisher = createPublisherCoreOnAws(partOf('publisher'));
  const correlator = createCorrelator({
    ...partOf('correlator'),
    outbox: { send: (handover) => publisher.core.accept(handover) },
    // Should this process be killed before it has repeated what it retained, its successor does so, for it visits them.
    keepEndedMs: options.keepEndedMs ?? LATE_UNTIL_MS,
  });
  const forwarder = createDirectForwarder({
    ...partOf('forwarder'),
    deadLetters: createSqsSender({ client: clients.sqs, queueUrl: config.deadLetterQueueUrl }),
    projections: config.projections,
    reportToken: config.reportToken,
    batches: {
      async take(executions, reports) {
        correlator.takeReports(reports);
        await correlator.takeBatches(executions);
        return executions.length + reports.length;
      },
    },
  });
  const intake = createPayloadIntake({
    maxPayloads: config.maxPayloads,
    maxBytes: config.maxPayloadBytes,
    timeoutMs: config.payloadTimeoutMs,
    timers,
    metrics: metrics.engine,
  });
  const handle = (payload: unknown, leave: () => void) => intake.run(leave, () => forwarder.handle(payload));
  let isOpen = false;

  function open(): void {
    if (isOpen) return;
    isOpen = true;
    publisher.core.start();
  }

  return {
    open,
    start() {
      open();
      correlator.start();
    },

    async takePayload(payload) {
      const leave = intake.enter(bytesOf(payload));
      if (leave === undefined) throw new PayloadPostponedError('too much is in hand, or the engine stops');
      return handle(payload, leave);
    },

    route: { enter: (bytes) => intake.enter(bytes), handle },

    addChecks(checks) {
      for (const [name, check] of Object.entries(correlator.checks)) checks.addCheck(name, check);
      addPublisherChecks(publisher.core, checks);
    },

    async idle() {
      await correlator.correlation.idle();
      await publisher.core.idle();
    },

    async stop({ force }) {
      intake.close();
      const { broker, journal } = publisher.core.problems();
      if (force) {
        await Promise.all([correlator.stop({ force }), publisher.core.stop({ force })]);
      } else if (broker !== undefined || journal !== undefined) {
        // In this order: what is in hand goes back before the publisher gives it up, and so without a delay.
        const stopped = correlator.stop({ force, graceMs: 0 });
        await Promise.all([stopped, publisher.core.stop({ force: true })]);
      } else {
        await correlator.stop({ force });
        await publisher.core.stop({ force });
      }
      await publisher.close();
    },
  };
}

/** What a payload takes: the text inside, which is nearly all of it. */
function bytesOf(payload: unknown): number {
  if (!isObject(payload) || !isObject(payload.awslogs)) return 0;
  const { data } = payload.awslogs;
  return typeof data === 'string' ? data.length : 0;
}
