import { createSqs, Lifecycle, queueCheck, type Health, type HealthChecks } from '@stepcast/kit';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { createEcsCopies } from './adapters/ecs-copies.adapter.ts';
import { createSqsProgressQueue } from './adapters/sqs-progress-queue.adapter.ts';
import {
  addPublisherChecks,
  createPublisherCoreOnAws,
  type PublisherCoreOnAwsOptions,
} from './compose-core.ts';
import { KnownCopies } from './application/known-copies.ts';
import type { PublisherConfig } from './config.ts';

export interface PublisherDependencies extends Omit<PublisherCoreOnAwsOptions, 'config' | 'copies'> {
  readonly config: PublisherConfig;
  /** ECS is asked where the configuration names a service. */
  readonly clients: PublisherCoreOnAwsOptions['clients'] & { readonly ecs: ECSClient };
  /** Overrides how the progress queue is read. */
  readonly queue?: Partial<QueueReading>;
}

/** How the progress queue is read. */
export interface QueueReading {
  /** Receives side by side. Default 4. */
  readonly pollers: number;
  /** How long SQS hides a message before it goes to somebody else; prolonged while it is in hand. Default 60. */
  readonly visibilityTimeoutSeconds: number;
  /** Long poll, at most 20. Default 8. */
  readonly waitTimeSeconds: number;
}

export interface Publisher {
  /** Connects and begins to take handovers and requests. Resolves at once: a broker that is away is waited for. */
  start(): Promise<void>;
  /** Takes no more, publishes what is in hand, and disconnects; with `force` gives back what is in hand. */
  stop(options: { readonly force: boolean }): Promise<void>;
  health(): Health;
  /** Adds what readiness depends on: `broker`, `requests`, `journal` and `queue`. */
  addChecks(checks: Pick<HealthChecks, 'addCheck'>): void;
}

/** Wires a publisher of its adapters. Nothing is opened before `start`. */
export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { config, clients, clock, timers, random, logger } = dependencies;
  const sqs = createSqs({ client: clients.sqs, clock, timers, random });
  const queue = createSqsProgressQueue({
    sqs,
    queueUrl: config.progressQueueUrl,
    logger,
    clock,
    timers,
    random,
    maxInHand: config.maxInHand,
    ...dependencies.queue,
  });
  const copies = knownCopies(dependencies);
  const { core, close } = createPublisherCoreOnAws({
    ...dependencies,
    ...(copies === undefined ? {} : { copies: () => copies.now }),
  });
  const lifecycle = new Lifecycle(logger);
  let running = false;

  return {
    start() {
      copies?.start();
      core.start();
      queue.start((body) => core.acceptText(body));
      running = true;
      lifecycle.onStop('aws connections', async () => {
        copies?.stop();
        await Promise.all([close(), sqs.close()]);
      });
      lifecycle.onStop('publisher', (options) => core.stop(options));
      // Released first: what is in hand is published and settled by a publisher that still runs.
      lifecycle.onStop('progress queue', (options) => queue.stop(options));
      return Promise.resolve();
    },
    async stop(options) {
      running = false;
      await lifecycle.stop(options);
    },
    health() {
      const problems: Record<string, string> = running
        ? { ...core.problems() }
        : { publisher: 'not running' };
      const receiving = queue.status().lastError;
      if (receiving !== undefined) problems.queue = receiving;
      return { healthy: Object.keys(problems).length === 0, problems };
    },
    addChecks(checks) {
      addPublisherChecks(core, checks);
      checks.addCheck('queue', queueCheck(queue, { clock }));
    },
  };
}

/** What asks ECS for the number of copies, where these are tasks of a service. */
function knownCopies({
  config,
  clients,
  clock,
  timers,
  logger,
}: PublisherDependencies): KnownCopies | undefined {
  const { publisherService: service, publisherCopies: most } = config;
  if (service === undefined) return undefined;
  return new KnownCopies({
    reader: createEcsCopies({ client: clients.ecs, service }),
    most,
    clock,
    timers,
    logger,
  });
}
