import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  createHttpServer,
  createLogger,
  createMetrics,
  createSqsConsumer,
  createSqsSender,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { composeProvisioner } from './compose.ts';
import { processEnvironment, readProvisionerConfig } from './config.ts';
import { createFirstLoginsHandler } from './first-logins-queue.ts';
import { startReconcileLoop } from './reconcile-loop.ts';

const config = readProvisionerConfig(processEnvironment);
const logger = createLogger({ service: 'provisioner', level: config.logLevel });

await runService({
  logger,
  async start(lifecycle) {
    const metrics = createMetrics('stepcast_provisioner_');
    const server = createHttpServer({ health: () => ({ healthy: true, problems: {} }), metrics });
    const provisioner = await composeProvisioner({
      config,
      clients: { iot: new IoTClient({}), cognitoIdentity: new CognitoIdentityClient({}) },
      clock: systemClock,
      timers: systemTimers,
      logger,
      metrics,
      server,
    });
    await server.listen({ host: config.host, port: config.port });
    lifecycle.onStop('http server', () => server.close());

    const { firstLoginsQueueUrl, deadLetterQueueUrl, reconcileMinutes } = config;
    if (firstLoginsQueueUrl !== undefined && deadLetterQueueUrl !== undefined) {
      const client = new SQSClient({});
      const consumer = createSqsConsumer({
        client,
        queueUrl: firstLoginsQueueUrl,
        logger,
        pollers: 1,
        handle: createFirstLoginsHandler({
          identityPoolId: config.identityPoolId,
          firstLogin: provisioner.firstLogin,
          deadLetters: createSqsSender({ client, queueUrl: deadLetterQueueUrl }),
          clock: systemClock,
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
        timers: systemTimers,
        logger,
      });
      lifecycle.onStop('reconciliation', stop);
    }
    logger.info({ host: config.host, port: config.port }, 'provisioner ready');
  },
});
