import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  createHttpServer,
  configOrExit,
  createLogger,
  createMetrics,
  runMetricsLog,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { runTelemetry } from '@stepcast/kit/telemetry';
import { METRICS_NAMESPACE, PUBLISHED_METRICS } from '@stepcast/wire';
import { createCorrelator, createProgressQueueOutbox } from './compose.ts';
import { readCorrelatorConfig } from './config.ts';

const config = configOrExit('correlator', readCorrelatorConfig);
const logger = createLogger({ service: 'correlator', level: config.logLevel });

await runService({
  logger,
  async start(lifecycle, checks) {
    const clients = {
      sqs: new SQSClient(awsClientDefaults()),
      dynamodb: new DynamoDBClient(awsClientDefaults()),
      sfn: new SFNClient({ ...awsClientDefaults(), retryMode: 'adaptive' }),
    };
    lifecycle.onStop('clients', () => {
      for (const client of Object.values(clients)) client.destroy();
      return Promise.resolve();
    });
    const metrics = createMetrics('stepcast_correlator_');
    runMetricsLog({
      config,
      service: 'correlator',
      namespace: METRICS_NAMESPACE,
      published: PUBLISHED_METRICS,
      metrics: [metrics],
      health: checks,
      lifecycle,
      logger,
    });
    const tracing = await runTelemetry({
      config,
      service: 'correlator',
      metrics: [metrics],
      lifecycle,
      logger,
    });
    const correlator = createCorrelator({
      config,
      clients,
      outbox: createProgressQueueOutbox(clients.sqs, config.progressQueueUrl),
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      logger,
      metrics,
      tracing,
    });
    for (const [name, check] of Object.entries(correlator.checks)) checks.addCheck(name, check);
    const server = createHttpServer({ checks, metrics });
    lifecycle.onStop('http', async () => {
      await server.close();
    });
    lifecycle.onStop('correlator', (options) => correlator.stop(options));
    correlator.start();
    await server.listen({ host: config.host, port: config.port });
    logger.info({ host: config.host, port: config.port, startMode: config.startMode }, 'correlator ready');
  },
});
