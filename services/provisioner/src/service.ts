import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsConsumer, createSqsSender, type Lifecycle } from '@stepcast/kit';
import { composeProvisionerServer, type ProvisionerParts } from './compose.ts';
import { createFirstLoginsHandler } from './first-logins-queue.ts';
import { startReconcileLoop } from './reconcile-loop.ts';

export interface ProvisionerServiceOptions extends ProvisionerParts {
  readonly clients: ProvisionerParts['clients'] & { readonly sqs: SQSClient };
  /** What is opened is let go of here. */
  readonly lifecycle: Lifecycle;
}

/**
 * Starts the provisioner: its HTTP server, and where they are configured the queue of first logins and the regular
 * comparison of attachments with identities.
 * @returns the address that it listens on
 */
export async function startProvisioner(options: ProvisionerServiceOptions): Promise<string> {
  const { config, clients, clock, timers, logger, lifecycle } = options;
  const { server, provisioner } = await composeProvisionerServer(options);
  const address = await server.listen({ host: config.host, port: config.port });
  lifecycle.onStop('http server', () => server.close());

  const { firstLoginsQueueUrl, deadLetterQueueUrl, reconcileMinutes } = config;
  if (firstLoginsQueueUrl !== undefined && deadLetterQueueUrl !== undefined) {
    const consumer = createSqsConsumer({
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
    lifecycle.onStop('queue of first logins', (how) => consumer.stop(how));
  }
  if (reconcileMinutes > 0) {
    const stop = startReconcileLoop({
      reconcile: () => provisioner.reconcile(),
      everyMs: reconcileMinutes * 60_000,
      timers,
      logger,
    });
    lifecycle.onStop('reconciliation', stop);
  }
  return address;
}
