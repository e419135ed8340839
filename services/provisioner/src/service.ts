import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  createSqsBatchConsumer,
  createSqsSender,
  queueCheck,
  type HealthChecks,
  type Lifecycle,
} from '@stepcast/kit';
import { composeProvisionerServer, type ProvisionerParts } from './compose.ts';
import { createFirstLoginsHandler } from './first-logins-queue.ts';
import { startReconcileLoop } from './reconcile-loop.ts';

/** A step of a comparison is one call to AWS, which can wait five minutes for its turn. */
const STEP_AT_MOST_MS = 900_000;

export interface ProvisionerServiceOptions extends ProvisionerParts {
  readonly clients: ProvisionerParts['clients'] & { readonly sqs: SQSClient };
  /** What is opened is closed here. */
  readonly lifecycle: Lifecycle;
  /** Gets what liveness and readiness depend on. */
  readonly health: HealthChecks;
}

/**
 * Starts the provisioner: its HTTP server, and where they are configured the queue of first logins and the regular
 * comparison of attachments with identities.
 * @returns the address that it listens on
 */
export async function startProvisioner(options: ProvisionerServiceOptions): Promise<string> {
  const { config, clients, clock, timers, logger, lifecycle, health } = options;
  const { server, provisioner } = await composeProvisionerServer(options);
  const address = await server.listen({ host: config.host, port: config.port });
  lifecycle.onStop('http server', () => server.close());

  const { firstLoginsQueueUrl, deadLetterQueueUrl, reconcileMinutes } = config;
  if (firstLoginsQueueUrl !== undefined && deadLetterQueueUrl !== undefined) {
    const consumer = createSqsBatchConsumer({
      client: clients.sqs,
      queueUrl: firstLoginsQueueUrl,
      logger,
      pollers: 1,
      handle: createFirstLoginsHandler({
        identityPoolId: config.identityPoolId,
        firstLogin: provisioner.firstLogin,
        deadLetters: createSqsSender({ client: clients.sqs, queueUrl: deadLetterQueueUrl }),
        clock,
        logger,
        outcomes: provisioner.outcomes,
      }),
    });
    consumer.start();
    health.addCheck('firstLogins', queueCheck(consumer, { clock }));
    lifecycle.onStop('queue of first logins', (how) => consumer.stop(how));
  }
  if (reconcileMinutes > 0) {
    const everyMs = reconcileMinutes * 60_000;
    const stop = startReconcileLoop({
      reconcile: provisioner.reconcile,
      everyMs,
      heartbeat: health.addLoop('reconciliation', { maxSilenceMs: everyMs + STEP_AT_MOST_MS }),
      timers,
      logger,
    });
    lifecycle.onStop('reconciliation', stop);
  }
  return address;
}
